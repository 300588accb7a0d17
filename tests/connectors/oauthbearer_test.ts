/** Logging in with a bearer token, against a broker and a token server that are made up here. The real broker is in kafka_security_test.ts. */
import { Buffer } from "node:buffer";
import { assertEquals, assertRejects, assertStrictEquals } from "@std/assert";
import { BrokerError } from "../../src/connectors/broker_errors.ts";
import type { Ask } from "../../src/connectors/kafka/protocol.ts";
import type { TokenSettings } from "../../src/connectors/kafka/security.ts";
import { isRetriable } from "../../src/engine/error_codes.ts";

// kafkajs reads the environment when it is loaded.
const ALLOWED = Deno.permissions.querySync({ name: "env" }).state === "granted";

function test(name: string, fn: () => Promise<void>): void {
  Deno.test({ name: `${name}${ALLOWED ? "" : " (skipped, it needs --allow-env)"}`, ignore: !ALLOWED, fn });
}

const TOKEN = "eyJhbGciOiJub25lIn0.eyJzdWIiOiJhbGljZSJ9.";
const SETTINGS: TokenSettings = { mechanism: "oauthbearer", token: () => TOKEN };

interface Answer {
  readonly errorCode?: number;
  readonly errorMessage?: string;
  readonly text?: string;
  readonly sessionLifetimeMs?: string;
}

/** A broker that answers what is said to it one after the other. */
function broker(said: string[], ...answers: Answer[]): Ask {
  return ((api: string, args: unknown) => {
    if (api === "SaslHandshake") return Promise.resolve({ errorCode: 0, enabledMechanisms: [] });
    const { authBytes } = args as { authBytes: Buffer };
    assertEquals(authBytes.readInt32BE(0), authBytes.length - 4);
    said.push(authBytes.subarray(4).toString());
    const { text = "", ...rest } = answers.shift()!;
    const bytes = Buffer.concat([Buffer.alloc(4), Buffer.from(text)]);
    bytes.writeInt32BE(bytes.length - 4);
    return Promise.resolve({ errorCode: 0, errorMessage: null, authBytes: bytes, ...rest });
  }) as unknown as Ask;
}

async function login(settings: TokenSettings, ask: Ask): Promise<number | undefined> {
  const { login } = await import("../../src/connectors/kafka/sasl.ts");
  return await login(settings, "here:1", ask);
}

test("login() sends the token of now with its extensions, and returns how long the login lasts", async () => {
  const said: string[] = [];
  let number = 0;
  const settings: TokenSettings = {
    mechanism: "oauthbearer",
    token: () => `token${++number}`,
    extensions: { logicalCluster: "lkc-1", identityPoolId: "pool-2" },
  };
  assertEquals(await login(settings, broker(said, { sessionLifetimeMs: "60000" })), 60_000);
  assertEquals(await login(settings, broker(said, {})), undefined);
  assertEquals(await login(SETTINGS, broker(said, {})), undefined);
  assertEquals(said, [
    "n,,\x01auth=Bearer token1\x01logicalCluster=lkc-1\x01identityPoolId=pool-2\x01\x01",
    "n,,\x01auth=Bearer token2\x01logicalCluster=lkc-1\x01identityPoolId=pool-2\x01\x01",
    `n,,\x01auth=Bearer ${TOKEN}\x01\x01`,
  ]);
});

test("login() hears out a broker that refuses the token, and never repeats the token", async () => {
  const failed = "Cannot log in to Kafka at here:1 with a token: ";
  const advice = "; check the token, or the settings KAFKA_SASL_OAUTHBEARER_…";
  const cases: [words: string | undefined, says: string][] = [
    ["Authentication failed: expired", "Authentication failed: expired"],
    [`"${TOKEN}" is wrong`, "invalid_token"],
    [undefined, "invalid_token"],
  ];
  for (const [words, says] of cases) {
    const said: string[] = [];
    const ask = broker(said, { text: '{"status":"invalid_token"}' }, {
      errorCode: 58,
      ...words !== undefined && { errorMessage: words },
    });
    const error = await assertRejects(() => login(SETTINGS, ask), BrokerError);
    assertEquals(error.message, `${failed}${says}${advice}`);
    assertEquals([isRetriable(error), said[1], Deno.inspect(error).includes(TOKEN)], [false, "\x01", false]);
  }
});

test("login() takes a token that is not there now for something that passes", async () => {
  const { PassingError } = await import("../../src/connectors/kafka/errors.ts");
  const settings: TokenSettings = {
    mechanism: "oauthbearer",
    token() {
      throw new Error("no such file");
    },
  };
  const error = await assertRejects(() => login(settings, broker([])), PassingError);
  assertEquals(error.message, "there is no token: no such file");
});

// ------------------------------------------------------------------------------------------------ the token server

const ENDPOINT = {
  url: "https://login.example/token",
  clientId: "flights",
  clientSecret: () => "s3cret",
  scope: "kafka",
};

/** A token server with a clock: each answer is made when it is asked for. */
async function server(...answers: (() => Response | Promise<Response>)[]) {
  const { TokenSource } = await import("../../src/connectors/kafka/oauth_token.ts");
  const requests: Request[] = [];
  const clock = { nowMs: 0 };
  const source = new TokenSource(ENDPOINT, {
    now: () => clock.nowMs,
    fetch: (input, init) => {
      requests.push(new Request(input as string, init));
      return Promise.resolve().then(answers.shift()!);
    },
  });
  return { source, requests, clock };
}

const answer = (token: string, seconds?: number) => () => Response.json({ access_token: token, expires_in: seconds });

test("TokenSource asks with the client's name and secret, once for all connections", async () => {
  const { source, requests } = await server(answer("a", 100));
  assertEquals(await Promise.all([source.token(), source.token()]), ["a", "a"]);
  assertEquals(await source.token(), "a");
  assertEquals(requests.length, 1);
  const [request] = requests;
  assertEquals([request!.method, request!.url, request!.redirect], ["POST", ENDPOINT.url, "error"]);
  assertEquals(request!.headers.get("authorization"), `Basic ${btoa("flights:s3cret")}`);
  assertEquals(await request!.text(), "grant_type=client_credentials&scope=kafka");
});

test("TokenSource asks anew before a token expires, and goes on with the old one while the server is away", async () => {
  const away = () => new Response("", { status: 503 });
  const { source, clock } = await server(answer("a", 100), away, answer("b", 100), away);
  assertEquals(await source.token(), "a");
  clock.nowMs = 79_999;
  assertEquals(await source.token(), "a");
  clock.nowMs = 80_000;
  assertEquals(await source.token(), "a"); // asked, in vain
  assertEquals(await source.token(), "b");
  clock.nowMs = 180_000;
  const { PassingError } = await import("../../src/connectors/kafka/errors.ts");
  const error = await assertRejects(() => source.token(), PassingError);
  assertEquals(error.message, "there is no token, as login.example answers 503");
});

test("TokenSource names a client that is refused, and an answer without a token, and repeats no secret", async () => {
  const cases: [Response, says: string][] = [
    [
      Response.json({ error: "invalid_client", error_description: "s3cret is wrong" }, { status: 401 }),
      "it answers 401 invalid_client; check KAFKA_SASL_OAUTHBEARER_CLIENT_ID and so on",
    ],
    [new Response("<html>", { status: 404 }), "it answers 404; check KAFKA_SASL_OAUTHBEARER_CLIENT_ID and so on"],
    [Response.json({ token: "x" }), 'its answer holds no "access_token"'],
    [Response.json({ access_token: "a b" }), 'its answer holds no "access_token"'],
  ];
  for (const [response, says] of cases) {
    const { source } = await server(() => response);
    const error = await assertRejects(() => source.token(), BrokerError);
    assertEquals(error.message, `Cannot get a token for Kafka from login.example: ${says}`);
    assertEquals([isRetriable(error), Deno.inspect(error).includes("s3cret")], [false, false]);
  }
});

test("login() shares a token among connections with the same settings", async () => {
  const { tokenOf } = await import("../../src/connectors/kafka/oauth_token.ts");
  let asked = 0;
  await using served = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, () => {
    asked++;
    return Response.json({ access_token: `token${asked}`, expires_in: 60 });
  });
  const token = { url: `http://127.0.0.1:${served.addr.port}/token`, clientId: "a", clientSecret: () => "b" };
  const settings: TokenSettings = { mechanism: "oauthbearer", token };
  assertEquals([await tokenOf(settings), await tokenOf({ ...settings })], ["token1", "token1"]);
  assertStrictEquals(asked, 1);
});
