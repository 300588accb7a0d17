import { assertEquals, assertRejects, assertStringIncludes, assertThrows } from "@std/assert";
import { deadLettersCommand, type DeadLettersIo } from "../../src/cli/dead_letters.ts";
import type { Broker, BrokerRecord, OutgoingRecord, RecordHeaders } from "../../src/connectors/broker.ts";
import { FencedError } from "../../src/connectors/broker_errors.ts";
import { BrokerError } from "../../src/connectors/broker_errors.ts";
import { openJobSession } from "../../src/connectors/job_store.ts";
import type { DeadLetter, RecordOrigin } from "../../src/engine/mod.ts";
import { decodeUtf8, HelpRequested, UsageError } from "../../src/utils.ts";
import { readAll } from "../connectors/contract/reading.ts";
import { onEachBroker, onEmbeddedLog } from "./brokers.ts";
import { usageOf } from "./usage.ts";

const NOW_MS = Date.parse("2026-03-01T12:00:00Z");

interface Outcome {
  readonly output: string;
  readonly log: string[];
}

async function run(broker: Broker, line: string, log: string[] = []): Promise<Outcome> {
  let output = "";
  const note = (mark: string) => (message: string) => void log.push(mark + message);
  const io: DeadLettersIo = {
    write: (text) => {
      output += text;
      return Promise.resolve();
    },
    logger: { debug: note("debug "), info: note(""), warn: note("warning "), error: note("error ") },
    now: () => NOW_MS,
    signal: new AbortController().signal,
  };
  await deadLettersCommand(line.split(" "))(broker, io);
  return { output, log };
}

function bytes(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

function origin(more: Partial<RecordOrigin> = {}): RecordOrigin {
  return {
    topic: "skyone",
    partition: 1,
    offset: 4,
    timestampMs: NOW_MS - 5_000,
    key: bytes("k"),
    value: bytes("<html>"),
    headers: undefined,
    ...more,
  };
}

function letter(from: RecordOrigin | undefined, more: Partial<DeadLetter> = {}): DeadLetter {
  return {
    origin: from,
    timestampMs: from?.timestampMs ?? NOW_MS,
    operator: "skyone_source",
    errorClass: "RecordError",
    message: "value is not JSON",
    attempt: 1,
    ...more,
  };
}

/** Lets a job write dead letters, as it does while it runs. */
async function die(broker: Broker, job: string, ...letters: readonly DeadLetter[]): Promise<void> {
  const session = await openJobSession(broker, {
    job,
    topics: [],
    exactlyOnce: true,
    sessionTimeoutMs: 10_000,
    whenActive: "stand by",
    onStandby: () => {},
    signal: new AbortController().signal,
  });
  for (const each of letters) session.deadLetter(each);
  await session.commit({ changes: [['["job"]', "{}"]], positions: [] });
  await session.close();
}

/** Makes the job's commit one in which event time has come so far, by operator. */
async function commitWatermarks(broker: Broker, watermarks: Readonly<Record<string, number>>): Promise<void> {
  const lease = await broker.openJob({
    job: "importer",
    topics: [],
    sessionTimeoutMs: 10_000,
    exactlyOnce: true,
    whenActive: "stand by",
    onStandby: () => {},
    signal: new AbortController().signal,
  });
  await lease.commit({ changes: [['["job"]', JSON.stringify({ watermarks })]], positions: [] });
  await lease.close();
}

/** A broker with the topic skyone of two partitions and a job that wrote these dead letters; their ids are 0, 1, … */
async function broken(broker: Broker, ...letters: readonly DeadLetter[]): Promise<Broker> {
  await broker.createTopics([{ name: "skyone", partitions: 2 }]);
  await die(broker, "importer", ...letters);
  return broker;
}

/** What other clients write: a name twice, null beside an empty value, names that an object would sort or take for its own. */
const EVERY_HEADER: RecordHeaders = [
  ["trace", bytes("1")],
  ["trace", bytes("2")],
  ["nul", null],
  ["empty", bytes("")],
  ["10", bytes("ten")],
  ["2", bytes("two")],
  ["__proto__", bytes("pp")],
  ["é", new Uint8Array([0xff, 0x00])],
];
const EVERY_HEADER_SHOWN = EVERY_HEADER.map(([name, data]) => [
  name,
  data === null ? null : decodeUtf8(data) ?? [...data],
]);

/** Ids in the lines of a list. */
async function ids(broker: Broker, filters = "", job = "importer"): Promise<number[]> {
  const { output } = await run(broker, `${job} list --json ${filters}`.trim());
  return output.split("\n").slice(0, -1).map((line) => (JSON.parse(line) as { id: number }).id);
}

async function records(broker: Broker, topic: string): Promise<Record<string, unknown>[]> {
  return (await readAll(broker, topic)).flatMap((some, partition) => some.map((record) => shown(partition, record)));
}

function shown(partition: number, { key, value, timestampMs, headers }: BrokerRecord): Record<string, unknown> {
  const text = (data: Uint8Array | null) => data === null ? null : decodeUtf8(data) ?? [...data];
  const named = (headers ?? []).map(([name, data]) => [name, text(data)]);
  return { partition, key: text(key), value: text(value), timestampMs, headers: named };
}

// ------------------------------------------------------------------------------------------------------- list and show

onEmbeddedLog("dead-letters list shows a line for each: what, where, why, and how its value begins", async (scope) => {
  const message = 'Cannot decode "skyone" partition 1 offset 4: value is not JSON, it starts with "<html>"';
  const broker = await broken(
    await scope.broker(),
    letter(origin(), { message }),
    letter(origin({ partition: 0, offset: 12, value: new Uint8Array([0xff, 0]) }), { message: "field\n\x1b[2J" }),
    letter(undefined, { operator: "counts", errorClass: "TypeError", message: "x".repeat(150), value: "v".repeat(90) }),
  );

  const { output, log } = await run(broker, "importer list");

  const table = [
    ["0  TIME  skyone_source  RecordError  skyone 1 @ 4 ", 'value is not JSON, it starts with "<html>"', "<html>"],
    ["1  TIME  skyone_source  RecordError  skyone 0 @ 12", "field\\n\\u001b[2J", "base64:/wA="],
    ["2  TIME  counts         TypeError    no topic     ", `${"x".repeat(99)}…`, `"${"v".repeat(58)}…`],
  ].map(([begin, message, value]) => `${begin}  ${message!.padEnd(100)}  ${value}\n`).join("");
  assertEquals(output.replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, "TIME"), table);
  assertEquals(log, ["3 shown, 3 open in importer.dead-letters"]);
});

onEmbeddedLog(
  "dead-letters list says which window or timer of which key a dead letter without a record is of",
  async (scope) => {
    const window = "[2026-03-01T12:00:00.000Z, 2026-03-01T12:01:00.000Z)";
    const broker = await broken(
      await scope.broker(),
      letter(undefined, { firing: { key: { city: "Ulm" }, window }, value: { n: 13 } }),
      letter(undefined, { firing: { key: "Rom", timerMs: NOW_MS } }),
      letter(undefined, {
        firing: { key: "Rom", timerMs: Number.MAX_SAFE_INTEGER },
        timestampMs: Number.MAX_SAFE_INTEGER,
      }),
    );

    const { output } = await run(broker, "importer list --json");
    const lines = output.trimEnd().split("\n").map((line) => JSON.parse(line));
    assertEquals(lines.map(({ firing, value }) => [firing, value]), [
      [`window ${window} of key {"city":"Ulm"}`, '{"n":13}'],
      ['timer at 2026-03-01T12:00:00.000Z of key "Rom"', ""],
      ['timer at 9007199254740991 ms of key "Rom"', ""],
    ]);
    const last = (await records(broker, "importer.dead-letters")).at(-1)!;
    assertEquals((last["timestampMs"] as number) < Number.MAX_SAFE_INTEGER, true);
    assertStringIncludes((await run(broker, "importer list")).output, `  window ${window} of key {"city":"Ulm"}  `);
    // Success is not reported where nothing succeeded.
    const log: string[] = [];
    await assertRejects(
      () => run(broker, "importer replay 0 --yes", log),
      BrokerError,
      "Nothing was replayed: not one of 1 dead letter can be, see above",
    );
    assertStringIncludes(log.join("\n"), "Dead letter 0 is left alone");
    await run(broker, "importer replay 0 --dry-run");
  },
);

onEmbeddedLog(
  "dead-letters list filters by class, operator, topic and time, and takes the last of them",
  async (scope) => {
    const broker = await broken(
      await scope.broker(),
      letter(origin()),
      letter(origin({ topic: "sunset" }), { operator: "sunset_source" }),
      letter(origin(), { errorClass: "TypeError", operator: "counts" }),
      letter(undefined, { operator: "counts" }),
    );

    assertEquals(await ids(broker), [0, 1, 2, 3]);
    assertEquals(await ids(broker, "--class RecordError"), [0, 1, 3]);
    assertEquals(await ids(broker, "--operator counts"), [2, 3]);
    assertEquals(await ids(broker, "--topic sunset"), [1]);
    assertEquals(await ids(broker, "--class RecordError --last 2"), [1, 3]);
    assertEquals(await ids(broker, "--since 2020-01-01"), [0, 1, 2, 3]);
    assertEquals(await ids(broker, "--since 2999-01-01"), []);
  },
);

onEmbeddedLog("dead-letters list --json cuts values between characters and says their length", async (scope) => {
  const broker = await broken(
    await scope.broker(),
    letter(origin({ value: bytes(`${"a".repeat(199)}ü`) })),
    letter(origin({ value: null })),
    letter(origin({ value: new Uint8Array([0xff]) })),
  );
  const { output } = await run(broker, "importer list --json");

  const lines = output.split("\n").slice(0, -1).map((line) => JSON.parse(line) as Record<string, unknown>);
  assertEquals(lines.map(({ value, valueBase64, bytes }) => [value, valueBase64, bytes]), [
    ["a".repeat(199), undefined, 201],
    [null, undefined, 0],
    [undefined, "/w==", 1],
  ]);
  assertEquals(lines[1]!.origin, { topic: "skyone", partition: 1, offset: 4, timestampMs: NOW_MS - 5_000 });
});

onEmbeddedLog("dead-letters show prints all of a dead letter, its value as text or in hex", async (scope) => {
  const broker = await broken(
    await scope.broker(),
    letter(
      origin({ headers: [["trace", bytes("x\n1")], ["raw", new Uint8Array([0xff])]], value: bytes("line\n\x1b[2J") }),
    ),
    letter(origin({ key: null, value: new Uint8Array([...Array(17).keys(), 0xff]) })),
  );
  const show = async (id: number) =>
    (await run(broker, `importer show ${id}`)).output.replace(/time .*\n/, "time TIME\n");

  assertEquals(
    await show(0),
    `id         0
job        importer, attempt 1
time TIME
operator   skyone_source
class      RecordError
message    value is not JSON
from       skyone 1 @ 4
timestamp  2026-03-01T11:59:55.000Z
key        k
header     trace = x\\n1
header     raw = base64:/w==
value      9 bytes

line
\\u001b[2J
`,
  );
  assertStringIncludes(
    await show(1),
    `value      18 bytes

00000000  00 01 02 03 04 05 06 07 08 09 0a 0b 0c 0d 0e 0f  |................|
00000010  10 ff                                            |..|
`,
  );
  const json = JSON.parse((await run(broker, "importer show 1 --json")).output);
  assertEquals([json.key, json.valueBase64, json.headers, json.resolved], [null, "AAECAwQFBgcICQoLDA0ODxD/", [], null]);
  await assertRejects(() => run(broker, "importer show 7"), UsageError, "There is no dead letter 7");
});

onEmbeddedLog("dead-letters says that a job has no dead letters, and does not know other jobs", async (scope) => {
  const broker = await broken(await scope.broker());

  assertEquals((await run(broker, "importer list")).log, ["importer has no dead letters"]);
  assertEquals((await run(broker, "importer replay --yes")).log, ["There is no dead letter to replay"]);
  await assertRejects(() => run(broker, "imprter list"), Error, 'Job "imprter" has neither dead letters nor a commit');
});

// -------------------------------------------------------------------------------------------------------------- replay

onEachBroker(
  "dead-letters replay writes a record back unchanged, once, and marks that in the dead-letter topic",
  async (scope) => {
    const broker = await scope.broker();
    const [topic, job] = [scope.name("skyone"), scope.name("importer")];
    await broker.createTopics([{ name: topic, partitions: 2 }]);
    const raw = new Uint8Array([0xff, 0, 1]);
    await die(
      broker,
      job,
      letter(origin({ topic, headers: EVERY_HEADER })),
      letter(origin({ topic, partition: 0, key: null, value: raw })),
      letter(origin({ topic, partition: 0, value: null })),
    );

    await run(broker, `${job} replay 0-1 --yes`);
    const replayed = (id: number) => JSON.stringify({ id, job, count: 1 });
    const timestampMs = NOW_MS - 5_000;
    const expected = [
      { partition: 0, key: null, value: [...raw], timestampMs, headers: [["dead-letter.replayed", replayed(1)]] },
      {
        partition: 1,
        key: "k",
        value: "<html>",
        timestampMs,
        headers: [...EVERY_HEADER_SHOWN, ["dead-letter.replayed", replayed(0)]],
      },
    ];
    assertEquals(await records(broker, topic), expected);
    assertEquals(await ids(broker, "", job), [2]);
    assertEquals(await ids(broker, "--all", job), [0, 1, 2]);
    const { headers, ...marker } = (await records(broker, `${job}.dead-letters`)).at(-1)!;
    assertEquals(marker, { partition: 0, key: null, value: null, timestampMs: NOW_MS });
    assertEquals(headers, [
      ["dead-letter.job", job],
      ["dead-letter.resolved", "replayed"],
      ["dead-letter.ids", "0,1"],
      ["dead-letter.time", "2026-03-01T12:00:00.000Z"],
    ]);

    const { log } = await run(broker, `${job} replay 0 --yes`);
    assertEquals(log, [
      "warning Dead letter 0 is left alone: it was replayed already; --force replays it all the same",
      "There is no dead letter to replay",
    ]);
    assertEquals(await records(broker, topic), expected);
    await broker.deleteTopics([topic]);
    await broker.dropJob(job);
  },
);

onEmbeddedLog(
  "dead-letters replay without --yes shows what it would do, does nothing and fails; --dry-run succeeds",
  async (scope) => {
    const broker = await broken(await scope.broker(), letter(origin()), letter(origin({ partition: 0, offset: 9 })));
    const log: string[] = [];

    await assertRejects(
      () => run(broker, "importer replay", log),
      UsageError,
      "Nothing was replayed: add --yes to do it",
    );
    assertEquals(log, ["Would replay 2 dead letters: 0 (skyone 1 @ 4), 1 (skyone 0 @ 9)"]);
    assertEquals((await run(broker, "importer replay 1 --dry-run")).log, [
      "Would replay 1 dead letter: 1 (skyone 0 @ 9)",
    ]);

    assertEquals(await records(broker, "skyone"), []);
    assertEquals(await ids(broker), [0, 1]);
  },
);

onEmbeddedLog("dead-letters replay asks the broker what the settings of the records' topics cost", async (scope) => {
  const broker = await broken(await scope.broker(), letter(origin()), letter(origin({ offset: 5 })));
  const asked: unknown[] = [];
  Object.assign(broker, { warnOfSettings: (topics: unknown) => Promise.resolve(void asked.push(topics)) });
  await run(broker, "importer replay --dry-run");
  await run(broker, "importer replay --yes");
  assertEquals(asked, [["skyone"]]);
});

onEmbeddedLog(
  "a dead letter that fails in a job which reads dead letters is unchanged after its replay",
  async (scope) => {
    const broker = await broken(await scope.broker(), letter(origin({ headers: [["trace", bytes("x1")]] })));
    const [[dead]] = await readAll(broker, "importer.dead-letters") as [[BrokerRecord]];
    const { offset, timestampMs, key, value, headers } = dead;
    await die(
      broker,
      "watcher",
      letter({ topic: "importer.dead-letters", partition: 0, offset, timestampMs, key, value, headers }),
    );
    assertStringIncludes((await run(broker, "watcher show 0")).output, "from       importer.dead-letters 0 @ 0");

    await run(broker, "watcher replay --yes");
    const [[, again]] = await readAll(broker, "importer.dead-letters") as [[BrokerRecord, BrokerRecord]];
    assertEquals(again.headers!.slice(0, -1), dead.headers);
    assertEquals(again.headers!.at(-1)![0], "dead-letter.replayed");
    assertStringIncludes((await run(broker, "importer show 1")).output, "header     trace = x1\n");
  },
);

onEmbeddedLog("a record that fails again after its replay becomes a dead letter that says how often", async (scope) => {
  const broker = await broken(await scope.broker(), letter(origin()));
  for (let count = 1; count <= 2; count++) {
    await run(broker, "importer replay --yes");
    const [, [record]] = await readAll(broker, "skyone", [0, count - 1]) as [BrokerRecord[], [BrokerRecord]];
    await die(broker, "importer", letter(origin({ offset: record.offset, headers: record.headers })));
  }
  // Dead letters and markers take turns.
  const { output } = await run(broker, "importer list");
  assertStringIncludes(output, "again (2)");
  assertEquals(await ids(broker), [4]);
  assertStringIncludes(
    (await run(broker, "importer show 4")).output,
    "before     replayed 2 times, last as dead letter 2 of importer\n",
  );

  await run(broker, "importer replay --yes");
  const replayed = (await records(broker, "skyone")).map(({ headers }) =>
    (headers as [string, string][]).map(([name, text]) => [name, JSON.parse(text)])
  );
  assertEquals(
    replayed,
    [0, 2, 4].map((id, index) => [["dead-letter.replayed", { id, job: "importer", count: index + 1 }]]),
  );
});

onEmbeddedLog(
  "dead-letters replay judges by the commit's event time whether a record would be late again",
  async (scope) => {
    const broker = await broken(
      await scope.broker(),
      letter(origin({ offset: 1 }), { errorClass: "LateRecord", operator: "counts", lateFromMs: NOW_MS }),
      letter(origin({ offset: 2 }), { errorClass: "LateRecord", operator: "counts", lateFromMs: NOW_MS + 1 }),
      letter(origin({ offset: 3 }), { errorClass: "LateRecord", operator: "other", lateFromMs: NOW_MS + 1 }),
      letter(origin({ offset: 4 }), { errorClass: "LateRecord", operator: "counts", lateFromMs: -Infinity }),
      letter(origin({ offset: 5 }), { errorClass: "LateRecord", operator: "counts" }), // of an earlier version
    );
    await commitWatermarks(broker, { counts: NOW_MS, other: NOW_MS + 1 });

    const again = "so it would be late again; --force replays it all the same";
    assertEquals(
      (await run(broker, "importer replay --dry-run")).log.filter((line) => !line.includes("its windows may")),
      [
        `warning Dead letter 0 is left alone: event time of "counts" is at 2026-03-01T12:00:00.000Z, ${again}`,
        `warning Dead letter 2 is left alone: event time of "other" is at 2026-03-01T12:00:00.001Z, ${again}`,
        "warning Dead letter 3 is left alone: it falls into no window, whenever it comes; --force replays it all the same",
        `warning Dead letter 4 is left alone: event time of "counts" is at 2026-03-01T12:00:00.000Z, ${again}`,
        "Would replay 1 dead letter: 1 (skyone 1 @ 2)",
      ],
    );
    // A job that has begun anew.
    await commitWatermarks(broker, {});
    assertEquals(
      (await run(broker, "importer replay --dry-run")).log.at(-1)!.startsWith("Would replay 4 dead letters: 0 "),
      true,
    );
  },
);

onEmbeddedLog("dead-letters replay explains what it leaves alone; --force replays late records", async (scope) => {
  const broker = await broken(
    await scope.broker(),
    letter(origin(), { errorClass: "LateRecord", operator: "counts", lateFromMs: NOW_MS }),
    letter(undefined, { operator: "counts" }),
    letter(origin({ topic: "in/a.csv" })),
    letter(origin({ partition: 2 })),
    letter(origin({ partition: 0 })),
  );
  await commitWatermarks(broker, { counts: NOW_MS });

  const { log } = await run(broker, "importer replay --dry-run");
  assertEquals(log, [
    'warning Dead letter 0 is left alone: event time of "counts" is at 2026-03-01T12:00:00.000Z, so it would be late again; ' +
    "--force replays it all the same",
    'warning Dead letter 1 is left alone: the value that failed in "counts" came from no topic but was made by the job itself, ' +
    "so there is no topic to write it to",
    'warning Dead letter 2 is left alone: it came from "in/a.csv", which is not a topic here',
    'warning Dead letter 3 is left alone: it came from partition 2 of "skyone", which has 2 now',
    "Would replay 1 dead letter: 4 (skyone 0 @ 4)",
  ]);
  await run(broker, "importer replay --yes --force");
  assertEquals(await ids(broker), [1, 2, 3]);
});

onEmbeddedLog(
  "dead-letters replay warns of other jobs that read the topic, and of windows that have passed",
  async (scope) => {
    const broker = await broken(await scope.broker(), letter(origin()), letter(origin({ timestampMs: NOW_MS + 1 })));
    for (const job of ["importer", "other"]) {
      const lease = await broker.openJob({
        job,
        topics: ["skyone"],
        sessionTimeoutMs: 10_000,
        exactlyOnce: true,
        whenActive: "refuse",
        onStandby: () => {},
        signal: new AbortController().signal,
      });
      await lease.commit({
        changes: [['["split","s","skyone-1"]', `{"position":0,"watermark":${NOW_MS}}`]],
        positions: [],
      });
      await lease.close();
    }

    assertEquals((await run(broker, "importer replay --dry-run")).log.slice(0, -1), [
      'warning "skyone" is read by other too, which may have processed these records already and will get them again',
      'warning 1 dead letter of "skyone" lies before the event time of importer, 2026-03-01T12:00:00.000Z: its windows may take them as late',
    ]);
  },
);

onEmbeddedLog(
  "many dead letters are replayed in several transactions, each with the markers of its own",
  async (scope) => {
    const broker = await broken(
      await scope.broker(),
      ...Array.from({ length: 501 }, (_, offset) => letter(origin({ offset }))),
    );
    const sends: OutgoingRecord[][] = [];
    const asked: unknown[] = [];
    const producer = broker.producer.bind(broker);
    broker.producer = async (options) => {
      asked.push(options);
      const made = await producer(options);
      const send = made.send.bind(made);
      made.send = (records) => {
        sends.push([...records]);
        return send(records);
      };
      return made;
    };

    const { log } = await run(broker, "importer replay --yes");

    assertEquals(asked, [{ transactionalId: "importer-dead-letters" }]);
    assertEquals(sends.map((send) => send.map(({ topic }) => topic).filter((topic) => topic === "skyone").length), [
      500,
      1,
    ]);
    assertEquals(sends.map((send) => send.at(-1)!.topic), ["importer.dead-letters", "importer.dead-letters"]);
    assertEquals(decodeUtf8(new Map(sends[1]!.at(-1)!.headers).get("dead-letter.ids")!), "500");
    assertEquals(log.at(-1), "Replayed 501 dead letters: 501 of skyone");
    assertEquals(await ids(broker), []);
  },
);

onEachBroker(
  "of two who replay at the same time the first is shut out, and nothing is replayed twice",
  async (scope) => {
    const [broker, second] = [await scope.broker(), await scope.broker()];
    const rival = scope.kind === "kafka" ? second : broker;
    const [topic, job] = [scope.name("skyone"), scope.name("importer")];
    await broker.createTopics([{ name: topic, partitions: 2 }]);
    await die(broker, job, letter(origin({ topic })));
    // The second begins when the first has read the letters and not sent anything yet.
    const jobsReading = broker.jobsReading.bind(broker);
    let begun = false;
    broker.jobsReading = async (topics) => {
      if (!begun) {
        begun = true;
        await run(rival, `${job} replay --yes`);
      }
      return await jobsReading(topics);
    };

    await assertRejects(() => run(broker, `${job} replay --yes`), FencedError);

    assertEquals((await records(broker, topic)).length, 1);
    assertEquals(await ids(broker, "", job), []);
    await broker.deleteTopics([topic]);
    await broker.dropJob(job);
  },
);

onEmbeddedLog("a replay that cannot be written leaves its dead letters open", async (scope) => {
  const broker = await broken(await scope.broker(), letter(origin()));
  const jobsReading = broker.jobsReading.bind(broker);
  broker.jobsReading = async (topics) => {
    await broker.deleteTopics(["skyone"]);
    return await jobsReading(topics);
  };

  await assertRejects(() => run(broker, "importer replay --yes"), Error, "skyone");

  assertEquals(await ids(broker), [0]);
  assertEquals((await records(broker, "importer.dead-letters")).length, 1);
});

// ---------------------------------------------------------------------------------------------------------------- drop

onEmbeddedLog("dead-letters drop marks dead letters and deletes nothing", async (scope) => {
  const broker = await broken(await scope.broker(), ...[0, 1, 2].map((offset) => letter(origin({ offset }))));

  await assertRejects(() => run(broker, "importer drop"), UsageError, "Nothing was dropped: add --yes to do it");
  assertEquals(await ids(broker), [0, 1, 2]);
  assertEquals((await run(broker, "importer drop 0 2 --yes")).log, [
    'Marked 2 dead letters as dropped; the topic keeps them, "list --all" shows them',
  ]);

  assertEquals(await ids(broker), [1]);
  assertEquals(await records(broker, "skyone"), []);
  assertEquals((await run(broker, "importer list --all")).output.match(/dropped/g)?.length, 2);
  assertEquals((await run(broker, "importer list")).log, [
    "1 shown, 1 open in importer.dead-letters; 2 replayed or dropped, which --all shows",
  ]);
  assertEquals((await run(broker, "importer drop 0 --yes")).log, [
    "warning Dead letter 0 is left alone: it was dropped already",
    "There is no dead letter to drop",
  ]);
  assertEquals((await run(broker, "importer replay 0 --force --dry-run")).log, [
    "Would replay 1 dead letter: 0 (skyone 1 @ 0)",
  ]);
});

// --------------------------------------------------------------------------------------------------------------- usage

Deno.test("dead-letters says what is missing or not understood", () => {
  const usage = (line: string) => usageOf(deadLettersCommand, line);

  assertEquals(usage(""), "JOB is missing: deno task dead-letters JOB COMMAND; --help shows more");
  assertEquals(usage("importer"), "A command is missing, one of list, show, replay, drop: --help shows more");
  assertEquals(usage("list importer"), "The job comes first: deno task dead-letters importer list");
  assertEquals(usage("importer lst"), 'Unknown command "lst": did you mean list?');
  assertEquals(usage("importer show"), "ID is missing: deno task dead-letters JOB show ID");
  assertEquals(
    usage("importer replay x"),
    '"x" is not the id of a dead letter, nor a range of them such as 3-7: "list" shows them',
  );
  assertEquals(
    usage("importer drop 7-3"),
    '"7-3" is not the id of a dead letter, nor a range of them such as 3-7: "list" shows them',
  );
  assertEquals(usage("importer replay 3 --class A"), "Cannot use --class together with ids: choose one");
  assertEquals(usage("importer replay --yes --dry-run"), "Cannot use --yes together with --dry-run: choose one");
  assertThrows(() => deadLettersCommand(["--help"]), HelpRequested, "Usage: deno task dead-letters JOB COMMAND");
  assertThrows(() => deadLettersCommand(["importer", "replay", "--help"]), HelpRequested, "JOB replay [ID...] [flags]");
});
