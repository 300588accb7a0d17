/** A job on its way to a cluster, up to where the cluster comes in: bundled, run once for its plan, found again by its name. */
import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { findJob, restOf } from "../../src/cli/flink/cluster_address.ts";
import { prepareJob, SubmitError, submitJob, type SubmitOptions } from "../../src/cli/flink/submit.ts";
import { kafkaProperties } from "../../src/flink/description.ts";
import type { FlinkRest, JobState } from "../../src/flink/rest.ts";
import { UsageError } from "../../src/utils.ts";

const mayRun = ["run", "read", "write", "env"].every((name) =>
  Deno.permissions.querySync({ name } as Deno.PermissionDescriptor).state === "granted"
);
const ROOT = decodeURIComponent(new URL("../../", import.meta.url).pathname).replace(/\/$/, "");

function test(name: string, fn: () => Promise<void>): void {
  Deno.test({ name: mayRun ? name : `${name} (skipped: it needs to run Deno)`, ignore: !mayRun, fn });
}

function options(file: string, own: readonly string[], environment: Record<string, string> = {}): SubmitOptions {
  return {
    file: `${ROOT}/${file}`,
    arguments: own,
    parallelism: 2,
    order: "topics",
    root: ROOT,
    environment: { HOME: Deno.env.get("HOME") ?? "/tmp", ...environment },
    passedOn: [],
    answerWithinMs: 60_000,
  };
}

const SECURED = {
  BOOTSTRAP_SERVERS: "kafka:9093",
  KAFKA_SASL_MECHANISM: "scram-sha-256",
  KAFKA_SASL_USERNAME: "ada",
  KAFKA_SASL_PASSWORD: 'sec"ret',
};

test("prepareJob() makes a plan of a lesson as it is; its workers get no login", async () => {
  const { plan, bundle } = await prepareJob(options("src/s20_manage_state.ts", ["--window", "10s"], SECURED));
  assertEquals(plan.jobName, "user_statistics");
  assertEquals(plan.stages.map(({ name, input }) => [name, input.kind]), [
    ["statistics_from_flight", "topic"],
    ["user_statistics", "exchange"],
  ]);
  assertEquals(plan.kafka["bootstrap.servers"], "kafka:9093");
  assertStringIncludes(plan.kafka["sasl.jaas.config"]!, 'username="ada" password="sec\\"ret";');
  assertEquals(plan.worker.arguments, ["--window", "10s"]);
  assertEquals(Object.keys(plan.worker.environment).sort(), ["BOOTSTRAP_SERVERS", "STREAM_APPS_FLINK", "TZ"]);
  assert(!bundle.includes('sec"ret'));
});

test("prepareJob() has workers and Flink reach the brokers where the cluster does", async () => {
  const kafka = { BOOTSTRAP_SERVERS: "localhost:19092" };
  const { plan } = await prepareJob({
    ...options("src/s08_create_source.ts", [], kafka),
    clusterServers: "redpanda:9092",
  });
  assertEquals(plan.kafka["bootstrap.servers"], "redpanda:9092");
  assertEquals(plan.worker.environment.BOOTSTRAP_SERVERS, "redpanda:9092");
  assertEquals(plan.submission.clusterServers, "redpanda:9092");
});

test("prepareJob() refuses what a cluster does not run, and says it in one sentence", async () => {
  const kafka = { BOOTSTRAP_SERVERS: "kafka:9092" };
  const refused = async (job: SubmitOptions, part: string) => {
    const { message } = await assertRejects(() => prepareJob(job), SubmitError);
    assertStringIncludes(message, part);
  };
  await refused(options("src/s20_manage_state.ts", ["--close-idle", "3s"], kafka), "closeIdleMs (--close-idle)");
  await refused(
    options("src/s20_manage_state.ts", []),
    "without a Kafka that the cluster can reach: set BOOTSTRAP_SERVERS",
  );
  await refused(options("src/s99_nothing.ts", [], kafka), "there is no such file");
  await refused({ ...options("src/s16_merge.ts", [], kafka), passedOn: ["TOKEN"] }, "Cannot pass on TOKEN");
});

test("prepareJob() takes a job without topics, and asks for no broker", async () => {
  const { plan } = await prepareJob(options("src/s15_branching.ts", []));
  assertEquals(plan.kafka, {});
  assertEquals(plan.stages.map(({ name, input }) => [name, input.kind]), [
    ["split -> up_to_two", "made"],
    ["names_decode", "made"],
    ["co-map", "exchange"],
    ["co-flatMap", "exchange"],
    ["call_by_name", "exchange"],
  ]);
  assertEquals(plan.stages.map(({ outlets }) => outlets.map(({ kind }) => kind)), [
    ["exchange", "exchange", "exchange"],
    ["exchange", "exchange", "exchange"],
    [],
    [],
    [],
  ]);
});

const SUMMARY = { "start-time": 0, "end-time": -1, duration: 0 };

/** A cluster that has these jobs, and answers nothing else. */
function cluster(
  jobs: readonly (readonly [jid: string, name: string, state: JobState])[],
  version = "2.2.1",
): FlinkRest {
  return {
    address: "http://flink:8081",
    jobs: () => Promise.resolve(jobs.map(([jid, name, state]) => ({ ...SUMMARY, jid, name, state }))),
    overview: () => Promise.resolve({ "flink-version": version, "slots-available": 1, "slots-total": 4 }),
  } as unknown as FlinkRest;
}

Deno.test("findJob() takes an id, the beginning of one, or a name, and of a name the job that runs", async () => {
  const rest = cluster([["aaaa1111", "sums", "RUNNING"], ["bbbb2222", "sums", "FAILED"], [
    "cccc3333",
    "other",
    "FINISHED",
  ]]);
  assertEquals((await findJob(rest, "sums")).jid, "aaaa1111");
  assertEquals((await findJob(rest, "bbbb")).jid, "bbbb2222");
  assertEquals((await findJob(rest, "other")).jid, "cccc3333");
  await assertRejects(
    () => findJob(rest, "total"),
    UsageError,
    'There is no job "total" on http://flink:8081: it has sums, other',
  );
  const twice = cluster([["aaaa1111", "sums", "RUNNING"], ["bbbb2222", "sums", "RUNNING"]]);
  await assertRejects(() => findJob(twice, "sums"), UsageError, "name one by its id, aaaa1111, bbbb2222");
});

Deno.test("submitJob() refuses a cluster of another version, or with too few slots", async () => {
  const job = { plan: { bounded: false, stages: [] } as never, bundle: "" };
  const submit = (rest: FlinkRest) => submitJob(rest, job, { parallelism: 2 }, {} as never);
  await assertRejects(
    () => submit(cluster([], "1.20.3")),
    SubmitError,
    "Cannot submit to Flink 1.20.3 at http://flink:8081",
  );
  await assertRejects(() => submit(cluster([])), SubmitError, "it has 1 of 4 slots free");
});

Deno.test("restOf() refuses a text that is not an address", () => {
  assertEquals(restOf({ get: () => undefined }).address, "http://localhost:8091");
  let message = "";
  try {
    restOf({ get: () => "flink:8081" });
  } catch (error) {
    message = (error as UsageError).message;
  }
  assertStringIncludes(message, 'Cannot use FLINK_REST "flink:8081"');
});

Deno.test("kafkaProperties() has TLS and logins as Kafka's clients in Java want them", () => {
  const servers = ["a:1", "b:2"];
  assertEquals(kafkaProperties({ servers }), { "bootstrap.servers": "a:1,b:2", "security.protocol": "PLAINTEXT" });
  const security = {
    tls: { ca: "CA", client: { cert: "CERT", key: () => "KEY" } },
    sasl: { mechanism: "plain" as const, username: 'a"b', password: () => "c\\d" },
  };
  assertEquals(kafkaProperties({ servers, security }), {
    "bootstrap.servers": "a:1,b:2",
    "security.protocol": "SASL_SSL",
    "ssl.truststore.type": "PEM",
    "ssl.truststore.certificates": "CA",
    "ssl.keystore.type": "PEM",
    "ssl.keystore.certificate.chain": "CERT",
    "ssl.keystore.key": "KEY",
    "sasl.mechanism": "PLAIN",
    "sasl.jaas.config":
      'org.apache.kafka.common.security.plain.PlainLoginModule required username="a\\"b" password="c\\\\d";',
  });
});
