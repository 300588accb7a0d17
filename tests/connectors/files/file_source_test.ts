import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { createHash } from "node:crypto";
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { z } from "zod";
import { StreamExecutionEnvironment } from "../../../src/engine/api/environment.ts";
import { JobError } from "../../../src/engine/errors.ts";
import { NO_TIMESTAMP } from "../../../src/engine/record.ts";
import type { Json } from "../../../src/engine/source.ts";
import { WatermarkStrategy } from "../../../src/engine/time/watermark_strategy.ts";
import {
  CsvReaderFormat,
  type CsvReaderOptions,
  FileSource,
  type FileSourceOptions,
  JsonLinesFormat,
  TextLineInputFormat,
} from "../../../src/connectors/files/mod.ts";
import { MemoryJobStore } from "../../../src/engine/testing/memory_job_store.ts";
import { ManualClock } from "../../../src/engine/testing/manual_clock.ts";
import { objectOf } from "../../../src/connectors/files/file_mark.ts";
import { append, HeldReads, OpenSource, readAll, ShortReads, test, write } from "./file_rig.ts";

const format = new TextLineInputFormat();
const decoder = new TextDecoder();

function lines(path: string, options: Partial<FileSourceOptions<string>> = {}): FileSourceOptions<string> {
  return { path, format, ...options };
}

/** Lets files be read, a little. */
function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** Without the identities of the files that were read. */
function placeOf(position: Json): unknown {
  if (position === null) return null;
  const { file, offset, line, atEnd } = position as Record<string, Json>;
  return `${file}@${offset} line ${line}${atEnd === true ? ", at its end" : ""}`;
}

/** What a commit holds of a short file that was read to its end. */
function markOf(path: string, text: string): Json {
  return { ...objectOf(Deno.statSync(path)), head: printOfText(text), tail: printOfText(text) };
}

/** The same of one before the last. */
function doneOf(path: string, text: string): Json {
  const { dev, ino, bornMs } = objectOf(Deno.statSync(path));
  return [dev, ino, bornMs, new TextEncoder().encode(text).length, ...printOfText(text)];
}

function printOfText(text: string): [number, string] {
  const bytes = new TextEncoder().encode(text);
  return [bytes.length, createHash("sha256").update(bytes).digest("base64url").slice(0, 22)];
}

// ------------------------------------------------------------------------------------------------------- what it reads

test("FileSource gives the lines of a file, whatever ends them, the last one with or without an end", async (dir) => {
  const cases: [text: string, lines: string[]][] = [
    ["a\nb\n", ["a", "b"]],
    ["a\r\nb\r\n", ["a", "b"]],
    ["a\n\nb", ["a", "", "b"]],
    ["a\r\n\r\n\nb\r", ["a", "", "", "b\r"]],
    ["\n", [""]],
    ["", []],
    ["\ufeffa\n\ufeffb\n", ["a", "\ufeffb"]],
    ["\ufeff", []],
    ["é\u{1f6eb}\n", ["é\u{1f6eb}"]],
  ];
  for (const [text, expected] of cases) {
    write(`${dir}/t`, text);
    assertEquals(await readAll(lines(`${dir}/t`)), expected, JSON.stringify(text));
    using _ = new ShortReads(1);
    assertEquals(await readAll(lines(`${dir}/t`)), expected, `${JSON.stringify(text)}, byte by byte`);
  }
});

test("FileSource reads the files of a directory in the order of their names, by code units, hidden ones left out", async (dir) => {
  await Deno.mkdir(`${dir}/b/c`, { recursive: true });
  await Deno.mkdir(`${dir}/.git`);
  const names = ["a10", "a2", "Z", "é", "b/1", "b/c/2", "b!", "b0"];
  for (const name of [...names, ".hidden", "_temporary", ".git/config"]) write(`${dir}/${name}`, `${name}\n`);
  await Deno.symlink(`${dir}/a2`, `${dir}/link`);
  await Deno.symlink(`${dir}/nowhere`, `${dir}/dead_link`);

  assertEquals(await readAll(lines(dir)), ["Z", "a10", "a2", "b!", "b/1", "b/c/2", "b0", "é"]); // the link's file was read
});

test("FileSource begins with the first record whatever `from` is, and ends by itself", async (dir) => {
  write(`${dir}/a`, "1\n2\n");
  for (const from of ["earliest", "latest", 0] as const) {
    await using source = await OpenSource.open(lines(dir), { from });
    assertEquals([source.split.id, source.split.status], ["files", "pending"]);
    assertEquals(await source.start().take(), ["1", "2"]);
    assertEquals(source.split.status, "finished");
  }
});

test("FileSource is finished when there is nothing to read", async (dir) => {
  await using none = await OpenSource.open(lines(dir));
  assertEquals([none.split.status, none.position, none.split.lag], ["finished", null, 0]);
  write(`${dir}/empty`, "");
  await using empty = await OpenSource.open(lines(dir));
  assertEquals(await empty.start().take(), []);
  assertEquals([empty.split.status, placeOf(empty.position)], ["finished", "empty@0 line 1, at its end"]);
});

test("FileSource reads a file that is larger than what it reads ahead", async (dir) => {
  const count = 60_000;
  write(`${dir}/big`, Array.from({ length: count }, (_, index) => `${index} ${"x".repeat(index % 100)}\n`).join(""));
  await using source = await OpenSource.open(lines(dir));
  const values = await source.start().take();

  assertEquals(values.length, count);
  for (const [index, value] of values.entries()) {
    if (value !== `${index} ${"x".repeat(index % 100)}`) throw new Error(`Line ${index} is ${value}`);
  }
});

test("FileSource reads no more while the job has enough", async (dir) => {
  write(`${dir}/big`, `${"x".repeat(999)}\n`.repeat(5_000)); // 5 MB
  let read = 0;
  const { read: readOnce } = Deno.FsFile.prototype;
  Deno.FsFile.prototype.read = async function (this: Deno.FsFile, bytes: Uint8Array) {
    const count = await readOnce.call(this, bytes);
    read += count ?? 0;
    return count;
  };
  try {
    await using source = await OpenSource.open(lines(dir));
    source.start();
    await source.settle();
    while (read < 1 << 20) await turn();
    for (let i = 0; i < 100; i++) await turn();
    if (read > 1_200_000) throw new Error(`${read} bytes were read ahead`);
    assertEquals((await source.take()).length, 5_000);
  } finally {
    Deno.FsFile.prototype.read = readOnce;
  }
});

test("FileSource says how many records are left, by the bytes of those that it has seen", async (dir) => {
  write(`${dir}/a`, "12345678\n".repeat(100)); // 9 bytes each
  write(`${dir}/b`, "12345678\n".repeat(11));
  await using source = await OpenSource.open(lines(dir));
  assertEquals(source.split.lag, 10); // of 100 bytes, for all it knows
  source.start();
  await source.settle();

  assertEquals(source.split.lag, 111);
  await source.take();
  assertEquals(source.split.lag, 0);
});

// -------------------------------------------------------------------------------------------------------- dead letters

test("a bad line is an error that names file and line, with the line's bytes as they are", async (dir) => {
  const bytes = new Uint8Array([0x31, 0x0d, 0x0a, 0x7b, 0xff, 0x22, 0x0d, 0x0d, 0x0a, 0x32]);
  write(`${dir}/a.jsonl`, bytes);
  const source = { path: dir, format: new JsonLinesFormat(z.number()) };
  await using opened = await OpenSource.open(source);
  opened.start();

  assertEquals(await opened.take(2), [
    1,
    `RecordError: Cannot decode "${dir}/a.jsonl" line 2: value is not UTF-8 text, it starts with the bytes 7b ff 22 0d`,
  ]);
  assertEquals(opened.split.origin(), {
    topic: `${dir}/a.jsonl`,
    partition: 0,
    offset: 2,
    timestampMs: NO_TIMESTAMP,
    key: null,
    value: bytes.subarray(3, 7),
    headers: undefined,
  });
  assertEquals(await opened.take(), [2]);
});

test("empty lines between JSON values are no records, and are counted as lines", async (dir) => {
  write(`${dir}/a`, "\n1\n\r\n\nx\n");

  assertEquals(await readAll({ path: `${dir}/a`, format: new JsonLinesFormat(z.number()) }), [
    1,
    `RecordError: Cannot decode "${dir}/a" line 5: value is not JSON, it starts with "x"`,
  ]);
});

test("a record of several lines has the number of its first line, and lines are counted on", async (dir) => {
  write(`${dir}/a.csv`, 'a,b\n"1\n2\n",3\nx\n"4\n');

  assertEquals(await readAll({ path: dir, format: new CsvReaderFormat() }), [
    { a: "1\n2\n", b: "3" },
    `RecordError: Cannot decode "${dir}/a.csv" line 5: it has 1 fields, the header has 2`,
    `RecordError: Cannot decode "${dir}/a.csv" line 6: a quote is never closed`,
  ]);
});

test("each CSV file has its own header", async (dir) => {
  write(`${dir}/1.csv`, "\ufeffa,b\n1,2\n");
  write(`${dir}/2.csv`, "\n");
  write(`${dir}/3.csv`, "b,a\n3,4\n");

  assertEquals(await readAll({ path: dir, format: new CsvReaderFormat() }), [{ a: "1", b: "2" }, { b: "3", a: "4" }]);
});

test("watch: a CSV header that comes after a restart is the header all the same", async (dir) => {
  const options = { path: dir, format: new CsvReaderFormat(), watch: true };
  write(`${dir}/a.csv`, "\n");
  await using first = await OpenSource.open(options);
  assertEquals([await first.start().take(), placeOf(first.position)], [[], "a.csv@1 line 2, at its end"]);
  append(`${dir}/a.csv`, "a,b\n1,2\n");
  await using second = await OpenSource.open(options, { position: first.position });

  assertEquals(await second.start().take(), [{ a: "1", b: "2" }]);
});

test("a CSV header that cannot be used is an error of the job", async (dir) => {
  write(`${dir}/a.csv`, 'a,"b"x\n1,"2"\n');

  await assertRejects(
    () => readAll({ path: dir, format: new CsvReaderFormat() }),
    JobError,
    `Cannot read "${dir}/a.csv" by its header: text follows a closed quote in field 2`,
  );
});

test("CSV without a header, with carriage returns, or both, is read over restarts at each record", async (dir) => {
  const cases: [text: string, options: CsvReaderOptions<Record<string, string>>][] = [
    ["a,b\r1,2\r3,4\r5,6\r", {}],
    ["1,2\n3,4\n5,6\n", { columns: ["a", "b"] }],
    ["1,2\r3,4\r5,6", { columns: ["a", "b"] }],
  ];
  for (const [text, options] of cases) {
    write(`${dir}/x.csv`, text);
    const source = { path: `${dir}/x.csv`, format: new CsvReaderFormat(options) };
    const values: unknown[] = [];
    let position: Json | undefined;
    for (let records = 0; records < 4; records++) {
      using _ = new ShortReads(3);
      await using opened = await OpenSource.open(source, position === undefined ? {} : { position });
      values.push(...await opened.start().take(1));
      position = opened.position;
    }
    assertEquals(values, [{ a: "1", b: "2" }, { a: "3", b: "4" }, { a: "5", b: "6" }], JSON.stringify(text));
  }
});

test("a CSV header that reads like data is logged once", async (dir) => {
  for (const name of ["1.csv", "2.csv"]) write(`${dir}/${name}`, "17,Ulm\n18,Bonn\n");
  await using source = await OpenSource.open({ path: dir, format: new CsvReaderFormat() });
  assertEquals((await source.start().take()).length, 2);
  assertEquals(source.log.lines.length, 1);
  assertEquals(
    source.log.lines[0]!.startsWith(`warn: "${dir}/1.csv": its first row names the fields, and reads`),
    true,
  );
});

test("a CSV file that names its separator is read with it, or refused", async (dir) => {
  write(`${dir}/a.csv`, "\ufeffsep=;\r\na;b\r\n1;2\r\n3;4\r\n");
  const source = { path: `${dir}/a.csv`, format: new CsvReaderFormat({ separator: ";" }) };
  await using first = await OpenSource.open(source);
  assertEquals(await first.start().take(1), [{ a: "1", b: "2" }]);
  await using again = await OpenSource.open(source, { position: first.position });
  assertEquals(await again.start().take(), [{ a: "3", b: "4" }]);
  await assertRejects(
    () => readAll({ path: `${dir}/a.csv`, format: new CsvReaderFormat() }),
    JobError,
    `Cannot read "${dir}/a.csv" by its header: it says that its fields are separated by ";"; give CsvReaderFormat that`,
  );
});

test("gzip is read by its first bytes, over restarts at each record; members follow one another", async (dir) => {
  const text = Array.from({ length: 3_000 }, (_, index) => `line ${index} ${"x".repeat(index % 97)}`);
  const half = text.slice(0, 1_500).map((line) => `${line}\n`).join("");
  const rest = text.slice(1_500).map((line) => `${line}\n`).join("");
  write(`${dir}/a.txt`, new Uint8Array([...gzipSync(half), ...gzipSync(rest)]));
  write(`${dir}/b.gz`, "plain\n");
  write(`${dir}/c.gz`, gzipSync(""));
  const values: unknown[] = [];
  let position: Json | undefined;
  for (const count of [1, 700, 0, 800, 1_400, Number.POSITIVE_INFINITY]) {
    await using opened = await OpenSource.open(lines(dir), position === undefined ? {} : { position });
    values.push(...await opened.start().take(count));
    position = opened.position;
  }
  assertEquals(values, [...text, "plain"]);
});

test("gzip that is cut off, corrupt, or written on is an error", async (dir) => {
  const whole = gzipSync(`${"some text\n".repeat(100)}`);
  const corrupt = new Uint8Array(whole);
  corrupt[whole.length - 5]! ^= 0xff;
  for (
    const [bytes, words] of [
      [whole.subarray(0, 40), "its gzip data are cut off; was it still being written?"],
      [corrupt, "its gzip data are corrupt (incorrect data check)"],
      [new Uint8Array([...whole, 1, 2, 3, 4]), "its gzip data are corrupt (incorrect header check)"],
    ] as const
  ) {
    write(`${dir}/a.gz`, bytes);
    await assertRejects(() => readAll(lines(`${dir}/a.gz`)), JobError, words);
  }
  write(`${dir}/a.gz`, whole);
  await using source = await OpenSource.open(lines(`${dir}/a.gz`, { watch: true }));
  assertEquals((await source.start().take()).length, 100);
  await Deno.writeFile(`${dir}/a.gz`, whole, { append: true });
  await source.look();
  await assertRejects(
    () => source.take(),
    JobError,
    `Cannot go on reading "${dir}/a.gz" at its end: it has grown from`,
  );
});

test("what cannot hold lines of UTF-8 text is refused with what to do", async (dir) => {
  for (
    const [first, words] of [
      [[0xff, 0xfe, 0x61, 0], "it is UTF-16 text, not UTF-8 text; save it as UTF-8"],
      [[0x50, 0x4b, 3, 4, 0], "it is a zip archive, not UTF-8 text; unpack it"],
      [[0x28, 0xb5, 0x2f, 0xfd], "it is compressed with zstd, not UTF-8 text; decompress it, or use gzip"],
    ] as const
  ) {
    write(`${dir}/a.csv`, new Uint8Array(first));
    await assertRejects(() => readAll(lines(`${dir}/a.csv`)), JobError, `Cannot read "${dir}/a.csv": ${words}`);
  }
});

test("a line that is too long stops the job, a CSV quote open for so long is given up at its first line", async (dir) => {
  write(`${dir}/a`, `1\n${"x".repeat(300_000)}\n`);
  await assertRejects(
    () => readAll(lines(dir, { maxRecordBytes: 1_000 })),
    JobError,
    `Cannot read "${dir}/a" line 2: it is longer than maxRecordBytes, which is 1000; give the source a larger one`,
  );
  await using endless = await OpenSource.open(lines(dir, { maxRecordBytes: 1_000, watch: true }));
  write(`${dir}/a`, `1\n${"x".repeat(300_000)}`); // whether or not its end is to be seen
  await assertRejects(() => endless.start().take(), JobError, "longer than maxRecordBytes");
  write(`${dir}/a`, `1\n${"x".repeat(300_000)}\n`);
  assertEquals((await readAll(lines(dir, { maxRecordBytes: 300_001 }))).length, 2);
  await assertRejects(() => readAll(lines(dir, { maxRecordBytes: 300_000 })), JobError, "longer than maxRecordBytes");

  write(`${dir}/a`, `a\n"1\n${"2\n".repeat(600)}"\n`); // closed, but too late
  const rows = await readAll({ path: dir, format: new CsvReaderFormat(), maxRecordBytes: 1_000 });
  assertEquals(rows.slice(0, 2), [`RecordError: Cannot decode "${dir}/a" line 2: a quote is never closed`, { a: "2" }]);
  assertEquals(rows.length, 602);
});

test("FileSource takes the event time of a value before the value is taken", async (dir) => {
  write(`${dir}/a`, '{"t":5}\n{"t":7}\nx\n{"t":9}\n');
  await using source = await OpenSource.open({
    path: dir,
    format: new JsonLinesFormat(z.object({ t: z.number() })),
    timestamp: ({ t }) => t === 9 ? NaN : t,
  });
  source.start();
  const seen: unknown[] = [];
  for (await source.settle(); source.split.status === "ready";) {
    const { nextTimestampMs } = source.split;
    seen.push([nextTimestampMs, (await source.take(1))[0], source.split.origin()!.timestampMs]);
  }

  assertEquals(seen, [
    [5, { t: 5 }, 5],
    [7, { t: 7 }, 7],
    [
      NO_TIMESTAMP,
      `RecordError: Cannot decode "${dir}/a" line 3: value is not JSON, it starts with "x"`,
      NO_TIMESTAMP,
    ],
    [NO_TIMESTAMP, `RecordError: Cannot decode "${dir}/a" line 4: timestamp() gives NaN for it`, NO_TIMESTAMP],
  ]);
});

test("what timestamp() throws is thrown when its record is taken", async (dir) => {
  write(`${dir}/a`, "1\n2\n");
  await using source = await OpenSource.open(lines(dir, {
    timestamp: (line) => {
      if (line === "2") throw new RangeError("no such day");
      return 1;
    },
  }));

  assertEquals(await source.start().take(), ["1", "RangeError: no such day"]);
});

// ------------------------------------------------------------------------------------------------------------ restarts

test("position is the place of the next record, and nothing moves it but taking", async (dir) => {
  write(`${dir}/a`, "1\r\né\n");
  write(`${dir}/b`, "3\n");
  await using source = await OpenSource.open(lines(dir));
  assertEquals(source.position, null);
  source.start();
  const places: unknown[] = [];
  for (await source.settle(); source.split.status === "ready"; await source.settle()) {
    places.push(placeOf(source.position));
    source.split.take();
  }

  assertEquals(places, ["a@0 line 1", "a@3 line 2", "b@0 line 1"]);
  assertEquals(source.position, {
    file: "b",
    offset: 2,
    line: 2,
    id: markOf(`${dir}/b`, "3\n"),
    done: ["a"],
    doneIds: [doneOf(`${dir}/a`, "1\r\né\n")],
    doneBefore: 0,
    atEnd: true,
  });
});

test("position never runs ahead of what was taken, at whatever moment it is asked for", async (dir) => {
  for (const name of ["a", "b", "c"]) write(`${dir}/${name}`, `${name}1\n${name}2\n`);
  const all = ["a1", "a2", "b1", "b2", "c1", "c2"];
  const taken: string[] = [];
  const positions = new Set<string>();
  {
    using reads = new HeldReads();
    await using source = await reads.releasingWhile(OpenSource.open(lines(dir)));
    source.start();
    while (source.split.status !== "finished") {
      await turn();
      reads.release();
      // Between any two steps of the reader, whether or not it has woken the job.
      for (let moment = 0; moment < 30; moment++) {
        positions.add(JSON.stringify([source.split.position, taken.length]));
        await Promise.resolve();
      }
      if (source.split.status === "ready") taken.push(source.split.take());
    }
  }

  assertEquals(taken, all);
  for (const text of positions) {
    const [position, count] = JSON.parse(text) as [Json, number];
    await using again = await OpenSource.open(lines(dir), { position });
    assertEquals(await again.start().take(), all.slice(count), text);
  }
});

const cell = fc.string({ unit: fc.constantFrom("a", "é", "\u{1f6eb}", ",", '"', "\n", " "), maxLength: 6 });
const end = fc.constantFrom("\n", "\r\n");

/** Files of lines with mixed ends, now and then without the last one; with an empty line here and there. */
const files = fc.array(
  fc.tuple(fc.array(fc.tuple(cell, cell, end), { maxLength: 8 }), fc.boolean(), fc.boolean()),
  { maxLength: 4 },
);

test("a restart at any record goes on exactly there, however the bytes come", async (dir) => {
  await fc.assert(
    fc.asyncProperty(
      files,
      fc.array(fc.nat(4), { maxLength: 12 }),
      fc.integer({ min: 1, max: 9 }),
      async (files, stops, most) => {
        await Deno.remove(dir, { recursive: true });
        await Deno.mkdir(dir);
        const expected: Record<string, string>[] = [];
        for (const [number, [rows, marked, ended]] of files.entries()) {
          const quoted = (text: string) => `"${text.replaceAll('"', '""')}"`;
          const text = rows.map(([a, b, end]) => `${quoted(a)},${quoted(b)}${end}`).join("");
          const whole = `${marked ? "\ufeff\n" : ""}a,b\n${ended ? text : text.trimEnd()}`;
          write(`${dir}/${number}`, whole);
          for (const [a, b] of rows) expected.push({ a, b });
        }
        using _ = new ShortReads(most);
        const options = { path: dir, format: new CsvReaderFormat() };
        const read: unknown[] = [];
        let position: Json | undefined;
        for (const stop of [...stops, Number.POSITIVE_INFINITY]) {
          await using source = await OpenSource.open(options, position === undefined ? {} : { position });
          read.push(...await source.start().take(stop));
          position = source.position;
        }
        assertEquals(read, expected);
      },
    ),
    { seed: 20_260_101, numRuns: 150 },
  );
});

test("a run behind one that ended reads what has come since", async (dir) => {
  write(`${dir}/a`, "1\n");
  await using first = await OpenSource.open(lines(dir));
  assertEquals(await first.start().take(), ["1"]);
  append(`${dir}/a`, "2\n");
  write(`${dir}/b`, "3\n");
  await using second = await OpenSource.open(lines(dir), { position: first.position });

  assertEquals(await second.start().take(), ["2", "3"]);
});

test("a file that was read to its end may be removed, and the next run goes on with those after it", async (dir) => {
  write(`${dir}/a`, "1\n");
  write(`${dir}/b`, "2\n");
  await using first = await OpenSource.open(lines(dir));
  await first.start().take();
  const { done, doneIds } = first.position as Record<string, Json[]>;
  await Deno.remove(`${dir}/a`);
  await Deno.remove(`${dir}/b`);
  await using nothing = await OpenSource.open(lines(dir), { position: first.position });
  assertEquals([await nothing.start().take(), nothing.position], [[], first.position]);
  write(`${dir}/c`, "3\n");
  await using second = await OpenSource.open(lines(dir), { position: nothing.position });

  assertEquals(await second.start().take(), ["3"]);
  const position = second.position as Record<string, Json[]>;
  assertEquals([placeOf(position), position.done], ["c@2 line 2, at its end", [...done!, "b"]]);
  assertEquals([position.doneIds![0], position.doneIds!.length], [doneIds![0], 2]);
});

test("a file that is gone, or shorter, before it was read to its end is an error that names --reset", async (dir) => {
  write(`${dir}/a`, "1\n2\n");
  await using first = await OpenSource.open(lines(dir));
  await first.start().take(1);
  const { position } = first;
  write(`${dir}/a`, "1");
  await assertRejects(
    () => OpenSource.open(lines(dir), { position }),
    JobError,
    `Cannot go on reading "${dir}/a" at byte 2 (line 2): it was cut or overwritten, it has 1 bytes now and not those that ` +
      "were read; put it back, or forget the job's commit with --reset",
  );
  await Deno.remove(`${dir}/a`);
  await assertRejects(
    () => OpenSource.open(lines(dir), { position }),
    JobError,
    `Cannot go on reading "${dir}/a" at byte 2 (line 2): it is gone, and was not renamed to another name beside it; ` +
      "put it back, or forget the job's commit with --reset",
  );
});

// --------------------------------------------------------------------------------------------------------- bounded runs

test("a bounded run ends where the last file ended when it began, also after a restart, and the next takes the rest", async (dir) => {
  const options = lines(dir, { watch: true });
  write(`${dir}/a`, "1\n");
  write(`${dir}/b`, "2\n3\n");
  await using first = await OpenSource.open(options, { bounded: true });
  const bound = JSON.parse(JSON.stringify(first.split.bound));
  assertEquals(bound, { file: "b", offset: 4, id: { ...objectOf(await Deno.stat(`${dir}/b`)) } });
  assertEquals(await first.start().take(1), ["1"]);
  append(`${dir}/b`, "4\n");
  write(`${dir}/c`, "5\n");
  await using again = await OpenSource.open(options, { position: first.position, bound, bounded: true });
  assertEquals([await again.start().take(), again.split.status, again.split.lag], [["2", "3"], "finished", 0]);
  assertEquals(placeOf(again.position), "b@4 line 3"); // which is not its end any more
  await using next = await OpenSource.open(options, { position: again.position, bounded: true });

  assertEquals([await next.start().take(), next.split.bound], [["4", "5"], {
    file: "c",
    offset: 2,
    id: { ...objectOf(await Deno.stat(`${dir}/c`)) },
  }]);
});

test("a bounded run that began without any file takes none after a restart either", async (dir) => {
  await using first = await OpenSource.open(lines(dir), { bounded: true });
  assertEquals([first.split.bound, first.split.status], [null, "finished"]);
  write(`${dir}/a`, "1\n");
  await using again = await OpenSource.open(lines(dir), { position: null, bound: null, bounded: true });

  assertEquals(await again.start().take(), []);
});

test("a bounded run whose last file is gone, or shorter, says so", async (dir) => {
  write(`${dir}/a`, "1\n");
  const bound = { file: "b", offset: 4 };
  await assertRejects(
    () => OpenSource.open(lines(dir), { bound, bounded: true }),
    JobError,
    `Cannot go on up to "${dir}/b" byte 4, where the run was to end: it is gone; put it back, or forget the job's commit`,
  );
  write(`${dir}/b`, "2\n3");
  await using source = await OpenSource.open(lines(dir), { bound, bounded: true });
  await assertRejects(
    () => source.start().take(),
    JobError,
    `Cannot go on reading "${dir}/b" at byte 4: it has 3 bytes now, so it was cut or replaced; put it back, or forget`,
  );
});

// ------------------------------------------------------------------------------------------------------------- watching

test("watch: lines that are appended come when their newline does, and new files after them", async (dir) => {
  write(`${dir}/a`, "1\n2");
  await using source = await OpenSource.open(lines(dir, { watch: true }));
  assertEquals([await source.start().take(), source.split.status, source.split.bound], [["1"], "caughtUp", undefined]);
  assertEquals(placeOf(source.position), "a@2 line 2");
  append(`${dir}/a`, "2");
  await source.look();
  assertEquals(await source.take(), []);
  append(`${dir}/a`, "\r\n3\n");
  await source.look();
  assertEquals(await source.take(), ["22", "3"]);
  assertEquals(placeOf(source.position), "a@8 line 4, at its end");
  write(`${dir}/b`, "4\n");
  await source.look();

  assertEquals([await source.take(), placeOf(source.position)], [["4"], "b@2 line 2, at its end"]);
});

test("watch: a file is no longer at its end as soon as it is known to have grown", async (dir) => {
  write(`${dir}/a`, "1\n");
  await using source = await OpenSource.open(lines(dir, { watch: true }));
  await source.start().take();
  assertEquals(placeOf(source.position), "a@2 line 2, at its end");
  while (source.clock.nextDueMs === Infinity) await turn();
  append(`${dir}/a`, "23");
  using reads = new HeldReads();
  source.clock.advance(1_000);
  while (source.split.status !== "pending") {
    reads.release(); // the look at what was read before
    await turn();
  }
  assertEquals(placeOf(source.position), "a@2 line 2"); // nothing was read yet
  while (source.split.status === "pending") {
    reads.release();
    await turn();
  }

  assertEquals([source.split.status, placeOf(source.position)], ["caughtUp", "a@2 line 2"]);
});

test("watch: a last line without newline is a record when a later file shows that its file is complete", async (dir) => {
  write(`${dir}/a`, "1\n2");
  await using source = await OpenSource.open(lines(dir, { watch: true }));
  assertEquals(await source.start().take(), ["1"]);
  write(`${dir}/b`, "");
  await source.look();

  assertEquals([await source.take(), placeOf(source.position)], [["2"], "b@0 line 1, at its end"]);
});

test("watch: an empty directory is watched, and it is looked at every pollMs", async (dir) => {
  await using source = await OpenSource.open(lines(dir, { watch: true, pollMs: 250 }));
  assertEquals([source.split.status, source.position], ["caughtUp", null]);
  source.start();
  await source.look();
  assertEquals(await source.take(), []);
  write(`${dir}/a`, "1\n");
  await source.look();
  assertEquals(await source.take(), ["1"]);

  assertEquals(new Set(source.clock.sleeps), new Set([250]));
});

test("watch: records that are known to be there are waited for", async (dir) => {
  write(`${dir}/a`, "1\n");
  await using first = await OpenSource.open(lines(dir, { watch: true }));
  assertEquals(first.split.status, "pending");
  await first.start().take();
  await using caughtUp = await OpenSource.open(lines(dir, { watch: true }), { position: first.position });
  assertEquals([caughtUp.split.status, caughtUp.position], ["caughtUp", first.position]);
  append(`${dir}/a`, "2\n");
  await using grown = await OpenSource.open(lines(dir, { watch: true }), { position: first.position });

  assertEquals([grown.split.status, grown.split.lag], ["pending", 1]);
  assertEquals(placeOf(grown.position), "a@2 line 2"); // no longer at its end
});

test("watch: a late file is logged once, and read when it gets a later name", async (dir) => {
  write(`${dir}/b`, "1\n");
  await using source = await OpenSource.open(lines(dir, { watch: true }));
  await source.start().take();
  write(`${dir}/a`, "late\n");
  write(`${dir}/c`, "2\n");
  await source.look();
  assertEquals(await source.take(), ["2"]);
  await source.look();
  assertEquals(source.log.lines, [
    `warn: Files in "${dir}" came late and are not read: "a"; "b" is read already, give them names that sort after it`,
  ]);
  await Deno.rename(`${dir}/a`, `${dir}/d`);
  await source.look();

  assertEquals([await source.take(), source.log.lines.length], [["late"], 1]);
});

test("a file that came late while the job was down is logged at its next start, those that were read are not", async (dir) => {
  for (const name of ["a", "c", "e"]) write(`${dir}/${name}`, `${name}\n`);
  await using first = await OpenSource.open(lines(dir));
  await first.start().take();
  await Deno.remove(`${dir}/a`);
  for (const name of ["b", "d"]) write(`${dir}/${name}`, `${name}\n`);
  await using second = await OpenSource.open(lines(dir), { position: first.position });

  assertEquals(await second.start().take(), []);
  assertEquals(second.log.lines, [
    `warn: Files in "${dir}" came late and are not read: "b", "d"; "e" is read already, give them names that sort after it`,
  ]);
});

test("late files are found by their names among the last 100, and by their number before those", async (dir) => {
  const name = (number: number) => `f${String(number).padStart(4, "0")}`;
  for (let number = 0; number < 300; number += 2) write(`${dir}/${name(number)}`, "x\n");
  await using first = await OpenSource.open(lines(dir));
  await first.start().take();
  const { done, doneBefore } = first.position as { done: string[]; doneBefore: number };
  assertEquals([done.length, done[0], done.at(-1), doneBefore], [100, "f0098", "f0296", 49]);
  await using same = await OpenSource.open(lines(dir), { position: first.position });
  assertEquals(same.log.lines, []);

  for (const number of [1, 3, 101, 103, 105, 107]) write(`${dir}/${name(number)}`, "late\n");
  await using second = await OpenSource.open(lines(dir), { position: first.position });
  assertEquals(await second.start().take(), []);
  assertEquals(second.log.lines, [
    `warn: Files in "${dir}" came late and are not read: "f0101", "f0103", "f0105" and 1 more; ` +
    `"f0298" is read already, give them names that sort after it`,
    `warn: 2 of 51 files in "${dir}" that sort before "f0098" came late and are not read; ` +
    `give them names that sort after "f0298"`,
  ]);
});

test("files that were removed are no longer counted among those before the last 100", async (dir) => {
  const name = (number: number) => `f${String(number).padStart(4, "0")}`;
  for (let number = 0; number < 300; number += 2) write(`${dir}/${name(number)}`, "x\n");
  await using first = await OpenSource.open(lines(dir));
  await first.start().take();
  for (const number of [0, 2]) await Deno.remove(`${dir}/${name(number)}`);
  write(`${dir}/g`, "x\n");
  await using second = await OpenSource.open(lines(dir), { position: first.position });
  assertEquals(await second.start().take(), ["x"]);
  write(`${dir}/${name(1)}`, "late\n");
  await using third = await OpenSource.open(lines(dir), { position: second.position });

  assertEquals(third.log.lines, [
    `warn: 1 of 49 files in "${dir}" that sort before "f0100" came late and are not read; give them names that sort after "g"`,
  ]);
});

test("watch: a file that becomes shorter than what was read is an error of the job", async (dir) => {
  write(`${dir}/a`, "1\n2\n");
  await using source = await OpenSource.open(lines(`${dir}/a`, { watch: true }));
  await source.start().take();
  write(`${dir}/a`, "3\n");
  await source.look();

  assertThrows(
    () => source.reader.poll(0),
    JobError,
    `Cannot go on reading "${dir}/a" at byte 4: it has 2 bytes now, so it was cut or replaced; ` +
      "lines may be lost: rotate it by renaming, or forget the job's commit with --reset",
  );
});

test("watch: a file that is read may be removed meanwhile", async (dir) => {
  write(`${dir}/a`, "1\n");
  await using source = await OpenSource.open(lines(dir, { watch: true }));
  await source.start().take();
  await Deno.remove(`${dir}/a`);
  write(`${dir}/b`, "2\n");
  await source.look();

  assertEquals(await source.take(), ["2"]);
});

test("close() ends a reader that sleeps, that waits for room, or that was never started", async (dir) => {
  write(`${dir}/a`, "x\n".repeat(20_000));
  const waiting = await OpenSource.open(lines(dir));
  await waiting.start().settle();
  await waiting[Symbol.asyncDispose]();

  write(`${dir}/a`, "x\n");
  const sleeping = await OpenSource.open(lines(dir, { watch: true }));
  await sleeping.start().take();
  await sleeping[Symbol.asyncDispose]();
  assertEquals(sleeping.clock.nextDueMs, Infinity);

  const { position } = sleeping;
  await (await OpenSource.open(lines(dir), { position }))[Symbol.asyncDispose]();
});

// --------------------------------------------------------------------------------------------------------------- errors

test("open() says which path it cannot read, and why", async (dir) => {
  await assertRejects(
    () => OpenSource.open(lines(`${dir}/none`)),
    JobError,
    `Cannot read "${dir}/none": it does not exist`,
  );
  write(`${dir}/file`, "");
  await assertRejects(
    () => OpenSource.open(lines(`${dir}/file/below`)),
    JobError,
    `Cannot read "${dir}/file/below": Not a directory`,
  );
});

test("a file that cannot be opened when its turn comes is an error of the job", async (dir) => {
  write(`${dir}/a`, "1\n");
  write(`${dir}/b`, "2\n");
  await using source = await OpenSource.open(lines(dir));
  await Deno.remove(`${dir}/b`);

  await assertRejects(() => source.start().take(), JobError, `Cannot read "${dir}/b": it does not exist`);
});

Deno.test({
  name: "files: open() says that the program may not read",
  permissions: { read: false },
  async fn() {
    const error = await assertRejects(() => OpenSource.open(lines("bookings")), JobError) as JobError;
    assertEquals(error.message, 'Cannot read "bookings": this program may not; allow it with --allow-read');
  },
});

Deno.test("FileSource refuses invalid options", () => {
  assertThrows(
    () => new FileSource(lines("")),
    TypeError,
    'Cannot create a file source as path must name a file or directory: current value is ""',
  );
  assertThrows(
    () => new FileSource({ path: "in", format: "csv" as never }),
    TypeError,
    'Cannot create a file source of "in" as format must be a FileFormat: current value is csv',
  );
  for (const name of ["pollMs", "maxRecordBytes"]) {
    assertThrows(
      () => new FileSource(lines("in", { [name]: 0 })),
      RangeError,
      `Cannot create a file source of "in" as ${name} must be > 0: current value is 0`,
    );
  }
  assertEquals(new FileSource(lines("in")).description, 'lines of text in "in"');
});

// --------------------------------------------------------------------------------------------------------------- a job

test("a job over files writes each record once, its bad lines go to the dead letters byte for byte", async (dir) => {
  write(`${dir}/1.jsonl`, '{"t":1}\n{"t":2}\n');
  write(`${dir}/2.jsonl`, '{"t":3} x\r\n{"t":4}');
  const store = new MemoryJobStore();
  const execute = async () => {
    // Nothing moves the clock: the job sleeps until it is woken.
    const env = new StreamExecutionEnvironment({ store, clock: new ManualClock() });
    const source = new FileSource({
      path: dir,
      format: new JsonLinesFormat(z.object({ t: z.number() })),
      timestamp: ({ t }) => t,
    });
    env.fromSource(source, WatermarkStrategy.noWatermarks<{ t: number }>(), "numbers").sinkTo(store.sink("out"));
    return await env.execute();
  };
  assertEquals((await execute()).end, "finished");
  assertEquals(store.output.map(({ value, timestampMs }) => [value, timestampMs]), [
    [{ t: 1 }, 1],
    [{ t: 2 }, 2],
    [{ t: 4 }, 4],
  ]);
  const [letter] = store.letters;
  assertEquals(
    [letter!.errorClass, letter!.origin!.topic, letter!.origin!.offset, decoder.decode(letter!.origin!.value!)],
    ["RecordError", `${dir}/2.jsonl`, 1, '{"t":3} x'],
  );
  write(`${dir}/3.jsonl`, '{"t":5}');
  await execute();

  assertEquals([store.values.slice(3), store.letters.length], [[{ t: 5 }], 1]);
});
