import { assertEquals, assertMatch, assertRejects, assertStringIncludes, assertThrows } from "@std/assert";
import { z } from "zod";
import { listCommit } from "../../src/cli/state/list.ts";
import { stateCommand, type StateIo } from "../../src/cli/state.ts";
import { readSavepoint } from "../../src/cli/state/savepoint.ts";
import type { Broker, BrokerLease, TopicDescription } from "../../src/connectors/broker.ts";
import { BrokerError, JobActiveError } from "../../src/connectors/broker_errors.ts";
import type { Topic } from "../../src/connectors/mod.ts";
import { jobText } from "../../src/engine/commit_format.ts";
import {
  SILENT,
  StreamExecutionEnvironment,
  TumblingEventTimeWindows,
  WatermarkStrategy,
} from "../../src/engine/mod.ts";
import { decodeUtf8, HelpRequested, UsageError } from "../../src/utils.ts";
import { readAll } from "../connectors/contract/reading.ts";
import { forJobs, onEachBroker, onEmbeddedLog, Scope } from "./brokers.ts";
import { usageOf } from "./usage.ts";

const NOW_MS = Date.parse("2026-03-01T12:00:00Z");

interface Outcome {
  readonly output: string;
  readonly log: string[];
}

async function run(broker: Broker, args: readonly string[], input = "", log: string[] = []): Promise<Outcome> {
  let output = "";
  const note = (mark: string) => (message: string) => void log.push(mark + message);
  const io: StateIo = {
    write: (text) => {
      output += text;
      return Promise.resolve();
    },
    stdin: ReadableStream.from([new TextEncoder().encode(input)]),
    logger: { debug: note("debug "), info: note(""), warn: note("warning "), error: note("error ") },
    now: () => NOW_MS,
    signal: new AbortController().signal,
  };
  await stateCommand(args)(broker, io);
  return { output, log };
}

/** Lines of a command's output as what they say. */
async function jsonLines(broker: Broker, ...args: readonly string[]): Promise<unknown[]> {
  const { output } = await run(broker, args);
  return output.split("\n").slice(0, -1).map((line) => JSON.parse(line));
}

/** The right to run a job, as an instance has it. */
function lease(broker: Broker, job: string, topics: readonly string[] = []): Promise<BrokerLease> {
  return broker.openJob({
    job,
    topics,
    sessionTimeoutMs: 10_000,
    exactlyOnce: true,
    whenActive: "refuse",
    onStandby: () => {},
    signal: new AbortController().signal,
  });
}

/** Gives a job a commit. */
async function commit(
  broker: Broker,
  job: string,
  entries: ReadonlyMap<string, string>,
  topics: readonly string[] = [],
) {
  const holder = await lease(broker, job, topics);
  const positions = topics.map((topic) => ({ topic, partition: 0, offset: 0 }));
  await holder.commit({ changes: entries, positions });
  await holder.close();
}

/** A topic with so many records in each partition, one every second from `NOW_MS` on. */
async function topicOf(broker: Broker, name: string, ...counts: readonly number[]): Promise<void> {
  await broker.createTopics([{ name, partitions: counts.length }]);
  const producer = await broker.producer();
  await producer.send(counts.flatMap((count, partition) =>
    Array.from({ length: count }, (_, index) => ({
      topic: name,
      partition,
      key: null,
      value: new Uint8Array([index]),
      timestampMs: NOW_MS + index * 1_000,
    }))
  ));
  await producer.close();
}

/** What a job wrote that reads two partitions of `topic`. */
function commitOf(topic: string, positions: readonly number[] = [2, 3]): Map<string, string> {
  const job = jobText({
    format: 1,
    watermarks: { bookings: NOW_MS + 1_000, flights: NOW_MS },
    compatibility: { flights: { window: "TumblingEventTimeWindows(60000 ms)" } },
    versions: {
      flights: { total: 2, seen: "list 1", routes: "map 1 ttl", fresh: "value 1 ttl event-time", empty: "reducing 1" },
      rules: { limits: "broadcast 1" },
    },
    bounds: null,
    finishedAtMs: NOW_MS - 60_000,
  });
  const window = `${NOW_MS}:${NOW_MS + 60_000}`;
  return new Map([
    ['["job"]', job],
    ...positions.map((position, partition): [string, string] => [
      JSON.stringify(["split", "bookings", `${topic}-${partition}`]),
      JSON.stringify({ position, watermark: NOW_MS + partition }),
    ]),
    ['["state","flights","total","","a"]', '{"n":1}'],
    ['["state","flights","total","","7"]', '{"n":2}'],
    ['["state","flights","total","",7]', '{"n":3}'],
    ['["state","flights","total","",{"x":1,"y":"ü\\u0000\\ud800"}]', '{"n":4}'],
    [JSON.stringify(["state", "flights", "total", window, "a"]), '{"n":5}'],
    ['["state","flights","seen","","a",12]', '"third"'],
    ['["state","flights","seen","","a",2]', '"first"'],
    ['["state","flights","seen","","a",11]', '"second"'],
    ['["state","flights","routes","","a",{"to":"ATL"}]', "[5,[1000,10]]"],
    ['["state","flights","routes","","a",null]', "[4,[2000,20]]"],
    ['["state","flights","fresh","","a"]', "[3000,null]"],
    ['["state","rules","limits","broadcast",null,"max"]', "[0,9]"],
    [JSON.stringify(["timer", "flights", NOW_MS + 59_999, window, "a"]), "0"],
    [JSON.stringify(["timer", "flights", NOW_MS + 5_000, window, "b"]), "1"],
    [JSON.stringify(["processing-timer", "flights", NOW_MS, "", "a"]), "0"],
    ['["sink","files"]', '{"open":["part-0"]}'],
  ]);
}

/** UTF-8 bytes of the entries whose names begin so, and of their texts, to the width that they take in a table. */
function bytesOf(entries: ReadonlyMap<string, string>, begin: string, width = 0): string {
  const some = [...entries].filter(([entry]) => entry.startsWith(begin));
  return new TextEncoder().encode(some.flat().join("")).length.toLocaleString("en-US").padStart(width);
}

// ------------------------------------------------------------------------------------------------------------- looking

/** How long ago something was is another number each time. */
function withoutAges(text: string): string {
  return text.replace(/[\d,]+ s ago/g, "… ago");
}

onEmbeddedLog("state list shows states, timers, positions with their lag, and event time", async (scope) => {
  const broker = await scope.broker();
  await topicOf(broker, "skyone", 5, 3);
  const entries = commitOf("skyone");
  await commit(broker, "importer", entries, ["skyone"]);
  const bytes = (state: string) => bytesOf(entries, `["state","${state}"`.replace(".", '","'), 5);

  assertEquals(
    withoutAges((await run(broker, ["importer", "list"])).output),
    `importer: 19 entries, ${
      bytesOf(entries, "")
    } bytes; not running; last commit … ago; a bounded run finished at 2026-03-01T11:59:00.000Z

states
  operator  state   kind                          version  keys  entries  bytes
  flights   empty   reducing                            1     0        0      0
  flights   fresh   value with TTL by event time        1     1        1  ${bytes("flights.fresh")}
  flights   routes  map with TTL                        1     1        2  ${bytes("flights.routes")}
  flights   seen    list                                1     1        3  ${bytes("flights.seen")}
  flights   total   value                               2     5        5  ${bytes("flights.total")}
  rules     limits  broadcast                           1     1        1  ${bytes("rules.limits")}

timers
  operator  of               count  next
  flights   processing time      1  2026-03-01T12:00:00.000Z
  flights   event time           2  2026-03-01T12:00:05.000Z

positions
  source    split     position  end  lag  event time
  bookings  skyone-0         2    5    3  2026-03-01T12:00:00.000Z
  bookings  skyone-1         3    3    0  2026-03-01T12:00:00.001Z

event time
  operator  watermark
  bookings  2026-03-01T12:00:01.000Z
  flights   2026-03-01T12:00:00.000Z
`,
  );
});

onEmbeddedLog("state list --json gives the same as lines", async (scope) => {
  const broker = await scope.broker();
  await topicOf(broker, "skyone", 5, 3);
  const entries = commitOf("skyone");
  await commit(broker, "importer", entries, ["skyone"]);
  const bytes = (begin: string) => Number(bytesOf(entries, begin).replace(",", ""));

  const lines = await jsonLines(broker, "importer", "list", "--json") as Record<string, unknown>[];

  const { lastCommitMs, ...head } = lines[0]!;
  assertEquals(head, {
    job: "importer",
    entries: 19,
    bytes: bytes(""),
    finishedAtMs: NOW_MS - 60_000,
    running: false,
  });
  assertEquals(typeof lastCommitMs, "number");
  assertEquals(lines.filter(({ state }) => state === "routes"), [
    {
      uid: "flights",
      state: "routes",
      kind: "map",
      version: "1",
      ttl: true,
      eventTime: false,
      keys: 1,
      entries: 2,
      bytes: bytes('["state","flights","routes"'),
    },
  ]);
  assertEquals(lines.filter(({ timers }) => timers !== undefined), [
    { timers: "processing-timer", uid: "flights", count: 1, nextMs: NOW_MS },
    { timers: "timer", uid: "flights", count: 2, nextMs: NOW_MS + 5_000 },
  ]);
  assertEquals(lines.filter(({ split }) => split === "skyone-0"), [
    { source: "bookings", split: "skyone-0", position: 2, watermark: NOW_MS, topic: "skyone", end: 5, lag: 3 },
  ]);
  assertEquals(lines.filter(({ watermarkMs }) => watermarkMs !== undefined).length, 2);
});

onEmbeddedLog("state list shows positions that are no offsets of a topic here as they are", async (scope) => {
  const broker = await scope.broker();
  const entries = new Map([
    ['["job"]', '{"format":1,"watermarks":{},"compatibility":{},"versions":{},"bounds":null,"finishedAtMs":null}'],
    ['["split","files","in/a-1.csv"]', '{"position":{"line":3}}'],
    ['["split","old","gone-0"]', '{"position":5}'],
  ]);
  await commit(broker, "importer", entries);

  assertEquals(
    withoutAges((await run(broker, ["importer", "list"])).output),
    `importer: 3 entries, ${bytesOf(entries, "")} bytes; last commit … ago

positions
  source  split       position    end  lag  event time
  files   in/a-1.csv  {"line":3}
  old     gone-0      5
`,
  );
});

onEmbeddedLog("state list shows the place in a file, not all that it is known again by", async (scope) => {
  const broker = await scope.broker();
  const position = { file: "a.csv", offset: 120, line: 7, id: { ino: 5 }, done: ["9"], doneIds: [null], doneBefore: 0 };
  const entries = new Map([
    ['["job"]', '{"format":1,"watermarks":{},"compatibility":{},"versions":{},"bounds":null,"finishedAtMs":null}'],
    ['["split","rows","files"]', JSON.stringify({ position })],
  ]);
  await commit(broker, "importer", entries);
  const { output } = await run(broker, ["importer", "list"]);

  assertEquals(output.split("\n").at(-2)!.trim(), "rows    files  a.csv line 7 (byte 120)");
});

onEmbeddedLog(
  "state get prints values, lists and maps in their order, and the last update of those with TTL",
  async (scope) => {
    const broker = await scope.broker();
    await commit(broker, "importer", commitOf("skyone"));
    const get = (...args: string[]) => jsonLines(broker, "importer", "get", ...args);

    assertEquals(await get("flights", "seen"), [{ namespace: "", key: "a", value: ["first", "second", "third"] }]);
    assertEquals(await get("flights", "routes"), [
      { namespace: "", key: "a", value: [[null, 20], [{ to: "ATL" }, 10]], lastUpdateMs: [2000, 1000] },
    ]);
    assertEquals(await get("flights", "fresh"), [{ namespace: "", key: "a", value: null, lastUpdateMs: 3000 }]);
    assertEquals(await get("rules", "limits"), [{ namespace: "broadcast", key: null, value: [["max", 9]] }]);
    assertEquals(await get("flights", "empty"), []);
  },
);

onEmbeddedLog("state list counts open windows as timers, too, and state get prints what they hold", async (scope) => {
  const broker = await scope.broker();
  const job = {
    format: 1,
    watermarks: {},
    compatibility: {},
    versions: { counts: { contents: "window 1" } },
    bounds: null,
  };
  const entryOf = (fromMs: number, key: string) =>
    JSON.stringify(["state", "counts", "contents", `${fromMs}:${fromMs + 60_000}`, key]);
  const entries = new Map([
    ['["job"]', JSON.stringify({ ...job, finishedAtMs: null })],
    [entryOf(NOW_MS + 60_000, "a"), `[${NOW_MS + 119_999},7,{"n":1}]`],
    [entryOf(NOW_MS, "b"), `[${NOW_MS + 59_999},5,{"n":2}]`],
  ]);
  await commit(broker, "counter", entries);

  const lines = await jsonLines(broker, "counter", "list", "--json") as Record<string, unknown>[];
  assertEquals(lines.slice(1), [
    {
      uid: "counts",
      state: "contents",
      kind: "window",
      version: "1",
      ttl: false,
      eventTime: false,
      keys: 2,
      entries: 2,
      bytes: Number(bytesOf(entries, '["state"')),
    },
    { timers: "timer", uid: "counts", count: 2, nextMs: NOW_MS + 59_999 },
  ]);
  assertEquals(await jsonLines(broker, "counter", "get", "counts", "contents", "b"), [
    { namespace: `${NOW_MS}:${NOW_MS + 60_000}`, key: "b", value: { n: 2 } },
  ]);
});

onEmbeddedLog("state get finds a key by its text or its JSON, and a namespace", async (scope) => {
  const broker = await scope.broker();
  await commit(broker, "importer", commitOf("skyone"));
  const found = async (...args: string[]) =>
    (await jsonLines(broker, "importer", "get", "flights", "total", ...args)).map((line) =>
      (line as { value: { n: number } }).value.n
    )
      .sort();

  assertEquals(await found(), [1, 2, 3, 4, 5]);
  assertEquals(await found("a"), [1, 5]);
  assertEquals(await found('"a"'), [1, 5]);
  assertEquals(await found("7"), [2, 3]);
  assertEquals(await found('"7"'), [2]);
  assertEquals(await found('{"y":"ü\\u0000\\ud800","x":1}'), [4]);
  assertEquals(await found("a", "--namespace", `${NOW_MS}:${NOW_MS + 60_000}`), [5]);
  assertEquals((await run(broker, ["importer", "get", "flights", "total", "b"])).log, ["It has nothing for the key b"]);
});

onEmbeddedLog("state names what could have been meant: jobs, operators, states", async (scope) => {
  const broker = await scope.broker();
  await topicOf(broker, "skyone", 0);
  await commit(broker, "importer", commitOf("skyone"), ["skyone"]);
  const says = async (...args: string[]) => (await assertRejects(() => run(broker, args), Error) as Error).message;

  assertEquals(
    await says("imprter", "list"),
    `Job "imprter" has no commit in the ${broker.description}: did you mean "importer"?`,
  );
  assertEquals(
    await says("x", "export"),
    `Job "x" has no commit in the ${broker.description}: jobs with one are "importer"`,
  );
  assertEquals(
    await says("importer", "get", "flight", "total"),
    'Job "importer" has no state of an operator "flight": did you mean "flights"?',
  );
  assertEquals(
    await says("importer", "get", "rules", "x"),
    'Operator "rules" of job "importer" has no state "x": there are "limits"',
  );
});

onEachBroker("state list, get and export work while the job runs; reset and import name who runs it", async (scope) => {
  const broker = await scope.broker();
  const [topic, job] = [scope.name("skyone"), scope.name("importer")];
  await topicOf(broker, topic, 2, 3);
  const active = await lease(broker, job, [topic]);
  await active.commit({ changes: commitOf(topic), positions: [{ topic, partition: 0, offset: 2 }] });

  assertStringIncludes((await run(broker, [job, "list"])).output, "19 entries, ");
  const [first] = withoutAges((await run(broker, [job, "list"])).output).split("\n");
  const seen = scope.kind === "kafka" ? "" : ", last sign of life … ago";
  assertMatch(first!, new RegExp(`; running in process ${Deno.pid}.*; last commit … ago${seen}; a bounded run`));
  assertEquals((await jsonLines(broker, job, "get", "flights", "total", "a")).length, 2);
  const { output: savepoint } = await run(broker, [job, "export"]);
  assertEquals(savepoint.split("\n").length, 1 + 19 + 1);
  for (const args of [[job, "reset", "--yes"], [job, "import", "-", "--yes"]]) {
    const error = await assertRejects(() => run(broker, args, savepoint), JobActiveError);
    assertStringIncludes((error as Error).message, `process ${Deno.pid}`);
  }

  assertEquals(await active.restore(), commitOf(topic));
  await active.close();
  await broker.dropJob(job);
  await broker.deleteTopics([topic]);
});

// ------------------------------------------------------------------------------------------------- export and import

const TEXTS = (name: string): Topic<{ id: string; n: number }, string> => ({
  name,
  schema: z.object({ id: z.string(), n: z.number() }),
  key: ({ id }) => id,
});

/** Runs a job that sums numbers by id, to the end of what is there. */
async function sum(broker: Broker, job: string, from: string, to: string): Promise<void> {
  const open = forJobs(broker);
  const env = new StreamExecutionEnvironment({ jobName: job, store: open, bounded: true, from: "earliest" });
  env.fromSource(open.source(TEXTS(from)), WatermarkStrategy.noWatermarks(), "numbers")
    .keyBy(({ id }) => id)
    .reduce((accumulated, { n }) => ({ ...accumulated, n: accumulated.n + n })).name("sums")
    .sinkTo(open.sink(TEXTS(to))).name("out");
  await env.execute();
}

async function give(broker: Broker, topic: string, ...numbers: readonly number[]): Promise<void> {
  const producer = await broker.producer();
  const encode = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));
  await producer.send(numbers.map((n, index) => (
    { topic, key: encode("a"), value: encode({ id: "a", n }), timestampMs: NOW_MS + index }
  )));
  await producer.close();
}

async function sums(broker: Broker, topic: string): Promise<number[]> {
  return (await readAll(broker, topic)).flat().map(({ value }) => (JSON.parse(decodeUtf8(value!)!) as { n: number }).n);
}

onEachBroker("a job that was exported goes on from there at another broker, and at the first one", async (scope) => {
  await using other = new Scope("embedded");
  const [here, there] = [await scope.broker(), await other.broker()];
  const [numbers, out, job] = [scope.name("numbers"), scope.name("out"), scope.name("sums")];
  for (const broker of [here, there]) {
    await broker.createTopics([{ name: numbers, partitions: 2 }, { name: out, partitions: 1 }]);
    await give(broker, numbers, 1, 2);
  }
  await sum(here, job, numbers, out);
  assertEquals(await sums(here, out), [1, 3]);
  const dir = await other.dir();
  await run(here, [job, "export", `${dir}/one`]);

  // From the one to the other.
  const { log } = await run(there, [job, "import", `${dir}/one`]);
  assertStringIncludes(
    log[0]!,
    `that the records of "${numbers}" are the same as where it was exported is not checked`,
  );
  await give(there, numbers, 10);
  await sum(there, job, numbers, out);
  assertEquals(await sums(there, out), [13]);

  // And back, in place of the commit there.
  await run(there, [job, "export", `${dir}/two`]);
  await give(here, numbers, 100, 1000);
  await run(here, [job, "import", `${dir}/two`, "--yes"]);
  await sum(here, job, numbers, out);
  assertEquals(await sums(here, out), [1, 3, 1013]);

  await here.dropJob(job);
  await here.deleteTopics([numbers, out]);
});

onEachBroker("state import makes the file's entries the commit, and nothing of an older one stays", async (scope) => {
  const broker = await scope.broker();
  const [topic, job] = [scope.name("skyone"), scope.name("importer")];
  await topicOf(broker, topic, 2, 3);
  await commit(broker, job, commitOf(topic), [topic]);
  const { output: savepoint } = await run(broker, [job, "export", "-"]);
  await commit(
    broker,
    job,
    new Map([['["state","old","x","","a"]', "1"], ['["state","flights","total","","a"]', "0"]]),
  );

  const refused = await assertRejects(() => run(broker, [job, "import", "-"], savepoint), UsageError);
  assertEquals(
    (refused as Error).message,
    `Job "${job}" has a commit in the ${broker.description} (20 entries: state of flights, old, rules, 3 timers, ` +
      "positions of bookings, what files had to remember): add --yes to replace it",
  );
  assertEquals((await broker.readCommit(job)).size, 20);
  const { log } = await run(broker, [job, "import", "-", "--yes"], savepoint);

  // From now on its positions belong to the topic that is here.
  const [{ id }] = await broker.describeTopics([topic]) as [TopicDescription];
  const bound = [...commitOf(topic)].map(([entry, text]) =>
    [entry, entry.startsWith('["split"') ? text.replace("}", `,"identity":{"topicId":"${id}"}}`) : text] as const
  );
  assertEquals(await broker.readCommit(job), new Map(bound));
  assertStringIncludes(log.at(-2)!, `Replaces the commit of ${job} (20 entries: `);
  assertEquals(
    log.at(-1),
    `Imported 19 entries: state of flights, rules, 3 timers, positions of bookings, what files had to remember as the ` +
      `commit of ${job}: start it to go on from there`,
  );
  assertEquals(await broker.jobsReading([topic]), [{ job, running: false }]);
  await broker.dropJob(job);
  await broker.deleteTopics([topic]);
});

onEmbeddedLog(
  "state export writes a head and the entries in order, and overwrites a file only with --yes",
  async (scope) => {
    const broker = await scope.broker();
    const file = `${await scope.dir()}/savepoint`;
    await commit(broker, "importer", new Map([['["state","b","x","","a"]', '{"n":1}'], ['["job"]', '{"format":1}']]));
    const text =
      `{"format":"savepoint 1","job":"importer","exportedAt":"2026-03-01T12:00:00.000Z","from":"embedded","entries":2}
{"entry":["job"],"value":{"format":1}}
{"entry":["state","b","x","","a"],"value":{"n":1}}
`;

    assertEquals((await run(broker, ["importer", "export"])).output, text);
    assertEquals((await run(broker, ["importer", "export", file])).log, [`Exported 2 entries of importer to ${file}`]);
    assertEquals(await Deno.readTextFile(file), text);
    await Deno.writeTextFile(file, "mine");
    await assertRejects(() => run(broker, ["importer", "export", file]), UsageError, "is there already; add --yes");
    assertEquals(await Deno.readTextFile(file), "mine");
    await run(broker, ["importer", "export", file, "--yes"]);
    assertEquals(await Deno.readTextFile(file), text);
    await assertRejects(
      () => run(broker, ["importer", "import", `${file}.gone`]),
      BrokerError,
      `Cannot import "${file}.gone": no such file or directory`,
    );
  },
);

onEmbeddedLog("state import keeps positions only within the topics' ranges", async (scope) => {
  const broker = await scope.broker();
  await commit(broker, "importer", commitOf("skyone", [2, 3, 4]));
  const { output: savepoint } = await run(broker, ["importer", "export"]);
  const refused = async () => {
    return (await assertRejects(() => run(broker, ["copy", "import", "-"], savepoint), BrokerError) as Error).message;
  };

  assertEquals(
    await refused(),
    `Cannot import the job: it reads "skyone", which the ${broker.description} does not have; create it first`,
  );
  await topicOf(broker, "skyone", 1, 3);
  assertEquals(
    await refused(),
    'Cannot keep the job\'s positions, these are not the topics that it has read: "skyone" partition 0 goes from 0 to 1, ' +
      'the position is 2; "skyone" has no partition 2; say --positions earliest, latest or a time to choose others',
  );
  assertEquals(await broker.readCommit("copy"), new Map());
});

onEmbeddedLog("state import refuses to keep a bounded run whose end lies beyond the topic's", async (scope) => {
  const broker = await scope.broker();
  await topicOf(broker, "skyone", 2, 3);
  const entries = commitOf("skyone");
  const job = JSON.parse(entries.get('["job"]')!);
  entries.set('["job"]', JSON.stringify({ ...job, bounds: { bookings: { "skyone-1": 4 } } }));
  await commit(broker, "importer", entries);
  const { output: savepoint } = await run(broker, ["importer", "export"]);

  await assertRejects(
    () => run(broker, ["copy", "import", "-"], savepoint),
    BrokerError,
    'its bounded run was to end at offset 4 of "skyone" partition 1, which ends at 3 here',
  );
  await run(broker, ["copy", "import", "-", "--positions", "latest"], savepoint);
  assertEquals(JSON.parse((await broker.readCommit("copy")).get('["job"]')!), job);
});

onEmbeddedLog(
  "state import --positions reads every partition there is from that point, and says what that means",
  async (scope) => {
    const broker = await scope.broker();
    await commit(broker, "importer", commitOf("skyone", [9, 9]));
    const { output: savepoint } = await run(broker, ["importer", "export"]);
    await topicOf(broker, "skyone", 4, 2, 1);
    const [{ id }] = await broker.describeTopics(["skyone"]) as [TopicDescription];
    const splits = async (positions: string) => {
      const { log } = await run(broker, ["copy", "import", "-", "--yes", "--positions", positions], savepoint);
      const entries = [...await broker.readCommit("copy")].filter(([entry]) => entry.startsWith('["split"')).sort();
      assertEquals((await broker.readCommit("copy")).size, 20);
      return {
        log: log.filter((line) => /^(Every|Event)/.test(line)),
        splits: entries.map(([, text]) => JSON.parse(text)),
      };
    };
    const late = "Event time stands at 2026-03-01T12:00:01.000Z: windows take records before that as late";

    assertEquals(await splits("earliest"), {
      log: [
        'Every partition of "skyone" is read from the earliest offset on; state and event time stay as they were',
        late,
      ],
      splits: [
        { position: 0, watermark: NOW_MS, identity: { topicId: id } },
        { position: 0, watermark: NOW_MS + 1, identity: { topicId: id } },
        { position: 0, identity: { topicId: id } },
      ],
    });
    assertEquals((await splits("latest")).splits.map(({ position }) => position), [4, 2, 1]);
    assertEquals((await splits("latest")).log.length, 1);
    assertEquals((await splits(String(NOW_MS + 1_000))).splits.map(({ position }) => position), [1, 1, 1]);
  },
);

Deno.test("readSavepoint() refuses what is no whole savepoint, and says where", async () => {
  const head = '{"format":"savepoint 1","job":"a","exportedAt":"","from":"kafka","entries":1}';
  const job = '{"entry":["job"],"value":{"format":1}}';
  const refusal = async (text: string | Uint8Array) => {
    const stream = ReadableStream.from([typeof text === "string" ? new TextEncoder().encode(text) : text]);
    const error = await assertRejects(() => readSavepoint("file", stream), BrokerError) as Error;
    return error.message.replace('Cannot import "file": ', "");
  };

  assertEquals(await refusal(""), "it is empty");
  assertEquals(await refusal("<html>"), 'line 1 is no JSON object, it starts with "<html>"');
  assertEquals(await refusal('{"format":2}'), 'its first line has format 2, not "savepoint 1"');
  assertEquals(await refusal(head), "it has 0 entries, its first line says 1: it was cut short or changed");
  assertEquals(await refusal(`${head}\n{"entry":"job"}`), 'line 2 is no {"entry":[…],"value":…}');
  assertEquals(await refusal(`${head}\n${job}\n${job}\n`), 'line 3 has the entry ["job"] a second time');
  assertEquals(await refusal(`${head}\n{"entry":["state"],"value":1}`), 'the entry ["job"] is missing');
  assertEquals(
    await refusal(`${head}\n${job.replace("1", "2")}`),
    "its commit has format 2, this version reads format 1",
  );
  assertEquals(await refusal(new Uint8Array([0xff])), "it is not UTF-8");
});

Deno.test("readSavepoint() reads lines and characters that come in pieces, with any line ends", async () => {
  const text =
    '{"format":"savepoint 1","entries":2}\r\n{"entry":["job"],"value":{"format":1}}\n\n{"entry":["ü"],"value":"ü"}';
  const bytes = [...new TextEncoder().encode(text)].map((byte) => new Uint8Array([byte]));

  const { entries } = await readSavepoint("file", ReadableStream.from(bytes));

  assertEquals([...entries], [['["job"]', '{"format":1}'], ['["ü"]', '"ü"']]);
});

// --------------------------------------------------------------------------------------------------------------- reset

onEachBroker(
  "state set-event-time brings a job back whose event time one wrong record took years ahead",
  async (scope) => {
    const broker = await scope.broker();
    const [numbers, out, job] = [scope.name("numbers"), scope.name("out"), scope.name("minutes")];
    await broker.createTopics([{ name: numbers, partitions: 1 }, { name: out, partitions: 1 }]);
    const minutes = async (...times: readonly number[]) => {
      const producer = await broker.producer();
      const encode = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));
      await producer.send(times.map((timestampMs) => (
        { topic: numbers, key: encode("a"), value: encode({ id: "a", n: 1 }), timestampMs }
      )));
      await producer.close();
      const open = forJobs(broker);
      const env = new StreamExecutionEnvironment({
        jobName: job,
        store: open,
        bounded: true,
        from: "earliest",
        logger: SILENT,
      });
      env.fromSource(open.source(TEXTS(numbers)), WatermarkStrategy.forMonotonousTimestamps(), "numbers")
        .keyBy(({ id }) => id).window(TumblingEventTimeWindows.of(60_000)).sum("n").name("counts")
        .sinkTo(open.sink(TEXTS(out))).name("out");
      const { books } = await env.execute();
      return { late: books.late, results: (await sums(broker, out)).length };
    };
    const in2031 = Date.UTC(2031, 4, 1);
    assertEquals(await minutes(NOW_MS, in2031), { late: 0, results: 2 });
    assertEquals(await minutes(NOW_MS + 60_000), { late: 1, results: 2 });

    const active = await lease(broker, job);
    await assertRejects(() => run(broker, [job, "set-event-time", String(NOW_MS)]), JobActiveError);
    await active.close();
    const before = await broker.readCommit(job);
    const { log } = await run(broker, [job, "set-event-time", "2026-03-01T12:01:00Z"]);

    const [became, until] = ["2031-04-30T23:59:59.999Z becomes", "2026-03-01T12:01:00.000Z"];
    assertEquals(log.slice(0, 3), [
      `Event time of "numbers": ${became} ${until}`,
      `Event time of "counts": ${became} ${until}`,
      `Event time of "out": ${became} ${until}`,
    ]);
    // Nothing but event time is another.
    const isTime = (name: string) => name === "watermark" || name === "watermarks";
    const withoutTime = (entries: ReadonlyMap<string, string>) =>
      Object.fromEntries(
        [...entries].map(([entry, text]) => [entry, JSON.parse(text, (name, value) => isTime(name) ? null : value)]),
      );
    assertEquals(withoutTime(await broker.readCommit(job)), withoutTime(before));
    // The window of the far record and all since then count again; that of its second was closed and opens afresh.
    assertEquals(await minutes(NOW_MS + 61_000, NOW_MS + 180_000), { late: 0, results: 4 });
    const error = await assertRejects(() => run(broker, [job, "set-event-time", "2032-01-01T00:00:00Z"]), BrokerError);
    assertStringIncludes((error as Error).message, "it stands nowhere later");
    await broker.dropJob(job);
    await broker.deleteTopics([numbers, out]);
  },
);

onEmbeddedLog(
  "a commit with a damaged entry is reported as such, and reset and import get rid of it",
  async (scope) => {
    const broker = await scope.broker();
    const entries = commitOf("skyone");
    await topicOf(broker, "skyone", 2, 3);
    await commit(broker, "importer", entries, ["skyone"]);
    const { output: savepoint } = await run(broker, ["importer", "export"]);
    const damage = () => commit(broker, "importer", new Map([['["split","bookings","skyone-1"]', "?"]]));
    await damage();

    for (const command of [["list"], ["set-event-time", "2026-01-01T00:00:00Z"]]) {
      await assertRejects(
        () => run(broker, ["importer", ...command]),
        BrokerError,
        `Cannot ${command[0]} "importer": its commit has an entry that no job has written, ` +
          '"[\\"split\\",\\"bookings\\",\\"skyone-1\\"]" with the value "?"; import a savepoint, or forget the commit with reset',
      );
    }
    const { log } = await run(broker, ["importer", "import", "-", "--yes"], savepoint);
    assertStringIncludes(log.join("\n"), "1 that no job has written");
    assertEquals((await broker.readCommit("importer")).size, entries.size);
    await damage();
    await run(broker, ["importer", "reset", "--yes"]);
    assertEquals(await broker.readCommit("importer"), new Map());
  },
);

onEachBroker("state reset says what it removes, and removes it with --yes alone", async (scope) => {
  const broker = await scope.broker();
  const [topic, job] = [scope.name("skyone"), scope.name("importer")];
  await topicOf(broker, topic, 2, 3);
  await commit(broker, job, commitOf(topic), [topic]);
  const log: string[] = [];

  await assertRejects(
    () => run(broker, [job, "reset"], "", log),
    UsageError,
    "Nothing was removed: add --yes to do it",
  );
  assertEquals(log, [
    `A reset of ${job} removes 19 entries: state of flights, rules, 3 timers, positions of bookings, what files had to ` +
    "remember; then it begins where --from says",
    `What it has written stays, and so do the records in ${job}.dead-letters`,
  ]);
  assertEquals((await broker.readCommit(job)).size, 19);

  assertEquals((await run(broker, [job, "reset", "--yes"])).log.at(-1), `Removed the commit of ${job}`);
  assertEquals(await broker.readCommit(job), new Map());
  await assertRejects(() => run(broker, [job, "reset", "--yes"]), BrokerError, "has no commit");
  await broker.dropJob(job);
  await broker.deleteTopics([topic]);
});

// --------------------------------------------------------------------------------------------------------------- usage

Deno.test("state says what is missing or not understood", () => {
  const usage = (line: string) => usageOf(stateCommand, line);

  assertEquals(usage(""), "JOB is missing: deno task state JOB COMMAND; --help shows more");
  assertEquals(
    usage("importer"),
    "A command is missing, one of list, get, export, import, edit, set-event-time, reset: --help shows more",
  );
  assertEquals(usage("list importer"), "The job comes first: deno task state importer list");
  assertEquals(usage("list"), "The job comes first: deno task state JOB list");
  assertEquals(usage("importer lst"), 'Unknown command "lst": did you mean list?');
  assertEquals(usage("importer get flights"), "STATE is missing: deno task state JOB get OPERATOR STATE [KEY]");
  assertEquals(usage("importer get a b c d"), 'Unexpected argument "d": flags begin with --, and --help lists them');
  assertEquals(usage("importer import"), "FILE is missing: deno task state JOB import FILE");
  assertStringIncludes(
    usage("importer import - --positions x"),
    'Cannot use --positions: "x" is neither earliest nor latest',
  );
  assertThrows(() => stateCommand(["--help"]), HelpRequested, "Usage: deno task state JOB COMMAND");
  assertThrows(
    () => stateCommand(["importer", "get", "--help"]),
    HelpRequested,
    "deno task state JOB get OPERATOR STATE [KEY]",
  );
});

onEachBroker(
  "state list tells a job that hangs from one that works, by its last commit and sign of life",
  async (scope) => {
    const broker = await scope.broker();
    const [topic, job] = [scope.name("skyone"), scope.name("importer")];
    await topicOf(broker, topic, 2, 3);
    const active = await lease(broker, job, [topic]);
    await active.commit({ changes: commitOf(topic), positions: [] });
    const { lastCommitMs } = (await broker.jobActivity!(job))!;
    const later = await listCommit(broker, job, { json: false, nowMs: lastCommitMs! + 126_000 });
    assertStringIncludes(later, "; last commit 126 s ago");
    // Who takes the job over commits nothing by that.
    await active.close();
    await (await lease(broker, job, [topic])).close();
    const stopped = (await broker.jobActivity!(job))!;
    assertEquals(stopped, { holder: undefined, lastCommitMs, lastSignOfLifeMs: undefined });
  },
);
