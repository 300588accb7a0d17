/** Frames as bytes: the golden ones are read and written by the Java part too (FrameTest.java). */
import { assertEquals, assertThrows } from "@std/assert";
import {
  beginResult,
  finishResult,
  readHeaders,
  readResult,
  readTexts,
  writeHeaders,
  writeTexts,
} from "../../src/flink/protocol/bodies.ts";
import { ByteWriter } from "../../src/flink/protocol/byte_writer.ts";
import { FrameType, HEADER_BYTES, ProtocolError, readHeader, setStage } from "../../src/flink/protocol/frame.ts";
import { RowReader, RowWriter } from "../../src/flink/protocol/rows.ts";

const GOLDEN = new URL("../../src/flink/runner/src/test/resources/frames.txt", import.meta.url);
const mayRead = Deno.permissions.querySync({ name: "read" }).state === "granted";
const utf8 = (text: string) => new TextEncoder().encode(text);
const textOf = (bytes: Uint8Array | null) => bytes === null ? null : new TextDecoder().decode(bytes);

async function golden(name: string): Promise<Uint8Array<ArrayBuffer>> {
  const lines = (await Deno.readTextFile(GOLDEN)).split("\n");
  const line = lines.find((each) => each.startsWith(`${name} `));
  if (line === undefined) throw new Error(`frames.txt has no ${name}`);
  return Uint8Array.fromHex(line.slice(name.length + 1));
}

function test(name: string, fn: () => Promise<void>): void {
  Deno.test({ name: mayRead ? name : `${name} (skipped: it needs to read files)`, ignore: !mayRead, fn });
}

test("BATCH is as the Java part writes it", async () => {
  const to = new ByteWriter();
  const rows = new RowWriter(to.begin(FrameType.BATCH));
  writeHeaders(rows.begin(0, 1_700_000_000_123, "k1", '{"a":"ü"}').int(3).double(4_294_967_296), [
    ["trace", utf8("x")],
    ["empty", null],
  ]);
  rows.end();
  writeHeaders(rows.begin(0, Number.NEGATIVE_INFINITY, null, null).int(0).double(0), undefined);
  rows.end();
  const frame = to.frame();
  setStage(frame, 258);
  assertEquals(frame.toHex(), (await golden("batch")).toHex());

  const { type, stage, length } = readHeader(frame);
  assertEquals([type, stage, length], [FrameType.BATCH, 258, frame.length - HEADER_BYTES]);
  const reader = new RowReader(frame.subarray(HEADER_BYTES));
  assertEquals(reader.next(), true);
  assertEquals([textOf(reader.key), textOf(reader.value), reader.timestampMs], ["k1", '{"a":"ü"}', 1_700_000_000_123]);
  assertEquals(reader.view.getInt32(reader.restAt, true), 3);
  assertEquals(readHeaders(reader.bytes, reader.restAt + 12), [["trace", utf8("x")], ["empty", null]]);
  assertEquals(reader.next(), true);
  assertEquals([reader.key, reader.value, reader.timestampMs], [null, null, Number.NEGATIVE_INFINITY]);
  assertEquals(readHeaders(reader.bytes, reader.restAt + 12), undefined);
  assertEquals(reader.next(), false);
});

test("RESULT is as the Java part reads it", async () => {
  const to = new ByteWriter();
  const rows = beginResult(to);
  rows.begin(0, 10, "a", utf8("1"));
  rows.end();
  rows.begin(258, Number.NEGATIVE_INFINITY, null, "2").int(-1).int(0);
  rows.end();
  const counters = { in: 5, out: 2, filtered: 1, late: 1, dead: 1, pending: 0, firesAtMs: 60_000, idle: 1, full: 0 };
  const frame = finishResult(to, { watermarkMs: 42.5, nextTimerMs: Number.POSITIVE_INFINITY, counters });
  setStage(frame, 258);
  assertEquals(frame.toHex(), (await golden("result")).toHex());

  const result = readResult(frame.subarray(HEADER_BYTES));
  assertEquals([result.watermarkMs, result.nextTimerMs, result.counters], [42.5, Number.POSITIVE_INFINITY, counters]);
  result.rows.next();
  result.rows.next();
  assertEquals([result.rows.outlet, textOf(result.rows.value)], [258, "2"]);
});

test("CHANGES and RESTORE are lists of texts", async () => {
  const texts = ['{"format":1}', '"ä@x"', '["state","u","total","",0]', null, "", "😀"];
  const to = new ByteWriter();
  writeTexts(to.begin(FrameType.CHANGES), texts);
  const frame = to.frame();
  setStage(frame, 258);
  assertEquals(frame.toHex(), (await golden("changes")).toHex());
  assertEquals(readTexts(to.frame().subarray(HEADER_BYTES)), texts);
});

Deno.test("RowWriter.takeBack() leaves what was there before, also when the frame has grown meanwhile", () => {
  const to = new ByteWriter();
  const rows = beginResult(to);
  rows.begin(1, 0, "k", "kept");
  rows.end();
  const mark = { length: rows.at, count: 1 };
  for (let i = 0; i < 100; i++) {
    rows.begin(0, 0, null, "x".repeat(2_000));
    rows.end();
  }
  rows.takeBack(mark);
  const head = {
    watermarkMs: undefined,
    nextTimerMs: 0,
    counters: { in: 0, out: 0, filtered: 0, late: 0, dead: 0, pending: 0, firesAtMs: 0, idle: 0, full: 0 },
  };
  const result = readResult(finishResult(to, head).subarray(HEADER_BYTES));
  assertEquals([result.rows.count, result.rows.next(), textOf(result.rows.value), result.rows.next()], [
    1,
    true,
    "kept",
    false,
  ]);
  assertEquals(result.watermarkMs, undefined);
});

Deno.test("readHeader() refuses what is no frame, and one of another version", () => {
  assertThrows(() => readHeader(utf8("hello wo")), ProtocolError, "begins with 104, 101");
  assertThrows(
    () => readHeader(new Uint8Array([0x53, 0x41, 1, 9, 0, 0, 0, 0, 0, 0, 0, 0])),
    ProtocolError,
    "version 9",
  );
});
