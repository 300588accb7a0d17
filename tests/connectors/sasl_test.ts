/** Logging in, against a broker that is made up here and lies. The real one is in kafka_security_test.ts. */
import { isRetriable } from "../../src/engine/error_codes.ts";
import { Buffer } from "node:buffer";
import { assertEquals, assertRejects, assertStrictEquals } from "@std/assert";
import { BrokerError } from "../../src/connectors/broker_errors.ts";
import type { Ask } from "../../src/connectors/kafka/protocol.ts";
import type { PasswordSettings } from "../../src/connectors/kafka/security.ts";

// kafkajs reads the environment when it is loaded.
const ALLOWED = Deno.permissions.querySync({ name: "env" }).state === "granted";

const PASSWORD = "open sesame";
const FAILED = 'Cannot log in to Kafka at here:1 as "alice": ';

async function login(mechanism: PasswordSettings["mechanism"], ask: unknown): Promise<number | undefined> {
  const { login } = await import("../../src/connectors/kafka/sasl.ts");
  return await login({ mechanism, username: "alice", password: () => PASSWORD }, "here:1", ask as Ask);
}

async function failure(mechanism: PasswordSettings["mechanism"], ask: unknown): Promise<string> {
  const error = await assertRejects(() => login(mechanism, ask), BrokerError);
  assertEquals(isRetriable(error), false);
  assertEquals(Deno.inspect(error).includes(PASSWORD), false);
  return error.message;
}

interface Answer {
  errorCode?: number;
  errorMessage?: string | null;
  sessionLifetimeMs?: string;
  text?: string;
}

/** Takes every mechanism, and answers each step with `answer` of what the client said. */
function broker(answer: (said: string) => Answer): (api: string, args: unknown) => Promise<unknown> {
  return (api, args) => {
    if (api === "SaslHandshake") return Promise.resolve({ errorCode: 0, enabledMechanisms: [] });
    const said = (args as { authBytes: Buffer }).authBytes.subarray(4).toString();
    const { text = "", ...rest } = answer(said);
    const authBytes = Buffer.concat([Buffer.alloc(4), Buffer.from(text)]);
    authBytes.writeInt32BE(authBytes.length - 4);
    return Promise.resolve({ errorCode: 0, errorMessage: null, authBytes, ...rest });
  };
}

/** Says what SCRAM wants to hear first, `with` changed, and then a signature that is made up. */
function impostor(change: (first: string) => string): ReturnType<typeof broker> {
  return broker((said) => {
    const nonce = /^n,,n=alice,r=(.+)$/.exec(said)?.[1];
    return { text: nonce === undefined ? `v=${btoa("made up")}` : change(`r=${nonce}server,s=c2FsdA==,i=4096`) };
  });
}

test("login() sends PLAIN's name and password, and returns how long the login lasts", async () => {
  const said: string[] = [];
  const asked = broker((text) => (said.push(text), { sessionLifetimeMs: "60000" }));
  assertEquals(await login("plain", asked), 60_000);
  assertEquals(said, [`\0alice\0${PASSWORD}`]);
  assertEquals(await login("plain", broker(() => ({ sessionLifetimeMs: "0" }))), undefined);
  assertEquals(await login("plain", broker(() => ({}))), undefined);
});

test("login() never says SCRAM's password, and goes on only with a broker that knows it too", async () => {
  const said: string[] = [];
  const listening = (ask: ReturnType<typeof broker>) => (api: string, args: unknown) => {
    said.push(String((args as { authBytes?: Buffer }).authBytes));
    return ask(api, args);
  };
  const wrong: [change: (first: string) => string, says: RegExp][] = [
    [(first) => first, /invalid server signature/i],
    [(first) => first.replace("r=", "r=x"), /nonce/i],
    [(first) => first.replace("i=4096", "i=1"), /iterations/i],
    [() => "nonsense", /authentication failed/i],
  ];
  for (const [change, says] of wrong) {
    for (const mechanism of ["scram-sha-256", "scram-sha-512"] as const) {
      const message = await failure(mechanism, listening(impostor(change)));
      assertEquals(message.startsWith(FAILED) && says.test(message), true, message);
    }
  }
  assertEquals(said.some((text) => text.includes(PASSWORD)), false);
});

test("login() says what the broker says of a refusal, unless the password is in it", async () => {
  const advice = "; check KAFKA_SASL_USERNAME and KAFKA_SASL_PASSWORD";
  const refusing = (errorMessage: string | null) => broker(() => ({ errorCode: 58, errorMessage }));
  assertEquals(await failure("plain", refusing("you are locked out")), `${FAILED}you are locked out${advice}`);
  for (const words of [`"${PASSWORD}" is wrong`, null, ""]) {
    const code = "SASL_AUTHENTICATION_FAILED (58)";
    assertEquals(await failure("plain", refusing(words)), `${FAILED}${code}${advice}`);
  }
});

test("login() names the mechanisms that there are, and a port without logins", async () => {
  const handshake = (errorCode: number) => () => Promise.resolve({ errorCode, enabledMechanisms: ["A", "B"] });
  assertEquals(
    await failure("scram-sha-256", handshake(33)),
    `${FAILED}it does not take SCRAM-SHA-256, only A, B; set KAFKA_SASL_MECHANISM to one of these`,
  );
  assertEquals(
    await failure("plain", handshake(34)),
    `${FAILED}nobody is asked for a login there; unset KAFKA_SASL_MECHANISM or use its port for SASL`,
  );
});

test("login() leaves a lost connection what it is: something that passes", async () => {
  const { PassingError } = await import("../../src/connectors/kafka/errors.ts");
  const lost = new PassingError("connection reset");
  const asked = broker(() => {
    throw lost;
  });
  for (const mechanism of ["plain", "scram-sha-256"] as const) {
    assertStrictEquals(await assertRejects(() => login(mechanism, asked)), lost);
  }
});

function test(name: string, fn: () => Promise<void>): void {
  Deno.test({ name: `${name}${ALLOWED ? "" : " (skipped, it needs --allow-env)"}`, ignore: !ALLOWED, fn });
}
