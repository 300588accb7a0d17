import { assert, assertEquals } from "@std/assert";
import { applySegment, readUnseen, SegmentWriter } from "../../src/connectors/embedded/segment.ts";
import { SeenKeys } from "../../src/connectors/embedded/seen_keys.ts";

type Change = readonly [key: string, value: string | null];

/** Which of the changes have room in one segment, and its bytes. */
function write(changes: readonly Change[]): { readonly count: number; readonly bytes: Uint8Array } {
  const segment = new SegmentWriter();
  const refused = changes.findIndex(([key, value]) => !segment.add(key, value, false));
  return { count: refused < 0 ? changes.length : refused, bytes: segment.finish() };
}

function read(bytes: Uint8Array): Map<string, string> {
  const entries = new Map<string, string>();
  applySegment(bytes, entries);
  return entries;
}

const inWindow = (key: string, window = "0:10") => JSON.stringify(["state", "counts", "contents", window, key]);

Deno.test("a segment names what its keys have in common once", () => {
  const changes = Array.from({ length: 300 }, (_, i): Change => [inWindow(`key ${i}`), "1"]);
  const { count, bytes } = write(changes);
  assertEquals([count, read(bytes)], [300, new Map(changes as [string, string][])]);
  // Of each change 8 bytes for lengths and some 11 that are its own; the keys alone would be 12,000.
  assert(bytes.length < 6_000, `${bytes.length} bytes`);
});

Deno.test("a segment ends at 400 changes, or 16 KiB of text", () => {
  assertEquals(write(Array.from({ length: 1_000 }, (_, i): Change => [`${i}`, null])).count, 400);
  assertEquals(write(Array.from({ length: 1_000 }, (): Change => ["key", "v".repeat(1_021)])).count, 16);
});

Deno.test("a long change has a segment of its own", () => {
  const { count, bytes } = write([["long", "v".repeat(1_000_000)], ["short", "v"]]);
  assertEquals([count, read(bytes).get("long")?.length, bytes.length < 1_000_100], [1, 1_000_000, true]);
  assertEquals(write([["short", "v"], ["long", "v".repeat(1_000_000)]]).count, 1);
});

Deno.test("a segment holds long heads beside its texts, and more windows than it has heads for", () => {
  const long = Array.from({ length: 16 }, (_, i): Change => [inWindow("k", `${i}`.repeat(1_500)), "ü"]);
  const { count, bytes } = write(long);
  assertEquals([count, read(bytes)], [16, new Map(long as [string, string][])]);
  const many = Array.from({ length: 100 }, (_, i): Change => [inWindow(`k${i}`, `${i % 50}:0`), `${i}`]);
  assertEquals(read(write(many).bytes), new Map(many as [string, string][]));
});

Deno.test("a segment holds characters of any kind, in keys and values, among ASCII", () => {
  const changes: Change[] = [
    [inWindow("ascii"), "1"],
    [inWindow("abc ü"), "value"],
    [inWindow("key"), "v €"],
    ["\u{1f6eb}", "\u{1f6ec} landed"],
    [inWindow("\x7f\x80"), "\x7f"],
    [inWindow("last"), "2"],
  ];
  const { count, bytes } = write(changes);
  assertEquals([count, read(bytes)], [6, new Map(changes as [string, string][])]);
});

Deno.test("readUnseen() gives the last change of each entry, the last one first", () => {
  const { bytes } = write([["a", "1"], ["b", "2"], ["a", "3"], ["c", "4"], ["b", null], [inWindow("x"), "5"]]);
  const found: Change[] = [];
  const seen = new SeenKeys();
  readUnseen(bytes, seen, (key, value) => void found.push([key, value]));
  assertEquals(found, [[inWindow("x"), "5"], ["c", "4"], ["a", "3"]]);
  readUnseen(bytes, seen, (key, value) => void found.push([key, value]));
  assertEquals(found.length, 3);
});
