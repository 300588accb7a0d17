/** `deno task state JOB edit SCRIPT`: values of a stopped job's states, changed by a script. */
import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { stateCommand, type StateIo } from "../../src/cli/state.ts";
import type { Broker, BrokerLease } from "../../src/connectors/broker.ts";
import { BrokerError, JobActiveError } from "../../src/connectors/broker_errors.ts";
import { jobText } from "../../src/engine/commit_format.ts";
import { UsageError } from "../../src/utils.ts";
import {
  SILENT,
  StreamExecutionEnvironment,
  TumblingEventTimeWindows,
  WatermarkStrategy,
} from "../../src/engine/mod.ts";
import { forJobs, onEachBroker, type Scope } from "./brokers.ts";

const WINDOW = "0:10";

/** Entries of states of each kind, a timer and a position. */
const ENTRIES = new Map([
  [
    '["job"]',
    jobText({
      format: 1,
      watermarks: { sums: 5 },
      compatibility: {},
      versions: {
        sums: { total: 2, seen: "list 1", routes: "map 1 ttl", contents: "window 1", fresh: "value 3 ttl" },
        rules: { limits: "broadcast 1" },
      },
      bounds: null,
      finishedAtMs: null,
    }),
  ],
  ['["split","in","in-0"]', '{"position":3}'],
  ['["timer","sums",9,"","a"]', "0"],
  ['["state","sums","total","","a"]', '{"n":1}'],
  ['["state","sums","total","","b"]', '{"n":2}'],
  ['["state","sums","seen","","a",4]', '"x"'],
  ['["state","sums","routes","","a","DEN"]', "[7,[100,1]]"],
  [`["state","sums","contents","${WINDOW}","a"]`, "[9,3,5]"],
  ['["state","sums","fresh","","a"]', '[200,"f"]'],
  ['["state","rules","limits","broadcast",null,"max"]', "[0,10]"],
]);

async function run(broker: Broker, args: readonly string[]): Promise<{ lines: unknown[]; log: string[] }> {
  let output = "";
  const log: string[] = [];
  const note = (message: string) => void log.push(message);
  const io: StateIo = {
    write: (text) => {
      output += text;
      return Promise.resolve();
    },
    stdin: ReadableStream.from([]),
    logger: { debug() {}, info: note, warn: note, error: note },
    now: () => 0,
    signal: new AbortController().signal,
  };
  await stateCommand(args)(broker, io);
  return { lines: output.split("\n").slice(0, -1).map((line) => JSON.parse(line)), log };
}

function lease(broker: Broker, job: string): Promise<BrokerLease> {
  return broker.openJob({
    job,
    topics: [],
    sessionTimeoutMs: 10_000,
    exactlyOnce: true,
    whenActive: "refuse",
    onStandby: () => {},
    signal: new AbortController().signal,
  });
}

/** A broker at which a job has {@link ENTRIES} as its commit, and scripts in files. */
class Edited {
  readonly broker: Broker;
  readonly job: string;
  readonly #dir: string;
  #scripts = 0;

  constructor(broker: Broker, job: string, dir: string) {
    this.broker = broker;
    this.job = job;
    this.#dir = dir;
  }

  static async open(scope: Scope): Promise<Edited> {
    const edited = new Edited(await scope.broker(), scope.name("edited"), await scope.dir());
    const holder = await lease(edited.broker, edited.job);
    await holder.commit({ changes: ENTRIES, positions: [] });
    await holder.close();
    return edited;
  }

  async edit(script: string, ...flags: readonly string[]): Promise<{ lines: unknown[]; log: string[] }> {
    const path = `${this.#dir}/edit${++this.#scripts}.ts`;
    await Deno.writeTextFile(path, script);
    return await run(this.broker, [this.job, "edit", path, ...flags]);
  }

  /** Entries that are not as they were; null: gone. */
  async changes(): Promise<Record<string, string | null>> {
    const entries = await this.broker.readCommit(this.job);
    const names = new Set([...ENTRIES.keys(), ...entries.keys()]);
    return Object.fromEntries(
      [...names].flatMap((name) =>
        entries.get(name) === ENTRIES.get(name) ? [] : [[name, entries.get(name) ?? null] as const]
      ),
    );
  }
}

const BUMP = `export default (entry) => {
  if (entry.state === "total" && entry.key === "b") return undefined;
  if (typeof entry.value === "number") return { ...entry, value: entry.value + 100 };
  if (entry.state === "total") return { ...entry, value: { n: entry.value.n + 100 } };
  if (entry.state === "fresh") return { ...entry, value: "g" };
  return entry;
};`;

onEachBroker("edit shows what would change, and --write does that and nothing else", async (scope) => {
  const edited = await Edited.open(scope);
  const shown = await edited.edit(BUMP);
  assertEquals(await edited.changes(), {});
  assertEquals(
    new Set(shown.lines),
    new Set([
      { operator: "sums", state: "total", namespace: "", key: "a", was: { n: 1 }, is: { n: 101 } },
      { operator: "sums", state: "total", namespace: "", key: "b", was: { n: 2 } },
      { operator: "sums", state: "routes", namespace: "", key: "a", mapKey: "DEN", was: 1, is: 101 },
      { operator: "sums", state: "contents", namespace: WINDOW, key: "a", was: 5, is: 105 },
      { operator: "sums", state: "fresh", namespace: "", key: "a", was: "f", is: "g" },
      { operator: "rules", state: "limits", namespace: "broadcast", key: null, mapKey: "max", was: 10, is: 110 },
    ]),
  );
  assertEquals(shown.log, [
    `Would change 5 and remove 1 of the 7 entries of state of ${edited.job}`,
    "Nothing was changed: stop the job and add --write to do it",
  ]);

  const done = await edited.edit(BUMP, "--write");
  assertEquals(new Set(done.lines), new Set(shown.lines));
  assertEquals(done.log, [`Changed 5 and removed 1 of the 7 entries of state of ${edited.job}`]);
  // What stands around a value stays: its place in a map, when it was updated, when its window fires.
  assertEquals(await edited.changes(), {
    '["state","sums","total","","a"]': '{"n":101}',
    '["state","sums","total","","b"]': null,
    '["state","sums","routes","","a","DEN"]': "[7,[100,101]]",
    [`["state","sums","contents","${WINDOW}","a"]`]: "[9,3,105]",
    '["state","sums","fresh","","a"]': '[200,"g"]',
    '["state","rules","limits","broadcast",null,"max"]': "[0,110]",
  });
});

onEachBroker(
  "edit writes nothing if its script throws, or makes what cannot be kept, and names the entry",
  async (scope) => {
    const edited = await Edited.open(scope);
    const place = 'operator "sums", state "seen", key "a", 4';
    const at = (what: string) =>
      `export default (entry) => {
    if (entry.state === "total") return undefined;
    if (entry.state === "seen") { ${what} }
    return entry;
  };`;
    const cases: [what: string, reason: string][] = [
      ["throw new RangeError('too much');", "RangeError: too much"],
      ["return { ...entry, value: NaN };", "TypeError: its new value is or holds NaN, which JSON does not keep"],
      ["return { ...entry, value: undefined };", "TypeError: its new value is or holds undefined, which JSON does not"],
      ["return { ...entry, key: 'b' };", "TypeError: the script has changed its key: it can change the value only"],
      ["return 7;", "TypeError: the script must return an entry, or undefined to remove it"],
      ["return Promise.resolve(entry);", "TypeError: the script must return an entry, or undefined to remove it"],
      ["entry.value = 7;", "TypeError: Cannot assign to read only property 'value'"],
    ];
    for (const [what, reason] of cases) {
      const { message } = await assertRejects(() => edited.edit(at(what), "--write"), BrokerError);
      assertStringIncludes(message, `Cannot edit "${edited.job}" at ${place}: ${reason}`);
      assertStringIncludes(message, "; nothing was changed");
    }
    assertEquals(await edited.changes(), {});
  },
);

onEachBroker("edit refuses to write while the job is active, and shows all the same", async (scope) => {
  const edited = await Edited.open(scope);
  const active = await lease(edited.broker, edited.job);
  await assertRejects(() => edited.edit(BUMP, "--write"), JobActiveError);
  assertEquals((await edited.edit(BUMP)).lines.length, 6);
  await active.close();
  assertEquals(await edited.changes(), {});
});

onEachBroker("edit refuses a script that it cannot use", async (scope) => {
  const edited = await Edited.open(scope);
  await assertRejects(() => edited.edit("export const edit = 7;"), UsageError, "its default export must be a function");
  await assertRejects(() => edited.edit("export default ("), UsageError, "Cannot edit with ");
  await assertRejects(() => run(edited.broker, [edited.job, "edit", "nowhere.ts"]), UsageError, "Cannot edit with ");
  await assertRejects(() => run(edited.broker, [edited.job, "edit"]), UsageError, "SCRIPT");
});

onEachBroker("a job goes on from what was edited, and its books balance", async (scope) => {
  const broker = await scope.broker();
  const store = forJobs(broker);
  const [job, topic, dir] = [scope.name("sums"), scope.name("words"), await scope.dir()];
  await broker.createTopics([{ name: topic, partitions: 1 }]);
  const encoder = new TextEncoder();
  const send = async (words: string, timestampMs: number) => {
    const producer = await broker.producer();
    await producer.send(
      words.split(" ").map((word) => ({ topic, key: null, value: encoder.encode(word), timestampMs })),
    );
    await producer.close();
  };
  const run = async (): Promise<string[]> => {
    const env = new StreamExecutionEnvironment({
      jobName: job,
      store,
      from: "earliest",
      bounded: true,
      logger: SILENT,
    });
    const counts = env.fromSource(store.textSource(topic), WatermarkStrategy.forMonotonousTimestamps(), "words")
      .map((word) => ({ word, n: 1 })).keyBy(({ word }) => word).sum("n").name("sum");
    // It throws if the books do not balance.
    return await counts.map(({ word, n }) => `${word} ${n}`).name("text")
      .union(
        counts.keyBy(({ word }) => word).window(TumblingEventTimeWindows.of(1_000)).max("n").name("windows")
          .map(({ word, n }) => `window ${word} ${n}`).name("window text"),
      ).executeAndCollect();
  };
  try {
    await send("a b a", 1_500);
    assertEquals(await run(), ["a 1", "b 1", "a 2", "window a 2", "window b 1"]);
    const script = `${dir}/edit.ts`;
    await Deno.writeTextFile(
      script,
      `export default (entry) => entry.operator !== "sum" ? entry : entry.key === "b" ? undefined
        : { ...entry, value: { ...entry.value, n: 40 } };`,
    );
    const io = { write: () => Promise.resolve(), stdin: ReadableStream.from([]), logger: SILENT };
    await stateCommand([job, "edit", script, "--write"])(broker, {
      ...io,
      now: () => 0,
      signal: new AbortController().signal,
    });
    await send("a b", 2_500);
    assertEquals(await run(), ["a 41", "b 1", "window a 41", "window b 1"]);
  } finally {
    await broker.dropJob(job);
    await broker.deleteTopics([topic]);
  }
});
