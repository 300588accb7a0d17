import { assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { z } from "zod";
import { RecordError } from "../../../src/engine/errors.ts";
import {
  CsvEncoder,
  CsvReaderFormat,
  type FileDecoder,
  JsonLinesEncoder,
  JsonLinesFormat,
  SimpleStringEncoder,
  TextLineInputFormat,
} from "../../../src/connectors/files/mod.ts";

const encoder = new TextEncoder();

/** Records of a CSV text whose first row names the fields; errors in their place. */
function csv(text: string, format: { open(): FileDecoder<unknown> } = new CsvReaderFormat()): unknown[] {
  const decoder = format.open();
  const bytes = encoder.encode(text);
  const records: unknown[] = [];
  let headed = false;
  for (let start = 0; start < bytes.length;) {
    const end = decoder.end(bytes, start, true);
    const record = bytes.subarray(start, bytes[end - 1] === (decoder.newline ?? 0x0a) ? end - 1 : end);
    start = end;
    if (record.length === 0 && decoder.skipsEmpty) continue;
    if (!headed && decoder.header !== undefined) decoder.header(record);
    else records.push(outcome(() => decoder.decode(record)));
    headed = true;
  }
  return records;
}

function outcome(work: () => unknown): unknown {
  try {
    return work();
  } catch (error) {
    if (error instanceof RecordError) return error.message;
    throw error;
  }
}

// ------------------------------------------------------------------------------------------------- CSV, reading

Deno.test("CsvReaderFormat makes an object of each row, by the names of the first", () => {
  // The examples of RFC 4180, section 2, with names.
  assertEquals(csv("a,b,c\naaa,bbb,ccc\nzzz,yyy,xxx\n"), [{ a: "aaa", b: "bbb", c: "ccc" }, {
    a: "zzz",
    b: "yyy",
    c: "xxx",
  }]);
  assertEquals(csv('a,b,c\n"aaa","bbb","ccc"\nzzz,yyy,xxx'), [{ a: "aaa", b: "bbb", c: "ccc" }, {
    a: "zzz",
    b: "yyy",
    c: "xxx",
  }]);
  assertEquals(csv('a,b,c\n"aaa","b ""bb""","c,cc"'), [{ a: "aaa", b: 'b "bb"', c: "c,cc" }]);
  assertEquals(csv('"a ","b,2"\n 1 ,\n,"x"'), [{ "a ": " 1 ", "b,2": "" }, { "a ": "", "b,2": "x" }]);
});

Deno.test("CsvReaderFormat takes a newline in quotes for a part of the field", () => {
  const format = new CsvReaderFormat();
  const decoder = format.open();
  const bytes = encoder.encode('"1\n\n2",b\r\nc');
  assertEquals(decoder.end(bytes, 0, false), 10);
  decoder.header!(encoder.encode("a,b"));

  assertEquals(decoder.decode(encoder.encode('"1\r\n2",""')), { a: "1\r\n2", b: "" });
});

Deno.test("CsvReaderFormat waits for more bytes while a quote is open, or may go on", () => {
  const decoder = new CsvReaderFormat().open();
  for (const text of ['"a', '"a\n', '"a""\n', '"a"', 'a,"b\nc', '"a"b', 'a"b']) {
    assertEquals(decoder.end(encoder.encode(text), 0, false), -1, text);
  }
  assertEquals(decoder.end(encoder.encode('a"b\n'), 0, false), 4);
  assertEquals(decoder.end(encoder.encode('"a""b"\n'), 0, false), 7);
});

Deno.test("CsvReaderFormat has a last record without newline, its last field quoted or not", () => {
  assertEquals(csv('a,b\n1,"2"'), [{ a: "1", b: "2" }]);
  assertEquals(new CsvReaderFormat().open().end(encoder.encode('"1\n2","3\n"'), 0, true), 10);
  assertEquals(new CsvReaderFormat().open().end(encoder.encode("1,"), 0, true), 2);
});

Deno.test("CsvReaderFormat says what is wrong with a row, and goes on with the next", () => {
  assertEquals(csv('a,b\n1\n1,2,3\n"1"2,3\nx"1",2\n"1" ,2\n1,2\n'), [
    "it has 1 fields, the header has 2",
    "it has 3 fields, the header has 2",
    "text follows a closed quote in field 1",
    "a quote stands inside of field 1",
    "text follows a closed quote in field 1",
    { a: "1", b: "2" },
  ]);
});

Deno.test("CsvReaderFormat loses only the line that opens a quote which is never closed", () => {
  assertEquals(csv('a,b\n1,"2\n3,4\n5,6\n'), ["a quote is never closed", { a: "3", b: "4" }, { a: "5", b: "6" }]);
});

Deno.test("CsvReaderFormat gives columns without a name, or with one that was there, names of their own", () => {
  assertEquals(csv("a,b,,\n1,2,x,y\n"), [{ a: "1", b: "2", column_3: "x", column_4: "y" }]);
  assertEquals(csv("a,a,a_2,a, \n1,2,3,4,5\n"), [{ a: "1", a_3: "2", a_2: "3", a_4: "4", column_5: "5" }]);
});

Deno.test("CsvReaderFormat takes the names of its columns where a file has no header", () => {
  const columns = ["id", "city"];
  assertEquals(csv("1,Ulm\n2\n", new CsvReaderFormat({ columns })), [
    { id: "1", city: "Ulm" },
    "it has 1 fields, columns are 2",
  ]);
  assertEquals(csv("a,b\n1,Ulm\n", new CsvReaderFormat({ columns, header: true })), [{ id: "1", city: "Ulm" }]);
  assertThrows(() => new CsvReaderFormat({ header: false }), TypeError, "nothing names its fields: give columns");
  for (const columns of [[], ["a", "a"], [""], "a,b" as never]) {
    assertThrows(() => new CsvReaderFormat({ columns }), TypeError, "columns must be different names, at least one");
  }
});

Deno.test("CsvReaderFormat says when the names of the first row read like data", () => {
  const warned = (row: string) => new CsvReaderFormat().open().header!(encoder.encode(row));
  assertEquals(
    warned("17,Ulm,2026-01-01"),
    'its first row names the fields, and reads like data: "17,Ulm,2026-01-01"; ' +
      "if the file has no header, give CsvReaderFormat its columns",
  );
  assertEquals([warned("id,city,"), warned('"",x1')], [undefined, undefined]);
});

Deno.test("CsvReaderFormat says when a header seems to have another separator", () => {
  const warned = (row: string, separator?: string) =>
    new CsvReaderFormat(separator === undefined ? {} : { separator }).open().header!(encoder.encode(row));
  assertEquals(
    warned("a;b"),
    'its header is one field, "a;b"; is it separated by something else than ","?',
  );
  assertEquals([warned("a"), warned("a;b", ";")], [undefined, undefined]);
});

Deno.test("CsvReaderFormat takes lines that end with two carriage returns and a newline", () => {
  assertEquals(csv("a,b\r\r\n1,2\r\r\n"), [{ a: "1", b: "2" }]);
});

Deno.test("CsvReaderFormat reads lines that all end with a carriage return alone", () => {
  assertEquals(csv("a,b\r1,2\r3,4\r"), [{ a: "1", b: "2" }, { a: "3", b: "4" }]);
  assertEquals(csv('"a\r1",b\r"1\n",2\r\r3,4'), [{ "a\r1": "1\n", b: "2" }, { "a\r1": "3", b: "4" }]);
  assertEquals(csv("1\r", new CsvReaderFormat({ columns: ["a"] })), [{ a: "1" }]);
  const decoder = new CsvReaderFormat().open();
  assertEquals(decoder.end(encoder.encode("a,b\r"), 0, false), -1); // a newline may follow
  assertEquals([decoder.end(encoder.encode("a,b\r\n"), 0, false), decoder.newline], [5, 0x0a]);
  assertEquals(decoder.end(encoder.encode("1\r2\n"), 0, false), 4); // as the first line says
});

Deno.test("CsvReaderFormat refuses text that is not UTF-8", () => {
  const decoder = new CsvReaderFormat().open();
  decoder.header!(encoder.encode("a"));
  assertThrows(() => decoder.decode(new Uint8Array([0x61, 0xff])), RecordError, "it is not UTF-8 text");
});

Deno.test("CsvReaderFormat takes any name for a field", () => {
  const [row] = csv("__proto__,constructor\n1,2\n") as [Record<string, string>];

  assertEquals(Object.entries(row), [["__proto__", "1"], ["constructor", "2"]]);
});

Deno.test("CsvReaderFormat converts by a schema, and says which field does not fit", () => {
  const schema = z.object({ city: z.string(), price: z.coerce.number() });
  const format = new CsvReaderFormat({ schema });

  assertEquals(csv("city,price\nUlm,7.5\nBonn,cheap\n", format), [
    { city: "Ulm", price: 7.5 },
    'field "price" is "cheap": expected number, received NaN',
  ]);
});

Deno.test("CsvReaderFormat takes another separator, and refuses what cannot be one", () => {
  assertEquals(csv('a\tb\n1,5\t"x\ty"\n', new CsvReaderFormat({ separator: "\t" })), [{ a: "1,5", b: "x\ty" }]);
  for (const separator of ["", ";;", '"', "\n", "\r", "é"]) {
    assertThrows(
      () => new CsvReaderFormat({ separator }),
      RangeError,
      `neither a quote nor a line's end: current value is ${JSON.stringify(separator)}`,
    );
  }
});

// ------------------------------------------------------------------------------------------------- CSV, writing

Deno.test("CsvEncoder writes a header and its columns, in quotes where they are needed", () => {
  interface Row {
    readonly name: string;
    readonly n?: number | null;
    readonly more?: unknown;
  }
  const csv = new CsvEncoder<Row>(["n", "name", "more"]);

  assertEquals([csv.header, csv.suffix], ["n,name,more", ".csv"]);
  assertEquals(csv.encode({ name: "a", n: -1.5, more: true }), "-1.5,a,true");
  assertEquals(csv.encode({ name: 'b "c", d', n: null }), ',"b ""c"", d",');
  assertEquals(csv.encode({ name: "a\nb", more: [1, "x"] }), ',"a\nb","[1,""x""]"');
  assertEquals(csv.encode({ name: "a\rb" }), ',"a\rb",');
});

Deno.test("CsvEncoder writes no empty line for a single empty field", () => {
  assertEquals(new CsvEncoder<{ a: string }>(["a"]).encode({ a: "" }), '""');
});

Deno.test("CsvEncoder refuses no column, one twice, and what cannot be a separator", () => {
  assertThrows(() => new CsvEncoder([]), RangeError, "Cannot write CSV as columns must be at least one");
  assertThrows(
    () => new CsvEncoder<{ a: 1 }>(["a", "a"]),
    RangeError,
    'none of them twice: current value is ["a","a"]',
  );
  assertThrows(() => new CsvEncoder<{ a: 1 }>(["a"], { separator: "\n" }), RangeError, "separator must be one");
});

Deno.test("CsvEncoder refuses what nobody could make a value of again", () => {
  const csv = new CsvEncoder<{ v: unknown }>(["v"]);
  for (
    const [v, words] of [
      [() => 1, 'Cannot write column "v" to a file: it is a function'],
      [Symbol("s"), 'Cannot write column "v" to a file: it is a symbol'],
      [new Map(), 'Cannot write column "v" to a file: it holds a Map, which JSON does not keep'],
      [{ a: NaN }, 'Cannot write column "v" to a file: it holds NaN in .a, which JSON does not keep'],
    ] as const
  ) assertThrows(() => csv.encode({ v }), RecordError, words);
  // A number has a text of its own there.
  assertEquals(csv.encode({ v: NaN }), "NaN");
});

Deno.test("what CsvEncoder writes, CsvReaderFormat reads", () => {
  const field = fc.string({ unit: fc.constantFrom("a", ",", '"', "\n", "\r", "é", " ", ";", "-", "]", "^") });
  fc.assert(
    fc.property(
      fc.array(fc.record({ "x,1": field, y: field })),
      fc.constantFrom(",", ";", "-", "]", "^"),
      (rows, separator) => {
        const written = new CsvEncoder<{ "x,1": string; y: string }>(["x,1", "y"], { separator });
        const text = [written.header, ...rows.map((row) => written.encode(row))].map((line) => `${line}\n`).join("");
        const decoder = new CsvReaderFormat({ separator }).open();
        const bytes = encoder.encode(text);
        const read: unknown[] = [];
        for (let start = 0; start < bytes.length;) {
          const end = decoder.end(bytes, start, false);
          if (start === 0) decoder.header!(bytes.subarray(0, end - 1));
          else read.push(decoder.decode(bytes.subarray(start, end - 1)));
          start = end;
        }
        assertEquals(read, rows);
      },
    ),
    { seed: 4180, numRuns: 500 },
  );
});

// --------------------------------------------------------------------------------------------- JSON lines and text

Deno.test("JsonLinesFormat checks by its schema, with what does not fit", () => {
  const decoder = new JsonLinesFormat(z.object({ n: z.number() })).open();

  assertEquals(decoder.decode(encoder.encode('{"n":1,"more":2}')), { n: 1 });
  assertEquals(outcome(() => decoder.decode(encoder.encode("{n:1}"))), 'value is not JSON, it starts with "{n:1}"');
  assertEquals(
    outcome(() => decoder.decode(encoder.encode('{"n":"1"}'))),
    'field "n" is "1": expected number, received string',
  );
});

Deno.test("TextLineInputFormat gives lines as they are, and refuses what is not UTF-8", () => {
  const decoder = new TextLineInputFormat().open();
  for (const text of ["a", "", " ", "\u{1f6eb} Ulm", "\ufffd", "\ufeffa"]) {
    assertEquals(decoder.decode(encoder.encode(text)), text);
  }
  assertThrows(() => decoder.decode(new Uint8Array([0xc3])), RecordError, "it is not UTF-8 text");
});

Deno.test("JsonLinesEncoder writes compact JSON, and refuses what has no word there", () => {
  const json = new JsonLinesEncoder();

  assertEquals([json.encode({ a: [1, "x\n"] }), json.encode(null), json.suffix], [
    '{"a":[1,"x\\n"]}',
    "null",
    ".jsonl",
  ]);
  assertThrows(() => json.encode(undefined), RecordError, "Cannot write a value to a file: it holds undefined");
  assertThrows(() => json.encode({ a: [NaN] }), RecordError, "it holds NaN in .a[0], which JSON does not keep");
});

Deno.test("SimpleStringEncoder writes what its function gives, or the value as text", () => {
  assertEquals(new SimpleStringEncoder<number>((n) => `n=${n}`).encode(5), "n=5");
  assertEquals([new SimpleStringEncoder().encode(5), new SimpleStringEncoder().suffix], ["5", ".txt"]);
});
