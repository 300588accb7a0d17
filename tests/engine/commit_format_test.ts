import { assertEquals, assertThrows } from "@std/assert";
import {
  CommitEntryError,
  entriesOf,
  expiringText,
  JOB_ENTRY,
  type JobRecord,
  jobRecordOf,
  jobText,
  mapText,
  nameWithoutKind,
  parseName,
  parseShape,
  parseValue,
  partEntry,
  partitionOfSplit,
  partitionSplit,
  readStored,
  sharedStart,
  sinkEntry,
  sinkText,
  splitEntry,
  splitText,
  statePrefix,
  storedShape,
  timerEntry,
  timerPrefix,
  timerText,
  valueEntry,
  windowText,
} from "../../src/engine/commit_format.ts";
import { JobError } from "../../src/engine/errors.ts";

const PREFIX = statePrefix("op", "s");
const STATE = { kind: "state", uid: "op", state: "s" } as const;

// These texts lie in stores: they do not change.
Deno.test("parseName() takes apart what the writers of names put together, for every kind of entry", () => {
  const names: readonly (readonly [entry: string, text: string, parsed: unknown])[] = [
    [JOB_ENTRY, '["job"]', { kind: "job" }],
    [splitEntry("in", "in-0"), '["split","in","in-0"]', { kind: "split", uid: "in", split: "in-0" }],
    [sinkEntry("out"), '["sink","out"]', { kind: "sink", uid: "out", part: undefined }],
    [sinkEntry("out", 3), '["sink","out",3]', { kind: "sink", uid: "out", part: 3 }],
    [valueEntry(PREFIX, "", "a"), '["state","op","s","","a"]', { ...STATE, namespace: "", key: "a", part: undefined }],
    [
      valueEntry(PREFIX, "0:10", { x: 1 }),
      '["state","op","s","0:10",{"x":1}]',
      { ...STATE, namespace: "0:10", key: { x: 1 }, part: undefined },
    ],
    [partEntry(PREFIX, "", 7, 12), '["state","op","s","",7,12]', { ...STATE, namespace: "", key: 7, part: 12 }],
    [partEntry(PREFIX, "", "a", null), '["state","op","s","","a",null]', {
      ...STATE,
      namespace: "",
      key: "a",
      part: null,
    }],
    [
      timerEntry(timerPrefix("timer", "op"), -1, "0:10", true),
      '["timer","op",-1,"0:10",true]',
      { kind: "timer", uid: "op", timeMs: -1, namespace: "0:10", key: true },
    ],
    [
      timerEntry(timerPrefix("processing-timer", "op"), 9, "", "a"),
      '["processing-timer","op",9,"","a"]',
      { kind: "processing-timer", uid: "op", timeMs: 9, namespace: "", key: "a" },
    ],
  ];
  assertEquals(names.map(([entry]) => entry), names.map(([, text]) => text));
  assertEquals(names.map(([entry]) => parseName(entry, "")), names.map(([, , parsed]) => parsed));
});

Deno.test("names keep quotes, commas and brackets of uids, states and keys", () => {
  const entry = valueEntry(statePrefix('a","b', "s]"), "[0,1)", 'k"');
  assertEquals(parseName(entry, ""), {
    kind: "state",
    uid: 'a","b',
    state: "s]",
    namespace: "[0,1)",
    key: 'k"',
    part: undefined,
  });
});

Deno.test("readStored() takes apart what the writers of texts put together, for every kind of state", () => {
  const read = (kind: string, ttl: boolean, part: number | undefined, text: string) => {
    const { value, order, lastUpdateMs, timeMs } = readStored({ kind, ttl }, part, parseValue("e", text));
    return [text, value, order, lastUpdateMs, timeMs];
  };
  assertEquals([
    read("value", false, undefined, '{"n":1}'),
    read("reducing", false, undefined, "[1,2]"),
    read("aggregating", true, undefined, expiringText(9, "[1,2]")),
    read("list", false, 4, '"x"'),
    read("list", true, 4, expiringText(9, '"x"')),
    read("map", false, 7, mapText(3, '"x"')),
    read("map", true, 7, mapText(3, expiringText(9, '"x"'))),
    read("broadcast", false, 7, mapText(3, '"x"')),
    read("window", false, undefined, windowText(99, 3, '{"n":1}')),
  ], [
    ['{"n":1}', { n: 1 }, 0, undefined, undefined],
    ["[1,2]", [1, 2], 0, undefined, undefined],
    ["[9,[1,2]]", [1, 2], 0, 9, undefined],
    ['"x"', "x", 4, undefined, undefined],
    ['[9,"x"]', "x", 4, 9, undefined],
    ['[3,"x"]', "x", 3, undefined, undefined],
    ['[3,[9,"x"]]', "x", 3, 9, undefined],
    ['[3,"x"]', "x", 3, undefined, undefined],
    ['[99,3,{"n":1}]', { n: 1 }, 3, undefined, 99],
  ]);
  assertEquals([timerText(5), sinkText({ a: 1 })], ["5", '{"a":1}']);
});

Deno.test("parseShape() takes apart what storedShape() puts together", () => {
  const shapes = [
    { kind: "value", version: 3, ttl: false, eventTime: false },
    { kind: "value", version: 3, ttl: true, eventTime: false },
    { kind: "map", version: 1, ttl: false, eventTime: false },
    { kind: "list", version: 2, ttl: true, eventTime: false },
    { kind: "value", version: 2, ttl: true, eventTime: true },
  ];
  assertEquals(shapes.map(storedShape), [3, "value 3 ttl", "map 1", "list 2 ttl", "value 2 ttl event-time"]);
  assertEquals(
    shapes.map((shape) => parseShape(storedShape(shape))),
    shapes.map((shape) => ({ ...shape, version: String(shape.version) })),
  );
});

const RECORD: JobRecord = {
  format: 1,
  watermarks: { op: 9 },
  compatibility: { op: { window: "TumblingEventTimeWindows(10 ms)" } },
  versions: { op: { s: 1 } },
  bounds: null,
  finishedAtMs: null,
};

Deno.test("jobRecordOf() returns what jobText() has stored, with the names that commits have", () => {
  const text = jobText(RECORD);
  assertEquals(
    text,
    '{"format":1,"watermarks":{"op":9},"stamps":{"op":{"window":"TumblingEventTimeWindows(10 ms)"}},' +
      '"versions":{"op":{"s":1}},"bounds":null,"finishedAtMs":null}',
  );
  assertEquals(jobRecordOf(new Map([[JOB_ENTRY, text]])), RECORD);
  assertEquals(jobRecordOf(new Map()), undefined);
  const ahead = { ...RECORD, ahead: { op: 20 } };
  assertEquals(jobRecordOf(new Map([[JOB_ENTRY, jobText(ahead)]])), ahead);
});

Deno.test("splitText() leaves out what a split does not have", () => {
  assertEquals(splitText({ position: 3 }), '{"position":3}');
  assertEquals(
    splitText({ position: 3, watermark: 9, identity: { topicId: "x" } }),
    '{"position":3,"watermark":9,"identity":{"topicId":"x"}}',
  );
});

Deno.test("entriesOf() finds the entries of a kind, of an operator, of a state, and no others", () => {
  const entries = new Map([
    ['["state","op","s","","a"]', "1"],
    ['["state","op","s2","","a"]', "2"],
    ['["state","op2","s","","a"]', "3"],
    ['["timer","op",9,"","a"]', "4"],
    ["damaged", "5"],
  ]);
  const found = (...names: string[]) => Array.from(entriesOf(entries, "state", ...names), ([, text]) => text);
  assertEquals([found(), found("op"), found("op", "s"), found("o")], [["1", "2", "3"], ["1", "2"], ["1"], []]);
  assertEquals(Array.from(entriesOf(entries, "timer"), ([{ timeMs }]) => timeMs), [9]);
});

Deno.test("parseName(), parseValue() and jobRecordOf() refuse what no job has written, naming it", () => {
  for (
    const entry of [
      "",
      "x",
      "{}",
      "[]",
      '"job"',
      '["job",1]',
      '["split","in"]',
      '["state","op","s"]',
      '["timer","op",9]',
    ]
  ) {
    const error = assertThrows(() => parseName(entry, "1"), CommitEntryError);
    assertEquals(error.entry, entry);
  }
  assertThrows(
    () => parseValue('["sink","out"]', "{"),
    CommitEntryError,
    'its commit has an entry that no job has written, "[\\"sink\\",\\"out\\"]" with the value "{"',
  );
  assertThrows(() => jobRecordOf(new Map([[JOB_ENTRY, "null"]])), CommitEntryError);
});

Deno.test("parseName() refuses a kind of a later version, naming the entry", () => {
  assertThrows(
    () => parseName('["tree","op"]', "1"),
    JobError,
    'Cannot read a commit that holds ["tree","op"]: this version does not know entries of the kind "tree"',
  );
});

Deno.test("sharedStart() is what names of one state and window, or timers of one time, have in common", () => {
  assertEquals(sharedStart(valueEntry(PREFIX, "0:10", "a")), '["state","op","s","0:10",');
  assertEquals(sharedStart(timerEntry(timerPrefix("timer", "op"), 9, "0:10", "a")), '["timer","op",9,"0:10",');
  assertEquals([sharedStart(JOB_ENTRY), sharedStart(splitEntry("in", "in-0"))], ["", ""]);
});

Deno.test("nameWithoutKind() is a name without its kind", () => {
  assertEquals(nameWithoutKind(splitEntry("in", "in-0")), '["in","in-0"]');
});

Deno.test("partitionOfSplit() takes apart what partitionSplit() puts together, and no other id", () => {
  assertEquals(partitionOfSplit(partitionSplit("sky-one", 12)), { topic: "sky-one", partition: 12 });
  assertEquals(["skyone", "-1", "skyone-", "skyone-x"].map(partitionOfSplit), Array(4).fill(undefined));
});
