import { assertEquals, assertRejects, assertStringIncludes, assertThrows } from "@std/assert";
import { topicsCommand, type TopicsIo } from "../../src/cli/topics.ts";
import { BadLineError } from "../../src/cli/topics/write.ts";
import type { OutgoingRecord, RecordHeaders } from "../../src/connectors/broker.ts";
import { TopicExistsError, UnknownTopicError } from "../../src/connectors/broker_errors.ts";
import { decodeUtf8, HelpRequested, UsageError } from "../../src/utils.ts";
import { ObservedBroker } from "../memory_broker/observed_broker.ts";
import { usageOf } from "./usage.ts";

const NOW_MS = Date.parse("2026-03-01T12:00:00Z");

interface Outcome {
  readonly output: string;
  readonly log: string[];
}

/** Runs a command line against a broker; when a reader has nothing left to read, Ctrl-C comes. */
async function run(
  broker: ObservedBroker,
  commandLine: string,
  io: Partial<TopicsIo> & { input?: string | Uint8Array[]; log?: string[] } = {},
): Promise<Outcome> {
  const { input = "", log = [], ...overrides } = io;
  const controller = new AbortController();
  broker.onIdle = () => controller.abort();
  let output = "";
  const note = (mark: string) => (message: string) => void log.push(mark + message);
  await topicsCommand(commandLine.split(" "))(broker, {
    write: (text) => {
      output += text;
      return Promise.resolve();
    },
    stdin: ReadableStream.from(typeof input === "string" ? [bytes(input)] : input),
    isStdinTerminal: false,
    logger: { debug: note("debug "), info: note(""), warn: note("warning "), error: note("error ") },
    now: () => NOW_MS,
    signal: controller.signal,
    ...overrides,
  });
  return { output, log };
}

async function readLines(broker: ObservedBroker, flags: string): Promise<string[]> {
  const { output } = await run(broker, `read skyone ${flags}`.trim());
  return output.split("\n").slice(0, -1);
}

/** "partition:offset" of each record that a command line prints. */
async function readPlaces(broker: ObservedBroker, flags: string): Promise<string[]> {
  const lines = await readLines(broker, `${flags} --json`);
  return lines.map((line) => JSON.parse(line)).map(({ partition, offset }) => `${partition}:${offset}`);
}

function bytes(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

function record(
  partition: number,
  timestampMs: number,
  value: string | Uint8Array | null = "v",
  key: string | Uint8Array | null = "k",
  headers?: RecordHeaders,
): OutgoingRecord {
  const asBytes = (data: string | Uint8Array | null) => typeof data === "string" ? bytes(data) : data;
  return { topic: "skyone", partition, timestampMs, key: asBytes(key), value: asBytes(value), headers };
}

/** A broker with the topic skyone. */
async function skyone(partitions: number, ...records: OutgoingRecord[]): Promise<ObservedBroker> {
  const broker = new ObservedBroker();
  await broker.createTopics([{ name: "skyone", partitions }]);
  await (await broker.producer()).send(records);
  broker.changes.length = 0;
  broker.sends.length = 0;
  return broker;
}

function usage(commandLine: string): string {
  return usageOf(topicsCommand, commandLine);
}

// -------------------------------------------------------------------------------------------------------- commands

Deno.test("topics names the commands when there is none or an unknown one", () => {
  assertEquals(
    usage(""),
    "A command is missing, one of list, describe, create, delete, read, write: --help shows more",
  );
  assertEquals(usage("reed skyone"), 'Unknown command "reed": did you mean read?');
  assertEquals(
    usage("frobnicate"),
    'Unknown command "frobnicate": there are list, describe, create, delete, read, write',
  );
  assertEquals(
    usage("constructor"),
    'Unknown command "constructor": there are list, describe, create, delete, read, write',
  );
});

Deno.test("topics explains itself and each command", () => {
  const help: unknown = assertThrows(() => topicsCommand(["--help"]), HelpRequested);
  assertStringIncludes((help as Error).message, "Usage: deno task topics COMMAND");
  for (const command of ["list", "describe", "create", "delete", "read", "write"]) {
    const own: unknown = assertThrows(() => topicsCommand([command, "--help"]), HelpRequested);
    assertStringIncludes((own as Error).message, `Usage: deno task topics ${command}`);
  }
});

Deno.test("topics refuses wrong usage before a broker is opened", () => {
  assertEquals(usage("read"), "TOPIC is missing: deno task topics read TOPIC");
  assertEquals(usage("read skyone --lst 5"), "Unknown flag --lst. Did you mean --last? --help lists all flags");
  assertEquals(
    usage("create a/b"),
    'Cannot create topic "a/b": a name has up to 249 letters, digits, dots, _ and -',
  );
});

Deno.test("topics list shows all topics with their partitions and records", async () => {
  const broker = await skyone(2, record(0, 1), record(1, 2), record(1, 3));
  await broker.createTopics([{ name: "jobs.status", partitions: 1 }]);
  assertEquals(
    (await run(broker, "list")).output,
    "jobs.status  1 partition   0 records\n" +
      "skyone       2 partitions  3 records\n",
  );
  assertEquals(
    (await run(broker, "list --json")).output,
    '{"name":"jobs.status","partitions":1,"count":0}\n{"name":"skyone","partitions":2,"count":3}\n',
  );
});

Deno.test("topics list says how to get topics when there are none", async () => {
  assertEquals(await run(new ObservedBroker(), "list"), {
    output: "",
    log: ['No topics yet: "deno task gen --create" creates some'],
  });
});

Deno.test("topics describe shows start, end and count of each partition", async () => {
  const broker = await skyone(2, ...Array.from({ length: 12 }, (_, i) => record(1, i)));
  assertEquals(
    (await run(broker, "describe skyone")).output,
    "skyone: 2 partitions, 12 records\n" +
      "  partition  start  end  count\n" +
      "          0      0    0      0\n" +
      "          1      0   12     12\n",
  );
  assertEquals(
    (await run(broker, "describe skyone -J")).output,
    '{"topic":"skyone","partition":0,"start":0,"end":0,"count":0}\n' +
      '{"topic":"skyone","partition":1,"start":0,"end":12,"count":12}\n',
  );
});

Deno.test("topics names topics that could have been meant", async () => {
  const broker = await skyone(1);
  for (const command of ["read", "write", "describe", "delete"]) {
    await assertRejects(
      () => run(broker, `${command} skyon`),
      UnknownTopicError,
      'Topic "skyon" does not exist: did you mean "skyone"?',
    );
  }
  await assertRejects(
    () => run(broker, "read flights"),
    UnknownTopicError,
    'Topic "flights" does not exist: "deno task topics list" names those that do',
  );
  await assertRejects(
    () => run(new ObservedBroker(), "read skyone"),
    UnknownTopicError,
    'Topic "skyone" does not exist: there are none yet, "deno task gen --create" creates some',
  );
});

Deno.test("topics create makes topics with five partitions unless --partitions is given", async () => {
  const broker = new ObservedBroker();
  assertEquals((await run(broker, "create a b")).log, ["Created a, partitions: 5", "Created b, partitions: 5"]);
  await run(broker, "create c --partitions 2 --compacted");
  assertEquals(broker.changes, ["createTopic a 5", "createTopic b 5", "createTopic c 2 compacted"]);
  await assertRejects(() => run(broker, "create a"), TopicExistsError);
});

Deno.test("topics delete warns of jobs with commits that point into what is gone", async () => {
  const broker = await skyone(1);
  broker.jobs = [{ job: "flight_importer", running: false }];
  assertEquals((await run(broker, "delete skyone")).log, [
    "Deleted skyone",
    "warning flight_importer has a commit that points into what was deleted: start it with --reset",
  ]);
  assertEquals(await broker.listTopics(), []);
});

// ------------------------------------------------------------------------------------------------------------ read

Deno.test("topics read prints partition, offset, timestamp, key and value", async () => {
  const broker = await skyone(1, record(0, NOW_MS, '{"a":1}', '{"ref":"A"}'));
  assertEquals(await readLines(broker, "--bounded"), ['0\t0\t2026-03-01T12:00:00.000Z\t{"ref":"A"}\t{"a":1}']);
});

Deno.test("topics read keeps each record on its line, whatever is in it", async () => {
  const broker = await skyone(
    1,
    record(0, 0, "two\nlines\tand \x1b[31mred", null),
    record(0, 0, null, ""),
    record(0, 0, new Uint8Array([0xff, 0x00]), "é"),
  );
  const time = "1970-01-01T00:00:00.000Z";
  assertEquals(await readLines(broker, "--bounded"), [
    `0\t0\t${time}\t<null>\ttwo\\nlines\\tand \\u001b[31mred`,
    `0\t1\t${time}\t<empty>\t<null>`,
    `0\t2\t${time}\té\tbase64:/wA=`,
  ]);
});

Deno.test("topics read --json has texts as strings, and other bytes in fields of their own", async () => {
  const broker = await skyone(
    1,
    record(0, 5, '{"a":"é"}', "k"),
    record(0, 6, new Uint8Array([0xff, 0x00]), null),
    record(0, 7, null, new Uint8Array([0xfe])),
  );
  assertEquals(await readLines(broker, "--bounded --json"), [
    '{"partition":0,"offset":0,"timestamp":5,"key":"k","value":"{\\"a\\":\\"é\\"}"}',
    '{"partition":0,"offset":1,"timestamp":6,"key":null,"valueBase64":"/wA="}',
    '{"partition":0,"offset":2,"timestamp":7,"keyBase64":"/g==","value":null}',
  ]);
});

Deno.test("topics read --headers prints headers too", async () => {
  const headers: RecordHeaders = [["reason", bytes("not JSON")], ["raw", new Uint8Array([0xff])], ["raw", null]];
  const broker = await skyone(1, record(0, 0, "v", "k", headers));
  assertEquals(await readLines(broker, "--bounded --headers"), [
    "0\t0\t1970-01-01T00:00:00.000Z\tk\tv\treason=not JSON raw=base64:/w== raw=<null>",
  ]);
  assertEquals(await readLines(broker, "--bounded --headers --json"), [
    '{"partition":0,"offset":0,"timestamp":0,"key":"k","value":"v",' +
    '"headers":[["reason","not JSON"],["raw",{"base64":"/w=="}],["raw",null]]}',
  ]);
});

Deno.test("topics read begins at the earliest record unless a flag says otherwise", async () => {
  const broker = await skyone(2, record(0, 100), record(0, 200), record(0, 300), record(1, 250));
  assertEquals(await readPlaces(broker, "--bounded"), ["0:0", "0:1", "0:2", "1:0"]);
  assertEquals(await readPlaces(broker, "--bounded --from earliest"), ["0:0", "0:1", "0:2", "1:0"]);
  assertEquals(await readPlaces(broker, "--bounded --from latest"), []);
  assertEquals(await readPlaces(broker, "--bounded --from 200"), ["0:1", "0:2", "1:0"]);
  assertEquals(await readPlaces(broker, "--bounded --from 1970-01-01T00:00:00.251Z"), ["0:2"]);
});

Deno.test("topics read begins at an offset, counted from either end", async () => {
  const broker = await skyone(2, record(0, 1), record(0, 2), record(0, 3), record(1, 4));
  assertEquals(await readPlaces(broker, "-e -o 1"), ["0:1", "0:2"]);
  assertEquals(await readPlaces(broker, "-e -o -1"), ["0:2", "1:0"]);
  assertEquals(await readPlaces(broker, "-e --offset -100"), ["0:0", "0:1", "0:2", "1:0"]);
  assertEquals(await readPlaces(broker, "-e -o beginning -p 1"), ["1:0"]);
  assertEquals(await readPlaces(broker, "-e -o end"), []);
});

Deno.test("topics read goes on as records come, until Ctrl-C", async () => {
  const broker = await skyone(1, record(0, 1));
  const controller = new AbortController();
  let isIdle = false;
  const running = run(broker, "read skyone --from latest", { signal: controller.signal });
  broker.onIdle = () => {
    if (isIdle) controller.abort();
    else void broker.producer().then((producer) => producer.send([record(0, 2, "new")]));
    isIdle = true;
  };
  assertEquals((await running).output, "0\t1\t1970-01-01T00:00:00.002Z\tk\tnew\n");
});

Deno.test("topics read --bounded stops at what was the end when it began", async () => {
  const broker = await skyone(1, record(0, 1));
  let output = "";
  const write = async (text: string) => {
    output += text;
    await (await broker.producer()).send([record(0, 2)]);
  };
  await run(broker, "read skyone --bounded", { write });
  assertEquals(output.split("\n").length, 2, output);
});

Deno.test("topics read --bounded ends where the last offsets hold no records", async () => {
  const broker = await skyone(1, record(0, 1));
  broker.skipOffsets("skyone", 0, 3);
  assertEquals(await readPlaces(broker, "--bounded"), ["0:0"]);
});

Deno.test("topics read --count stops after so many records", async () => {
  const broker = await skyone(2, record(0, 1), record(0, 2), record(1, 3), record(1, 4));
  assertEquals(await readPlaces(broker, "--count 3"), ["0:0", "0:1", "1:0"]);
  assertEquals(await readPlaces(broker, "-c 1 -p 1"), ["1:0"]);
});

Deno.test("topics read --last prints the last records of all partitions in order of time", async () => {
  const broker = await skyone(3, record(0, 10), record(0, 40), record(1, 20), record(1, 30), record(1, 50));
  assertEquals(await readPlaces(broker, "--last 3"), ["1:1", "0:1", "1:2"]);
  assertEquals(await readPlaces(broker, "--last 100 --bounded"), ["0:0", "1:0", "1:1", "0:1", "1:2"]);
  assertEquals(await readPlaces(broker, "--last 1 --partition 0"), ["0:1"]);
});

Deno.test("topics read --last looks back over offsets without records", async () => {
  const broker = await skyone(1, record(0, 1), record(0, 2), record(0, 3));
  broker.skipOffsets("skyone", 0, 40);
  assertEquals(await readPlaces(broker, "--last 2"), ["0:1", "0:2"]);
});

Deno.test("topics read --last --follow goes on after them", async () => {
  const broker = await skyone(1, record(0, 1), record(0, 2));
  const controller = new AbortController();
  const running = run(broker, "read skyone --last 1 --follow", { signal: controller.signal });
  let isIdle = false;
  broker.onIdle = () => {
    if (isIdle) controller.abort();
    else void broker.producer().then((producer) => producer.send([record(0, 3, "new")]));
    isIdle = true;
  };
  const lines = (await running).output.split("\n").slice(0, -1);
  assertEquals(lines.map((line) => line.split("\t")[1]), ["1", "2"]);
});

Deno.test("topics read refuses flags that contradict one another, and a partition that is not there", async () => {
  assertEquals(usage("read t --from latest -o 5"), "Cannot use --from together with --offset: choose one");
  assertEquals(usage("read t --last 5 --from latest"), "Cannot use --last together with --from: choose one");
  assertEquals(usage("read t --last 5 --count 5"), "Cannot use --last together with --count: choose one");
  assertEquals(usage("read t --last 5 --follow --bounded"), "Cannot use --follow together with --bounded: choose one");
  assertEquals(
    usage("read t --follow"),
    "Cannot use --follow without --last: read goes on anyway without --bounded",
  );
  await assertRejects(
    async () => run(await skyone(2), "read skyone --partition 2"),
    UsageError,
    'Cannot read partition 2 of "skyone": it has 2, counted from 0',
  );
});

// ----------------------------------------------------------------------------------------------------------- write

Deno.test("topics write sends each line as a record", async () => {
  const broker = await skyone(3);
  const input = [
    '{"key":"a","value":"{\\"x\\":1}","timestamp":5,"partition":2,"headers":{"h":"text","raw":{"base64":"/w=="}}}',
    '{"key":null,"value":null,"timestamp":"1970-01-01T00:00:01Z","partition":1}',
    "",
    '{"value":"<html>","partition":0}',
  ];
  assertEquals((await run(broker, "write skyone", { input: input.join("\r\n") })).log, [
    "Sent 3 records to skyone; 1 line was empty",
  ]);
  assertEquals(
    broker.records("skyone").map((
      { key, value, timestampMs },
    ) => [key && decodeUtf8(key), value && decodeUtf8(value), timestampMs]),
    [[null, "<html>", NOW_MS], [null, null, 1000], ["a", '{"x":1}', 5]],
  );
  assertEquals(broker.records("skyone")[2]!.headers, [["h", bytes("text")], ["raw", new Uint8Array([0xff])]]);
});

Deno.test("topics write asks the broker what its topic's settings cost, before it sends", async () => {
  const broker = await skyone(1);
  const asked: unknown[] = [];
  const asking = Object.assign(broker, {
    warnOfSettings: (topics: readonly string[]) => Promise.resolve(void asked.push([topics, broker.sends.length])),
  });
  await run(asking, "write skyone", { input: '{"value":"v"}\n' });
  assertEquals(asked, [[["skyone"], 0]]);
});

Deno.test("topics write sends bytes that are no text", async () => {
  const broker = await skyone(1);
  await run(broker, "write skyone", { input: '{"keyBase64":"/g==","valueBase64":"/wA="}\n' });
  const [sent] = broker.records("skyone");
  assertEquals([sent!.key, sent!.value], [new Uint8Array([0xfe]), new Uint8Array([0xff, 0x00])]);
});

Deno.test("topics write takes what topics read --json --headers prints", async () => {
  const headers: RecordHeaders = [["h", bytes("text")], ["raw", new Uint8Array([0xff])], ["h", null], ["7", bytes("")]];
  const original = await skyone(
    2,
    record(1, 5, "\uFEFFtext with a mark", "k", headers),
    record(1, 6, new Uint8Array([0xff]), null, []),
    record(0, 7, null, new Uint8Array([0xfe]), []),
  );
  const copy = await skyone(2);
  const { output } = await run(original, "read skyone --bounded --json --headers");
  await run(copy, "write skyone", { input: output });
  assertEquals(copy.records("skyone"), original.records("skyone"));
});

Deno.test("topics write puts lines together that come in pieces", async () => {
  const broker = await skyone(1);
  const whole = bytes('{"value":"é"}\n{"value":"b"}\n{"value":"c"}');
  const input = [whole.slice(0, 11), whole.slice(11, 12), whole.slice(12, 20), whole.slice(20)];
  await run(broker, "write skyone", { input });
  assertEquals(broker.records("skyone").map((each) => decodeUtf8(each.value!)), ["é", "b", "c"]);
});

Deno.test("topics write sends a thousand records at a time at most", async () => {
  const broker = await skyone(1);
  await run(broker, "write skyone", { input: '{"value":"v"}\n'.repeat(2500) });
  assertEquals(broker.sends.map(({ length }) => length), [1000, 1000, 500]);
});

Deno.test("topics write refuses a bad line by its number, sends those before it and none after", async () => {
  const broker = await skyone(1);
  const log: string[] = [];
  const input = '{"value":"first"}\n\n{"value":5}\n{"value":"never"}\n';
  await assertRejects(
    () => run(broker, "write skyone", { input, log }),
    BadLineError,
    'Line 3 is refused, with all after it: "value" must be a text or null, found 5; put JSON into a text: "5"',
  );
  assertEquals(broker.records("skyone").map((each) => decodeUtf8(each.value!)), ["first"]);
  assertEquals(log, ["Sent 1 record to skyone; 1 line was empty"]);
});

Deno.test("topics write says what is wrong with a line", async () => {
  const lines: [string, string][] = [
    ["<html>", 'it is not JSON, it starts with "<html>"'],
    ["[1]", "it is not an object with key and value: [1]"],
    ["{}", '"value" is missing, a text or null'],
    ['{"val":"v"}', 'unknown field "val"; known are key, keyBase64, value,'],
    ['{"value":{"a":1}}', 'found {"a":1}; put JSON into a text: "{\\"a\\":1}"'],
    ['{"value":"v","key":7}', '"key" must be a text or null, found 7'],
    ['{"value":"v","valueBase64":"/w=="}', 'it has both "value" and "valueBase64"'],
    ['{"valueBase64":"?"}', '"valueBase64" is not Base64: "?"'],
    ['{"value":"v","timestamp":1.5}', '"timestamp" must be epoch milliseconds or ISO 8601, found 1.5'],
    ['{"value":"v","timestamp":"2026-02-30"}', '"2026-02-30" is a time that does not exist'],
    ['{"value":"v","partition":1}', '"partition" must be one of the 1 of "skyone", counted from 0: found 1'],
    ['{"value":"v","headers":{"h":1}}', 'header "h" must be a text, {"base64": "…"} or null, found 1'],
    ['{"value":"v","headers":7}', '"headers" must be a list of [name, value], or an object: found 7'],
    ['{"value":"v","headers":["h"]}', 'a header must be a list of its name and its value: found "h"'],
  ];
  for (const [input, complaint] of lines) {
    const broker = await skyone(1);
    await assertRejects(() => run(broker, "write skyone", { input }), BadLineError, complaint);
  }
  const notText = [new Uint8Array([0x22, 0xff, 0x22])];
  await assertRejects(
    async () => run(await skyone(1), "write skyone", { input: notText }),
    BadLineError,
    "Line 1 is refused, with all after it: it is not UTF-8; send such bytes as valueBase64 or keyBase64",
  );
});

Deno.test("topics write ends with Ctrl-C and logs what was sent", async () => {
  const broker = await skyone(1);
  const controller = new AbortController();
  const stdin = new ReadableStream<Uint8Array>({
    start: (stream) => stream.enqueue(bytes('{"value":"v"}\n{"value":"cut')),
    pull: () => controller.abort(),
  }, { highWaterMark: 0 });
  const { log } = await run(broker, "write skyone", { stdin, signal: controller.signal });
  assertEquals(log, ["Sent 1 record to skyone"]);
});
