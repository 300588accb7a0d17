/**
 * The Kafka adapter: the port's contract, and what only a Kafka does.
 *
 * It runs against the broker at TEST_BOOTSTRAP_SERVERS, which must allow session timeouts of two seconds; `deno task test` and
 * `deno task kafka` start one. Started as a program, this file is an instance of a job for others to kill.
 */
import { assert, assertEquals, assertInstanceOf, assertMatch, assertRejects, assertStringIncludes } from "@std/assert";
import type { Broker, BrokerJobRequest, BrokerLease, OutgoingRecord } from "../../src/connectors/broker.ts";
import { BrokerError, BrokerUnavailableError, JobActiveError } from "../../src/connectors/broker_errors.ts";
import { testBrokerContract } from "./broker_contract.ts";
import { readAll, readUntil, untilSeen } from "./contract/reading.ts";
import { later, signOf } from "../later.ts";

const NET = granted("net") && granted("env");
const SERVERS = NET ? Deno.env.get("TEST_BOOTSTRAP_SERVERS")?.split(",") : undefined;
const PROCESSES = SERVERS !== undefined && granted("run") && granted("read") && Deno.build.os !== "windows";
/** A broker of our own to kill: only where one has been fetched already. */
const OWN_BROKER = PROCESSES && granted("write") && exists(".kafka");

const NAME = SERVERS !== undefined
  ? "kafka"
  : `kafka (skipped, ${NET ? "TEST_BOOTSTRAP_SERVERS is not set" : "it needs --allow-net and --allow-env"})`;

/** A machine under load must not lose what it is about to test. */
const SESSION_MS = 6_000;
/** What a machine under load may take longer. */
const SLACK_MS = 20_000;
const encoder = new TextEncoder();
const decoder = new TextDecoder();

// kafkajs reads the environment when it is loaded, so only those load the adapter who open a broker.
async function openKafka(servers: readonly string[] | undefined = SERVERS): Promise<Broker> {
  const { openKafkaBroker } = await import("../../src/connectors/kafka/mod.ts");
  return await openKafkaBroker({ brokers: servers!, log: () => {} });
}

/** Below the port: connections and requests. */
async function openClient(): Promise<import("../../src/connectors/kafka/client.ts").Client> {
  const { Client } = await import("../../src/connectors/kafka/client.ts");
  const bootstrap = SERVERS!.map((server) => ({ host: server.split(":")[0]!, port: Number(server.split(":")[1]) }));
  return new Client({ bootstrap, clientId: "test", connectTimeoutMs: 5_000, log: () => {} });
}

testBrokerContract(NAME, openKafka, {
  ignore: SERVERS === undefined,
  async fence(_, job) {
    const { TransactionalProducer } = await import("../../src/connectors/kafka/transaction.ts");
    const client = await openClient();
    await TransactionalProducer.open(client, job, { signal: new AbortController().signal });
    await client.close();
  },
});

test("nothing creates a topic by asking for it, though this broker would", async (broker, names) => {
  const client = await openClient();
  const provoked = names.topic();
  await client.any().then((connection) =>
    connection.send("Metadata", { topics: [provoked], allowAutoTopicCreation: true as false })
  );
  await client.close();
  await untilListed(broker, provoked);

  const missing = names.topic();
  const [fetcher, producer] = [await broker.fetcher(), await broker.producer()];
  const lease = await open(broker, names.job(), { topics: [missing] });
  await assertRejects(() => broker.describeTopics([missing]));
  await assertRejects(() => broker.offsetsAt(missing, 5));
  await assertRejects(() => fetcher.fetch([{ topic: missing, partition: 0, offset: 0 }], 100));
  await assertRejects(() => producer.send([record(missing, "a")]));
  lease.write(record(missing, "a"));
  await assertRejects(() => lease.flush());
  await broker.jobsReading([missing]);
  await lease.close();

  assertEquals((await broker.listTopics()).includes(missing), false);
});

test("fetch() steps over aborted transactions and control records, to the end", async (broker, names) => {
  const [topic, aborted] = [names.topic(), names.topic()];
  await broker.createTopics([{ name: topic, partitions: 1 }, { name: aborted, partitions: 1 }]);
  for (const value of ["dropped", "kept"]) {
    const lease = await open(broker, names.job());
    for (let index = 0; index < 3; index++) lease.write(record(topic, `${value} ${index}`));
    if (value === "dropped") lease.write(record(aborted, value));
    await lease.flush();
    if (value === "kept") await lease.commit({ changes: new Map(), positions: [] });
    await lease.close();
  }

  // Three dropped and their abort, three kept and their commit.
  assertEquals((await broker.describeTopics([topic, aborted])).map(({ endOffsets }) => endOffsets), [[8], [2]]);
  const kept = [[4, "kept 0"], [5, "kept 1"], [6, "kept 2"]];
  for (const from of [0, 1, 4]) assertEquals(await offsetsAndValues(broker, topic, from), kept);
  assertEquals(await offsetsAndValues(broker, topic, 6), kept.slice(2));
  assertEquals(await offsetsAndValues(broker, topic, 7), []);
  assertEquals(await offsetsAndValues(broker, aborted, 0), []);
});

test("a record larger than a fetch asks for gets through, whichever partition holds it", async (broker, names) => {
  const topic = names.topic();
  await broker.createTopics([{ name: topic, partitions: 3, maxRecordBytes: 4 << 20 }]);
  const producer = await broker.producer();
  const large = new Uint8Array(3 << 20).fill(7);
  await producer.send([0, 1, 2].flatMap((partition) => [
    { ...record(topic, "small"), partition },
    { ...record(topic, ""), value: large, partition },
    { ...record(topic, "small"), partition },
  ]));

  const found = await readAll(broker, topic);
  assertEquals(found.map((records) => records.map(({ value }) => value!.length)), [0, 1, 2].map(() => [5, 3 << 20, 5]));
});

test("send() names the topic and the size of a record that is too large", async (broker, names) => {
  const topic = names.topic();
  await broker.createTopics([{ name: topic, partitions: 1 }]);
  const producer = await broker.producer();

  const error = await assertRejects(
    () => producer.send([record(topic, "fits"), { ...record(topic, ""), value: new Uint8Array(2 << 20) }]),
    BrokerError,
    topic,
  );

  assertStringIncludes(error.message, "2097188 bytes");
  await producer.send([record(topic, "goes on")]);
});

test("send() splits what is too much for a topic that takes little at once", async (broker, names) => {
  const topic = names.topic();
  await broker.createTopics([{ name: topic, partitions: 1, maxRecordBytes: 100 }]);
  const values = Array.from({ length: 2_000 }, (_, index) => `${index} ${"x".repeat(90)}`);
  await (await broker.producer()).send(values.map((value) => record(topic, value)));

  assertEquals((await offsetsAndValues(broker, topic, 0)).map(([, value]) => value), values);
});

test("openJob() names the settings when the session timeout is not allowed", async (broker, names) => {
  const opening = open(broker, names.job(), { sessionTimeoutMs: 24 * 3_600_000 });
  const error = await assertRejects(() => opening, BrokerError, "86400000 ms");
  assertStringIncludes(error.message, "group.max.session.timeout.ms");
});

test("a producer with a transactional id writes all or nothing", async (broker, names) => {
  const [one, two, transactionalId] = [names.topic(), names.topic(), names.topic()];
  await broker.createTopics([{ name: one, partitions: 1 }, { name: two, partitions: 1 }]);
  const producer = await broker.producer({ transactionalId });
  // The first is at the broker when the second is refused, which takes records up to 1 MB.
  await assertRejects(
    () => producer.send([record(one, "small"), record(two, "x".repeat(2 << 20))]),
    BrokerError,
  );
  await assertRejects(() => producer.send([record(one, "after a failure")]), BrokerError);
  await producer.close();

  const next = await broker.producer({ transactionalId });
  await next.send([record(one, "a"), record(two, "b")]);
  await next.close();
  const written = await Promise.all([one, two].map((topic) => readAll(broker, topic)));
  assertEquals(written.map(([records]) => records!.map(({ value }) => decoder.decode(value!))), [["a"], ["b"]]);
});

test("reading a changelog ends between two commits, however much comes while it is read", async (broker, names) => {
  const { changelogTopic, readChangelog } = await import("../../src/connectors/kafka/changelog.ts");
  const job = names.job();
  const lease = await open(broker, job);
  await lease.commit({ changes: new Map([["first", "1"], ["last", "1"]]), positions: [] });
  // A commit that no single fetch can bring, made when the end has been asked for and nothing has been fetched yet.
  const padding = "x".repeat(1 << 20);
  const large: [string, string][] = Array.from({ length: 10 }, (_, index) => [`padding ${index}`, padding]);
  const client = await openClient();
  const fork = client.fork.bind(client);
  let committed = false;
  client.fork = () => {
    const forked = fork();
    const leaders = forked.leaders.bind(forked);
    forked.leaders = async (topics) => {
      if (!committed) await lease.commit({ changes: [["first", "2"], ...large, ["last", "2"]], positions: [] });
      committed = true;
      return await leaders(topics);
    };
    return forked;
  };

  const entries = await readChangelog({ client, job, signal: new AbortController().signal });

  assertEquals(committed, true, `reading ${changelogTopic(job)} did not ask who leads it`);
  assertEquals([entries.get("first"), entries.get("last"), entries.size], ["2", "2", 12]);
  await client.close();
  await lease.close();
});

test("a commit that is being written when a tool reads the last one is waited for", async (broker, names) => {
  const { changelogTopic, readChangelog } = await import("../../src/connectors/kafka/changelog.ts");
  const { TransactionalProducer } = await import("../../src/connectors/kafka/transaction.ts");
  const job = names.job();
  const lease = await open(broker, job);
  await lease.commit({ changes: new Map([["a", "1"]]), positions: [] });
  await lease.close();
  const client = await openClient();
  const { signal } = new AbortController();
  const producer = await TransactionalProducer.open(client, names.job(), { signal });
  await producer.send([{ ...record(changelogTopic(job), "2"), key: encoder.encode("a"), partition: 0 }]);

  // It asks again and again how far the changelog can be read, each time for its leader first.
  const leaders = client.leaders.bind(client);
  const { promise: hasAsked, resolve: asksOften } = Promise.withResolvers<"waits">();
  let asked = 0;
  client.leaders = (topics) => {
    if (++asked === 10) asksOften("waits");
    return leaders(topics);
  };
  const reading = readChangelog({ client, job, signal });
  assertEquals(await Promise.race([hasAsked, reading]), "waits");
  await producer.commit();
  assertEquals(await reading, new Map([["a", "2"]]));
  await client.close();
});

test("a changelog is read up to the owner's record, though a successor's lies behind it", async (broker, names) => {
  const { changelogTopic, ownerRecord, readChangelogUpTo } = await import("../../src/connectors/kafka/changelog.ts");
  const job = names.job();
  await (await open(broker, job)).close();
  const entry = (value: string) => ({ ...record(changelogTopic(job), value), key: encoder.encode("a"), partition: 0 });
  const owner = (name: string) => ownerRecord(job, name, 1_760_000_000_000);
  await (await broker.producer()).send([entry("1"), owner("first"), entry("2"), owner("second")]);

  const client = await openClient();
  const read = readChangelogUpTo("first", { client, job, signal: AbortSignal.timeout(SLACK_MS) });
  assertEquals(await read, new Map([["a", "1"]]));
  await client.close();
});

test(
  "a changelog that was deleted is no first start, and rubbish in one is named with its place",
  async (broker, names) => {
    const [job, topic] = [names.job(), names.topic()];
    const changelog = `${job}.changelog`;
    await broker.createTopics([{ name: topic, partitions: 1 }]);
    const first = await open(broker, job, { topics: [topic] });
    const positions = [{ topic, partition: 0, offset: 0 }];
    await first.commit({ changes: new Map([['["job"]', "{}"]]), positions });
    // Behind the mark that ends the commit.
    while ((await broker.describeTopics([changelog]))[0]!.endOffsets[0]! < 2);
    const producer = await broker.producer();
    await producer.send([{ ...record(changelog, "rubbish"), key: encoder.encode("what?"), partition: 0 }]);
    assertEquals((await first.restore()).get("what?"), "rubbish");
    assertEquals(await first.whereIs!("what?"), `"${changelog}" partition 0 offset 2`);
    assertEquals(await first.whereIs!("who?"), undefined);
    await broker.deleteTopics([changelog]);
    const failed = await assertRejects(
      () => first.commit({ changes: new Map([["a", "1"]]), positions: [] }),
      BrokerError,
    );
    assertEquals(
      failed.message,
      `Cannot go on with "${job}": its changelog "${changelog}" was deleted, its commits are gone; import a savepoint, or begin ` +
        "anew with --reset",
    );
    await first.close();

    const second = await open(broker, job, { topics: [topic] });
    assertEquals([await second.restore(), await second.positions()], [new Map(), positions]);
    await second.close();
  },
);

test("an instance that comes to stand by does not disturb the active one", async (broker, names) => {
  const [job, topic] = [names.job(), names.topic()];
  await broker.createTopics([{ name: topic, partitions: 2 }]);
  const active = await open(broker, job, { topics: [topic] });
  let rounds = 0;
  let joining = true;
  const working = later((async () => {
    for (; joining; rounds++) {
      active.write(record(topic, String(rounds)));
      const positions = [{ topic, partition: 0, offset: rounds }];
      await active.commit({ changes: new Map([["rounds", String(rounds)]]), positions });
    }
  })());
  const others = [await openKafka(), await openKafka()];
  for (const other of others) {
    const standby = Promise.withResolvers<void>();
    const gone = new AbortController();
    const request = { topics: [topic], onStandby: () => standby.resolve(), signal: gone.signal };
    const opening = later(open(other, job, request));
    await signOf(opening, standby.promise);
    gone.abort(new Error("gone"));
    await assertRejects(() => opening, Error, "gone");
  }
  joining = false;
  await working;

  assertEquals(active.lost.aborted, false);
  assertEquals((await active.restore()).get("rounds"), String(rounds - 1));
  assertEquals((await readAll(broker, topic)).flat().length, rounds);
  for (const other of others) await other.close();
});

test("when its process is killed a standby takes over within the session timeout", async (broker, names) => {
  const [job, topic] = [names.job(), names.topic()];
  await broker.createTopics([{ name: topic, partitions: 1 }]);
  await using holder = await Holder.start(job, topic);
  const heard = Promise.withResolvers<string>();
  const opening = later(open(broker, job, { topics: [topic], onStandby: heard.resolve }));
  assertStringIncludes(await signOf(opening, heard.promise), `process ${holder.pid}`);

  const before = performance.now();
  holder.signal("SIGKILL");
  const lease = await opening;
  const tookMs = performance.now() - before;

  // The broker counts from its last sign of life, then the standby has to hear of it.
  assert(tookMs > SESSION_MS / 2 && tookMs < SESSION_MS + SLACK_MS, `taking over took ${tookMs} ms`);
  assertEquals(await lease.restore(), new Map([["by", "holder"]]));
  lease.write(record(topic, "successor"));
  await lease.commit({ changes: new Map(), positions: [] });
  await untilSeen(lease);
  assertEquals((await offsetsAndValues(broker, topic, 0)).map(([, value]) => value), ["holder", "successor"]);
}, { ignore: !PROCESSES });

test("who would refuse to stand by waits for an instance that was killed, and says so", async (_, names) => {
  const [job, topic] = [names.job(), names.topic()];
  const { openKafkaBroker } = await import("../../src/connectors/kafka/mod.ts");
  const said: string[] = [];
  await using broker = await openKafkaBroker({
    brokers: SERVERS!,
    log: (level, message) => void (level === "info" && said.push(message)),
  });
  await broker.createTopics([{ name: topic, partitions: 1 }]);
  said.length = 0; // an older Kafka refuses some settings, and that is said too
  await using holder = await Holder.start(job, topic);
  await assertRejects(() => open(broker, job, { whenActive: "refuse", sessionTimeoutMs: 6_000 }), JobActiveError);
  holder.signal("SIGKILL");
  const lease = await open(broker, job, { whenActive: "refuse", sessionTimeoutMs: 6_000 });
  assertEquals(await lease.restore(), new Map([["by", "holder"]]));
  // A coordinator that is gathering the group's members names none of them.
  const words = new RegExp(`waits for a sign of life of (process ${holder.pid}|another process)`);
  for (const sentence of said) assertMatch(sentence, words);
  await lease.close();
}, { ignore: !PROCESSES });

test("an instance that was stopped too long is shut out, and nothing of it shows", async (broker, names) => {
  const [job, topic] = [names.job(), names.topic()];
  await broker.createTopics([{ name: topic, partitions: 1 }]);
  await using holder = await Holder.start(job, topic);
  holder.signal("SIGSTOP");
  const lease = await open(broker, job, { topics: [topic] });
  await lease.commit({ changes: new Map([["by", "successor"]]), positions: [] });
  holder.signal("SIGCONT");

  assertEquals(await holder.ask("commit"), "FencedError, lost: FencedError");
  lease.write(record(topic, "successor"));
  await lease.commit({ changes: new Map(), positions: [] });
  await untilSeen(lease);
  assertEquals((await offsetsAndValues(broker, topic, 0)).map(([, value]) => value), ["holder", "successor"]);
  assertEquals(await lease.restore(), new Map([["by", "successor"]]));
  assertEquals(lease.lost.aborted, false);
}, { ignore: !PROCESSES });

test("the later one of two that believe to be active is it, else the one that waits longest", async () => {
  const { electActive } = await import("../../src/connectors/kafka/assignment.ts");
  const candidate = (memberId: string, activeSince: number, sinceMs: number) => ({
    memberId,
    instance: { id: memberId, words: memberId, activeSince, sinceMs },
  });
  const elected = (...all: ReturnType<typeof candidate>[]) => {
    const forward = electActive(all)!.memberId;
    assertEquals(electActive(all.toReversed())!.memberId, forward);
    return forward;
  };

  assertEquals(elected(candidate("waits", 0, 100), candidate("came back", 0, 300)), "waits");
  assertEquals(elected(candidate("waits", 0, 100), candidate("active", 5, 300)), "active");
  assertEquals(elected(candidate("active", 5, 300), candidate("active later", 6, 200)), "active later");
  assertEquals(elected(candidate("a", 0, 100), candidate("b", 0, 100)), "a");
});

Deno.test({
  name: "openKafkaBroker() says in a sentence why there is no broker",
  ignore: !NET,
  async fn() {
    const { openKafkaBroker } = await import("../../src/connectors/kafka/mod.ts");
    const listener = Deno.listen({ hostname: "localhost", port: 0 });
    const address = `localhost:${listener.addr.port}`;
    const silent = later(openKafkaBroker({ brokers: [address], connectTimeoutMs: 200, log: () => {} }));
    const accepted = await listener.accept();
    const late = await assertRejects(() => silent, BrokerUnavailableError);
    assertStringIncludes(late.message, `Cannot reach Kafka at ${address}: no answer`);
    accepted.close();
    listener.close();

    const refused = openKafkaBroker({ brokers: [address], log: () => {} });
    const error = await assertRejects(() => refused, BrokerUnavailableError);
    assertEquals(
      error.message,
      `Cannot reach Kafka at ${address}: connection refused; start it or unset BOOTSTRAP_SERVERS`,
    );
    await assertRejects(() => openKafkaBroker({ brokers: ["localhost"], log: () => {} }), SyntaxError, "host:port");
  },
});

Deno.test({
  name: `${NAME}: a broker that crashes and comes back is healed or a reason to try again`,
  ignore: !OWN_BROKER,
  async fn() {
    const { startKafka } = await import("../../src/cli/kafka.ts");
    const kafka = await startKafka();
    try {
      await using broker = await openKafka([kafka.bootstrapServers]);
      await broker.createTopics([{ name: "t", partitions: 1 }]);
      const patient = await open(broker, "patient", { sessionTimeoutMs: 30_000 });
      const hasty = await open(broker, "hasty", { sessionTimeoutMs: 1_000 });
      const [fetcher, producer] = [await broker.fetcher(), await broker.producer()];
      patient.write(record("t", "before"));
      await patient.commit({ changes: new Map([["n", "1"]]), positions: [] });
      await untilSeen(patient);

      const waiting = later(fetcher.fetch([{ topic: "t", partition: 0, offset: 2 }], 60_000));
      await kafka.kill();
      patient.write(record("t", "meanwhile"));
      const committing = later(patient.commit({ changes: new Map([["n", "2"]]), positions: [] }));
      await aborted(hasty.lost);
      assertInstanceOf(hasty.lost.reason, BrokerUnavailableError);
      await assertRejects(
        () => hasty.commit({ changes: new Map([["n", "1"]]), positions: [] }),
        BrokerUnavailableError,
        '"hasty"',
      );
      await kafka.restart();

      await committing;
      assertEquals(patient.lost.aborted, false);
      assertEquals((await waiting).flatMap(({ records }) => records.map(({ value }) => text(value))), ["meanwhile"]);
      await producer.send([record("t", "after")]);
      assertEquals(
        (await offsetsAndValues(broker, "t", 0)).map(([, value]) => value),
        ["before", "meanwhile", "after"],
      );
      await hasty.close();
      const again = await open(broker, "hasty", { sessionTimeoutMs: 1_000 });
      assertEquals(await again.restore(), new Map());
      assertEquals(await patient.restore(), new Map([["n", "2"]]));
    } finally {
      await kafka.stop();
    }
  },
});

/** A case with a broker and names of its own, all of which are gone afterwards. */
function test(
  promise: string,
  body: (broker: Broker, names: Names) => Promise<void>,
  { ignore = false }: { readonly ignore?: boolean } = {},
): void {
  Deno.test({
    name: `${NAME}: ${promise}`,
    ignore: SERVERS === undefined || ignore,
    async fn() {
      const names = new Names();
      {
        await using broker = await openKafka();
        await body(broker, names);
      }
      await using broker = await openKafka();
      for (const job of names.jobs) await broker.dropJob(job);
      const left = (await broker.listTopics()).filter((topic) => names.topics.includes(topic));
      await broker.deleteTopics(left);
    },
  });
}

class Names {
  readonly topics: string[] = [];
  readonly jobs: string[] = [];

  topic(): string {
    return this.#add(this.topics, "topic");
  }

  job(): string {
    return this.#add(this.jobs, "job");
  }

  #add(names: string[], kind: string): string {
    const name = `kafka-test-${crypto.randomUUID().slice(0, 8)}-${kind}`;
    names.push(name);
    return name;
  }
}

/** Another process that is the active instance of a job, with one record committed and others sent without a commit. */
class Holder implements AsyncDisposable {
  readonly #child: Deno.ChildProcess;
  readonly #writer: WritableStreamDefaultWriter<Uint8Array>;
  readonly #lines: AsyncIterator<string>;

  private constructor(child: Deno.ChildProcess) {
    this.#child = child;
    this.#writer = child.stdin.getWriter();
    this.#lines = linesOf(child.stdout);
  }

  static async start(job: string, topic: string): Promise<Holder> {
    const permissions = ["--no-prompt", "--allow-net", "--allow-env", "--allow-read"];
    const child = new Deno.Command(Deno.execPath(), {
      args: ["run", ...permissions, import.meta.url, SERVERS!.join(","), job, topic],
      stdin: "piped",
      stdout: "piped",
      stderr: "inherit",
    }).spawn();
    const holder = new Holder(child);
    assertEquals((await holder.#lines.next()).value, "ready");
    return holder;
  }

  get pid(): number {
    return this.#child.pid;
  }

  signal(signal: Deno.Signal): void {
    this.#child.kill(signal);
  }

  async ask(line: string): Promise<string> {
    await this.#writer.write(encoder.encode(`${line}\n`));
    return (await this.#lines.next()).value;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      this.#child.kill("SIGKILL");
    } catch {
      // It has ended.
    }
    await this.#child.status;
    await this.#writer.close().catch(() => {});
    await this.#lines.return?.();
  }
}

/** What a holder's process does: args are the servers, the job and a topic. */
async function hold([servers, job, topic]: readonly string[]): Promise<void> {
  const broker = await openKafka(servers!.split(","));
  const lease = await open(broker, job!, { topics: [topic!] });
  lease.write(record(topic!, "holder"));
  await lease.commit({ changes: new Map([["by", "holder"]]), positions: [{ topic: topic!, partition: 0, offset: 0 }] });
  lease.write(record(topic!, "not committed"));
  await lease.flush();
  await Deno.stdout.write(encoder.encode("ready\n"));
  for await (const _ of linesOf(Deno.stdin.readable)) {
    lease.write(record(topic!, "too late"));
    const committing = lease.commit({ changes: new Map([["by", "ghost"]]), positions: [] });
    const outcome = await committing.then(() => "committed", (error) => error.name);
    await Deno.stdout.write(encoder.encode(`${outcome}, lost: ${lease.lost.reason?.name}\n`));
  }
}

async function* linesOf(stream: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  let rest = "";
  for await (const chunk of stream) {
    const lines = (rest + decoder.decode(chunk)).split("\n");
    rest = lines.pop()!;
    yield* lines;
  }
}

async function open(broker: Broker, job: string, request: Partial<BrokerJobRequest> = {}): Promise<BrokerLease> {
  return await broker.openJob({
    job,
    topics: [],
    sessionTimeoutMs: SESSION_MS,
    exactlyOnce: true,
    whenActive: "stand by",
    onStandby: () => {},
    signal: new AbortController().signal,
    ...request,
  });
}

/** Offset and value of every committed record of partition 0 from `offset` on. */
async function offsetsAndValues(broker: Broker, topic: string, offset: number): Promise<(string | number | null)[][]> {
  const [description] = await broker.describeTopics([topic]);
  const fetcher = await broker.fetcher();
  const end = description!.endOffsets[0]!;
  const [records] = await readUntil(fetcher, [{ topic, partition: 0, offset }], ([next]) => next! >= end);
  await fetcher.close();
  return records!.map((one) => [one.offset, text(one.value)]);
}

async function untilListed(broker: Broker, topic: string): Promise<void> {
  const until = performance.now() + 10_000;
  while (!(await broker.listTopics()).includes(topic)) {
    assert(performance.now() < until, "this broker creates no topics by itself: the case proves nothing");
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => signal.aborted ? resolve() : signal.addEventListener("abort", () => resolve()));
}

function record(topic: string, value: string): OutgoingRecord {
  return { topic, key: null, value: encoder.encode(value), timestampMs: 1_760_000_000_000 };
}

function text(bytes: Uint8Array | null): string | null {
  return bytes === null ? null : decoder.decode(bytes);
}

function granted(name: "net" | "env" | "read" | "write" | "run"): boolean {
  return Deno.permissions.querySync({ name }).state === "granted";
}

function exists(path: string): boolean {
  try {
    return Deno.statSync(path).isDirectory;
  } catch {
    return false;
  }
}

if (import.meta.main) await hold(Deno.args);
