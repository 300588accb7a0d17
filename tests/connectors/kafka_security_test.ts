/**
 * The Kafka adapter where not everybody is let in: TLS, mutual TLS and SASL at one real Kafka with a listener for each, and
 * programs that are started as a person does.
 *
 * It starts a broker of its own, with certificates made here, where `deno task kafka` could: with Java, and a Kafka that has
 * been fetched already. REQUIRE_KAFKA=1 makes it a failure that there is none.
 */
import { assert, assertEquals, assertMatch, assertRejects, assertStringIncludes } from "@std/assert";
import { kafkaPrerequisites } from "../../src/cli/kafka.ts";
import { freePorts } from "../../src/cli/ports.ts";
import { BrokerError, BrokerUnavailableError } from "../../src/connectors/broker_errors.ts";
import type { KafkaSecurity } from "../../src/connectors/kafka/security.ts";
import { isRetriable } from "../../src/engine/error_codes.ts";
import type { JobStatus } from "../../src/engine/mod.ts";
import { allThatIsSeen } from "../dashboard/all_that_is_seen.ts";
import { mayRunPrograms, run, start, startFile, succeed } from "../e2e/programs.ts";
import type { Identity } from "./certificates.ts";
import { readAll } from "./contract/reading.ts";
import { until } from "./contract/waiting.ts";
import {
  alice,
  bearer,
  openAt,
  PASSWORDS,
  PASSWORDS_BEGIN,
  SecuredKafka,
  SHORT_LOGIN_MS,
  tokenFor,
  WRONG,
} from "./secured_kafka.ts";

const FOLDER = ".kafka";
const missing = mayRunPrograms() ? await whatIsMissing() : "it needs the permissions of deno task test";
const required = mayRunPrograms() && Deno.env.get("REQUIRE_KAFKA") !== undefined;
const SKIPPED = missing !== undefined && !required;
const NAME = SKIPPED ? `kafka security (skipped, ${missing})` : "kafka security";

/** Nothing that is refused may be tried for long; a machine under load takes some seconds for anything. */
const PROMPTLY_MS = 20_000;
/** How long a token of the server in a test is good for, s. */
const SHORT_TOKEN_S = 3;

let kafka: SecuredKafka;

Deno.test.beforeAll(async () => {
  if (!SKIPPED) kafka = await SecuredKafka.start(FOLDER);
});

Deno.test.afterAll(async () => {
  if (!SKIPPED) await kafka?.[Symbol.asyncDispose]();
});

const WAYS_IN: readonly [listener: string, how: string, security: () => KafkaSecurity][] = [
  [
    "TLS",
    "TLS with one of several authorities",
    () => ({ tls: { ca: `${kafka.untrusted.cert}# ours:\n${kafka.authority.cert}` } }),
  ],
  ["MUTUAL", "mutual TLS", () => ({ tls: kafka.tls() })],
  ["LOGIN", "PLAIN", () => ({ sasl: alice("plain") })],
  ["LOGIN", "SCRAM-SHA-256", () => ({ sasl: alice("scram-sha-256") })],
  ["LOGIN", "SCRAM-SHA-512", () => ({ sasl: alice("scram-sha-512") })],
  ["LOGIN_TLS", "PLAIN over TLS", () => ({ tls: { ca: kafka.authority.cert }, sasl: alice("plain") })],
  ["LOGIN_TLS", "SCRAM-SHA-256 over TLS", () => ({ tls: { ca: kafka.authority.cert }, sasl: alice("scram-sha-256") })],
  ["LOGIN_TLS", "SCRAM-SHA-512 over TLS", () => ({ tls: { ca: kafka.authority.cert }, sasl: alice("scram-sha-512") })],
  ["TOKEN", "OAUTHBEARER", () => ({ sasl: bearer() })],
  ["TOKEN_TLS", "OAUTHBEARER over TLS", () => ({ tls: { ca: kafka.authority.cert }, sasl: bearer() })],
  ["ALL", "SCRAM-SHA-512 over mutual TLS", () => ({ tls: kafka.tls(), sasl: alice("scram-sha-512") })],
];

for (const [listener, how, security] of WAYS_IN) {
  test(`${how}: records and a commit go out and come back, and no secret is said`, async () => {
    const said: string[] = [];
    await using broker = await kafka.open(listener, security(), said);
    const topic = `topic-${crypto.randomUUID()}`;
    await broker.createTopics([{ name: topic, partitions: 1 }]);
    const lease = await broker.openJob({
      job: `job-${crypto.randomUUID()}`,
      topics: [topic],
      sessionTimeoutMs: 10_000,
      exactlyOnce: true,
      whenActive: "refuse",
      onStandby: () => {},
      signal: new AbortController().signal,
    });
    // More than fits into one record of TLS.
    const value = new Uint8Array(200_000).fill(7);
    lease.write({ topic, key: null, value, timestampMs: 1_760_000_000_000 });
    await lease.commit({ changes: new Map([["how", how]]), positions: [] });

    // It begins with a transaction of its own, so that readers see the last one then.
    assertEquals(await lease.restore(), new Map([["how", how]]));
    assertEquals((await readAll(broker, topic)).flat().map((record) => record.value), [value]);
    kafka.assertNoSecret(Deno.inspect({ broker, lease }, { depth: Infinity, showHidden: true, getters: true }));
    kafka.assertNoSecret(said.join("\n"));
    await lease.close();
  });
}

type Refused = readonly [what: string, listener: string, security: () => KafkaSecurity | undefined, says: string];

const REFUSED: readonly Refused[] = [
  [
    "an authority that we do not know",
    "TLS",
    () => ({ tls: { ca: kafka.untrusted.cert } }),
    "Cannot reach Kafka at AT: its certificate is not signed by an authority that we trust; set KAFKA_SSL_CA to the right one's",
  ],
  [
    "an authority of ours that nobody else knows",
    "TLS",
    () => ({ tls: {} }),
    "Cannot reach Kafka at AT: its certificate is not signed by an authority that we trust; set KAFKA_SSL_CA to the right one's",
  ],
  [
    "a certificate that has expired",
    "EXPIRED",
    () => ({ tls: { ca: kafka.authority.cert } }),
    "Cannot reach Kafka at AT: its certificate has expired; the broker needs a new one",
  ],
  [
    "a certificate that is not valid yet",
    "TOO_EARLY",
    () => ({ tls: { ca: kafka.authority.cert } }),
    "Cannot reach Kafka at AT: its certificate is not valid yet; look at both clocks",
  ],
  [
    "a certificate of another host",
    "ELSEWHERE",
    () => ({ tls: { ca: kafka.authority.cert } }),
    "Cannot reach Kafka at AT: its certificate is for kafka.example, not for localhost; use a name that it is for",
  ],
  [
    "no certificate of ours",
    "MUTUAL",
    () => ({ tls: { ca: kafka.authority.cert } }),
    "Cannot reach Kafka at AT: it wants a certificate of ours; set KAFKA_SSL_CERT and KAFKA_SSL_KEY",
  ],
  [
    "TLS where there is none",
    "PLAINTEXT",
    () => ({ tls: { ca: kafka.authority.cert } }),
    "Cannot reach Kafka at AT: it closed the connection; if it does not speak TLS there, unset KAFKA_SSL",
  ],
  [
    "no TLS where there is nothing else",
    "TLS",
    () => undefined,
    "Cannot reach Kafka at AT: it closed the connection; if it wants TLS there, set KAFKA_SSL=true",
  ],
  [
    "no login where one is wanted",
    "LOGIN",
    () => undefined,
    "Cannot reach Kafka at AT: it closed the connection; if it wants a login, set KAFKA_SASL_MECHANISM",
  ],
  [
    "a login where none is wanted",
    "PLAINTEXT",
    () => ({ sasl: alice("plain") }),
    'Cannot log in to Kafka at AT as "alice": nobody is asked for a login there; unset KAFKA_SASL_MECHANISM or use its port for SASL',
  ],
  [
    "a mechanism that is switched off",
    "SHORT",
    () => ({ sasl: alice("scram-sha-512") }),
    'Cannot log in to Kafka at AT as "alice": it does not take SCRAM-SHA-512, only PLAIN; set KAFKA_SASL_MECHANISM to one of these',
  ],
  [
    "PLAIN with a wrong password",
    "LOGIN",
    () => ({ sasl: alice("plain", WRONG) }),
    'Cannot log in to Kafka at AT as "alice": Authentication failed: Invalid username or password; check KAFKA_SASL_USERNAME and KAFKA_SASL_PASSWORD',
  ],
  [
    "a token that has expired",
    "TOKEN",
    () => ({ sasl: bearer(-60) }),
    'Cannot log in to Kafka at AT with a token: {"status":"invalid_token"}; check the token, or the settings KAFKA_SASL_OAUTHBEARER_…',
  ],
  ...(["scram-sha-256", "scram-sha-512"] as const).map((mechanism) =>
    [
      `${mechanism} with a wrong password`,
      "LOGIN_TLS",
      () => ({ tls: { ca: kafka.authority.cert }, sasl: alice(mechanism, WRONG) }),
      'Cannot log in to Kafka at AT as "alice": Authentication failed during authentication due to invalid credentials with ' +
      `SASL mechanism ${mechanism.toUpperCase()}; check KAFKA_SASL_USERNAME and KAFKA_SASL_PASSWORD`,
    ] as const
  ),
];

for (const [what, listener, security, says] of REFUSED) {
  test(`${what}: is refused at once, in a sentence`, async () => {
    const said: string[] = [];
    const startMs = performance.now();
    const error = await assertRejects(() => kafka.open(listener, security(), said), BrokerError);

    assert(performance.now() - startMs < PROMPTLY_MS, `it took ${performance.now() - startMs} ms`);
    assertEquals(error.message, says.replace("AT", kafka.addressOf(listener)));
    // What hangs up may also be a broker that is going down.
    assertEquals(isRetriable(error), says.includes("closed the connection"));
    kafka.assertNoSecret([Deno.inspect(error), ...said].join("\n"));
  });
}

test("a certificate of ours that an untrusted authority has signed is refused, and a key of another certificate never shown", async () => {
  const said: string[] = [];
  const untrustedClient = await kafka.untrusted.issue("a client");
  const theirs = await assertRejects(
    () => kafka.open("MUTUAL", { tls: kafka.tls(untrustedClient) }, said),
    BrokerError,
  );
  assertMatch(theirs.message, /localhost:\d+: it refuses the certificate in KAFKA_SSL_CERT \(\w+\)$/);
  assertEquals(isRetriable(theirs), false);

  const wrong: [Identity, string][] = [
    [
      { ...kafka.client, key: untrustedClient.key },
      "KAFKA_SSL_KEY: it is not the key of the certificate in KAFKA_SSL_CERT",
    ],
    [
      { ...kafka.client, key: "nonsense" },
      "KAFKA_SSL_KEY: it holds no private key in PEM that can be read without a password",
    ],
    [{ ...kafka.client, cert: broken(kafka.client.cert) }, "KAFKA_SSL_CERT: a certificate in it cannot be read"],
    [{ ...kafka.client, cert: kafka.client.key }, "KAFKA_SSL_CERT: it holds no certificate"],
  ];
  for (const [identity, says] of wrong) {
    const error = await assertRejects(() => kafka.open("MUTUAL", { tls: kafka.tls(identity) }, said), BrokerError);
    assertEquals(error.message, `Cannot use ${says}`);
    kafka.assertNoSecret(Deno.inspect(error), untrustedClient.key);
  }
  for (const ca of [broken(kafka.authority.cert), "nonsense"]) {
    await assertRejects(() => kafka.open("TLS", { tls: { ca } }, said), BrokerError, "Cannot use KAFKA_SSL_CA: ");
  }
  kafka.assertNoSecret(said.join("\n"), untrustedClient.key);
});

test("a login that ends after a while is made anew, and requests go on as if nothing were", async () => {
  const { Client } = await import("../../src/connectors/kafka/client.ts");
  const [host, port] = kafka.addressOf("SHORT").split(":") as [string, string];
  let logins = 0;
  const client = new Client({
    bootstrap: [{ host, port: Number(port) }],
    clientId: "test",
    connectTimeoutMs: PROMPTLY_MS,
    security: { sasl: { ...alice("plain"), password: () => (logins++, PASSWORDS.plain) } },
    log: () => {},
  });
  try {
    const connection = await client.any();
    const untilMs = performance.now() + 2.2 * SHORT_LOGIN_MS;
    while (performance.now() < untilMs) {
      const asked = [1, 2, 3].map(() => connection.send("Metadata", { topics: [], allowAutoTopicCreation: false }));
      for (const { brokers } of await Promise.all(asked)) assertEquals(brokers.length, 1);
    }
    assertEquals(connection.isOpen, true);
    assert(logins >= 2, `it has logged in ${logins} times`);
  } finally {
    await client.close();
  }
});

test("a token is asked for again before it expires, and requests go on as if nothing were", async () => {
  const { Client } = await import("../../src/connectors/kafka/client.ts");
  let asked = 0;
  await using server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, () => {
    asked++;
    return Response.json({ access_token: tokenFor(SHORT_TOKEN_S), expires_in: SHORT_TOKEN_S });
  });
  const token = { url: `http://127.0.0.1:${server.addr.port}/`, clientId: "alice", clientSecret: () => WRONG };
  const [host, port] = kafka.addressOf("TOKEN").split(":") as [string, string];
  const client = new Client({
    bootstrap: [{ host, port: Number(port) }],
    clientId: "test",
    connectTimeoutMs: PROMPTLY_MS,
    security: { sasl: { mechanism: "oauthbearer", token } },
    log: () => {},
  });
  try {
    const connection = await client.any();
    const untilMs = performance.now() + 2_200 * SHORT_TOKEN_S;
    while (performance.now() < untilMs) {
      const { brokers } = await connection.send("Metadata", { topics: [], allowAutoTopicCreation: false });
      assertEquals(brokers.length, 1);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    assertEquals(connection.isOpen, true);
    assert(asked >= 3, `it has asked for ${asked} tokens`);
  } finally {
    await client.close();
  }
});

test("a login that is refused later ends what goes on, and nothing is tried again", async () => {
  const given = [PASSWORDS.plain];
  const sasl = { ...alice("plain"), password: () => given.shift() ?? WRONG };
  await using broker = await kafka.open("LOGIN", { sasl });
  const fetcher = await broker.fetcher();
  const startMs = performance.now();

  const error = await assertRejects(
    () => fetcher.fetch([{ topic: "any", partition: 0, offset: 0 }], 60_000),
    BrokerError,
    "Cannot log in",
  );

  assertEquals(isRetriable(error), false);
  assert(performance.now() - startMs < PROMPTLY_MS);
});

test("a password that would travel in the clear to another machine is warned of", async () => {
  const warnings = async (at: string, security: KafkaSecurity): Promise<string[]> => {
    const said: string[] = [];
    await assertRejects(() => openAt(at, security, said), BrokerUnavailableError);
    return said.filter((line) => line.startsWith("warn"));
  };
  const [warning, ...others] = await warnings("0.0.0.0:1", { sasl: alice("plain") });
  assertStringIncludes(warning!, "KAFKA_SSL=true");
  assertEquals(others, []);
  assertEquals(await warnings("127.0.0.1:1", { sasl: alice("plain") }), []);
  assertEquals(await warnings("0.0.0.0:1", { sasl: alice("scram-sha-256") }), []);
  assertEquals(await warnings("0.0.0.0:1", { tls: {}, sasl: alice("plain") }), []);
});

test("programs run with what the environment says, and print no secret even when asked for every word", async () => {
  const dir = await Deno.makeTempDir();
  try {
    const broker = await kafka.environment(dir);
    const printed: string[] = [];
    const ok = async (task: string, ...args: string[]): Promise<string> => {
      const { code, stdout, stderr } = await run(broker, task, args);
      assertEquals(code, 0, stderr);
      printed.push(stdout, stderr);
      return stdout;
    };
    await ok("gen", "--create", "--count", "40", "--rate", "max", "--start", "2026-01-01T00:00:00");
    await ok("s16", "--bounded", "--from", "earliest", "--now", "2026-01-01T00:00:00");
    assertMatch(await ok("topics", "read", "flightdata", "--bounded", "--json"), /"confirmation/);
    kafka.assertNoSecret(printed.join(""));
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
});

test("no secret stands in anything that is seen of jobs: status, metrics, health, the dashboard's answers and pages, logs", async () => {
  const dir = await Deno.makeTempDir();
  try {
    const byPassword = await kafka.environment(dir);
    const byToken = kafka.tokenEnvironment();
    const [apiKey, file] = [`${PASSWORDS_BEGIN}-api`, new URL("../dashboard/program_with_secret.ts", import.meta.url)];
    const [topic, job, tokenJob] = ["prices", "priced", "priced-by-token"].map((word) =>
      `${word}-${crypto.randomUUID().slice(0, 8)}`
    ) as [string, string, string];
    await using broker = await kafka.open("PLAINTEXT", undefined);
    await broker.createTopics([{ name: topic, partitions: 1 }]);
    await succeed(
      byPassword,
      "topics",
      ["write", topic],
      ["good", "bad", "good"].map((text) => JSON.stringify({ key: text, value: text })).join("\n"),
    );
    const [monitorPort, port] = freePorts([0, 0]) as [number, number];
    const flags = ["--from", "earliest", "--status-interval", "200ms", "--max-dead", "never"];
    const args = [job, topic, apiKey, ...flags, "--http", `127.0.0.1:${monitorPort}`];
    await using running = startFile(byPassword, file, "s08", args);
    await using runningByToken = startFile(byToken, file, "s08", [tokenJob, topic, apiKey, ...flags]);
    await using dashboard = start(byPassword, "dashboard", [
      "--http",
      `${port}`,
      "--job",
      `${file.pathname} ${job} ${topic} ${apiKey}`,
    ]);
    await dashboard.says(/dashboard: http/);
    await until(async () => {
      const reports = (await broker.statusReports!()).map(({ text }) => JSON.parse(text) as JobStatus);
      return [job, tokenJob].every((name) =>
        reports.some(({ job, attempt }) =>
          job === name && attempt?.records.dead === 1 && attempt.commits.uncommitted === 0
        )
      );
    });
    const monitor = `http://127.0.0.1:${monitorPort}`;
    const seen = await allThatIsSeen({ job, monitor, topic, broker, dashboard: `http://localhost:${port}` });
    for (const each of [running, runningByToken, dashboard]) each.kill("SIGTERM");
    for (const [name, program] of Object.entries({ running, runningByToken, dashboard })) {
      const { stdout, stderr } = await program.ended;
      seen.set(`log of ${name}`, stdout + stderr);
    }
    // What must be there: else nothing was looked at.
    for (const [where, text] of [["status records", tokenJob], ["/metrics", job], ["log of running", job]] as const) {
      assertStringIncludes(seen.get(where)!, text);
    }
    for (const [where, text] of seen) {
      assert(text.length > 10, where);
      kafka.assertNoSecret(`${where}: ${text}`);
    }
    for (const name of [job, tokenJob]) await broker.dropJob(name);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
});

test("programs end with one sentence and 1 where they are not let in, with 2 where the settings are wrong", async () => {
  const dir = await Deno.makeTempDir();
  try {
    const { env } = await kafka.environment(dir);
    const wrong: [changes: Record<string, string>, code: number, says: RegExp][] = [
      [{ KAFKA_SASL_PASSWORD_FILE: "", KAFKA_SASL_PASSWORD: WRONG }, 1, /Cannot log in .*invalid credentials/],
      [{ KAFKA_SSL_CA: `${dir}/untrusted.pem` }, 1, /not signed by an authority that we trust; set KAFKA_SSL_CA/],
      [{ KAFKA_SSL_CERT: "", KAFKA_SSL_KEY: "" }, 1, /it wants a certificate of ours; set KAFKA_SSL_CERT/],
      [{ KAFKA_SSL_KEY: kafka.client.key }, 2, /Cannot use KAFKA_SSL_KEY/],
    ];
    await Promise.all(wrong.map(async ([changes, code, says]) => {
      const startMs = performance.now();
      const ended = await run({ name: "Kafka", env: { ...env, ...changes } }, "s16", []);
      assert(performance.now() - startMs < 2 * PROMPTLY_MS, ended.stderr);
      assertEquals(ended.code, code, ended.stderr);
      assertMatch(ended.stderr, says);
      assertEquals(ended.stderr.split("\n").filter((line) => line.startsWith("error: ")).length, 1, ended.stderr);
      assertEquals(/^\s+at |Error:/m.test(ended.stderr), false, `a stack trace:\n${ended.stderr}`);
      kafka.assertNoSecret(ended.stdout + ended.stderr);
    }));
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
});

/** Registers a case. */
function test(name: string, fn: () => Promise<void>): void {
  // What the servers say is read all the time, from before a case until after it.
  Deno.test({ name: `${NAME}: ${name}`, ignore: SKIPPED, sanitizeOps: false, fn });
}

async function whatIsMissing(): Promise<string | undefined> {
  const fetched = await Deno.stat(FOLDER).then(() => true, () => false);
  if (!fetched) return "deno task kafka has not fetched one yet";
  return await kafkaPrerequisites(FOLDER);
}

/** The same PEM block with less in it than it says. */
function broken(pem: string): string {
  return pem.split("\n").toSpliced(2, 1).join("\n");
}
