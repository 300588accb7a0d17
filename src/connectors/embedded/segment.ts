/**
 * Changes of entries as the bytes of one row.
 *
 * Numbers are uint32, little-endian, and lengths count UTF-16 units. The number of heads and the number of changes; the
 * length of each head; for each change the length of its key without its head (28 bits) and which head that is (the 4 bits
 * above), and the length of its value (all bits set: the entry is deleted). Then all texts in UTF-8, one behind the other: key
 * and value in turn, then the heads.
 *
 * All lengths stand together before one text that is cut into pieces: reading that is much faster than reading JSON, and
 * compaction reads everything once more. A head is the beginning that the keys of a state and a window have in common, and the
 * larger part of a key. Figures are in bench/NOTES.md.
 */

import { sharedStart } from "../../engine/internal.ts";
import type { SeenKeys } from "./seen_keys.ts";

const NONE = 0xffff_ffff;
const LENGTH_BYTES = 4;
const LENGTH_BITS = 28;
const MAX_HEADS = 16;
/** Limits of a segment, whichever is reached first. A longer change has a segment of its own. */
const MAX_TEXT_BYTES = 16 * 1024;
const MAX_CHANGES = 400;
const TEXT_AT = LENGTH_BYTES * (2 + MAX_HEADS + 2 * MAX_CHANGES);
/** The most bytes that UTF-8 needs for a unit of UTF-16. */
const UNIT_BYTES = 3;

const LAST_ASCII = 0x7f;

const encoder = new TextEncoder();
// A leading byte order mark is part of the text.
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/**
 * Makes a segment, change by change. Texts are encoded at once: a large commit has many of them waiting, which as strings would
 * outlive the young generation of the heap.
 */
export class SegmentWriter {
  changes = 0;
  /** By how many the segment raises the number of live entries. */
  live = 0;
  /** The texts of the changes, with room for the numbers before them. */
  #bytes = new Uint8Array(TEXT_AT + MAX_TEXT_BYTES);
  #end = TEXT_AT;
  readonly #lengths = new Uint32Array(2 * MAX_CHANGES);
  /** The first one fits every key. */
  readonly #heads = [""];
  #lastHead = 0;

  /**
   * @param value null: the entry is deleted
   * @param isStored whether the last commit holds the entry
   * @returns false if there is no room for it: nothing has been added then
   */
  add(key: string, value: string | null, isStored: boolean): boolean {
    if (this.changes === MAX_CHANGES) return false;
    const head = this.#headOf(key);
    const from = this.#heads[head]!.length;
    const end = this.#putAscii(key, from, value) ?? this.#putText(key.slice(from) + (value ?? ""));
    if (end === undefined) return false;
    this.#lengths[2 * this.changes] = head << LENGTH_BITS | key.length - from;
    this.#lengths[2 * this.changes + 1] = value === null ? NONE : value.length;
    this.changes++;
    this.#end = end;
    if (value === null) this.live -= isStored ? 1 : 0;
    else this.live += isStored ? 0 : 1;
    return true;
  }

  /** The segment. Nothing can be added after that. */
  finish(): Uint8Array {
    const heads = encoder.encode(this.#heads.join(""));
    const numbers = [this.#heads.length, this.changes, ...this.#heads.map(({ length }) => length)];
    const count = numbers.length + 2 * this.changes;
    // The numbers stand right before the texts.
    const start = TEXT_AT - LENGTH_BYTES * count;
    const bytes = this.#withRoom(heads.length);
    const view = new DataView(bytes.buffer, start);
    numbers.forEach((number, i) => view.setUint32(LENGTH_BYTES * i, number, true));
    for (let i = 0; i < 2 * this.changes; i++) {
      view.setUint32(LENGTH_BYTES * (numbers.length + i), this.#lengths[i]!, true);
    }
    bytes.set(heads, this.#end);
    return bytes.subarray(start, this.#end + heads.length);
  }

  /**
   * Puts a key from `from` on, and its value, if they are ASCII, as nearly all are: without a text of both and a call of an encoder.
   * @returns their end; undefined if they are not, or there is no room for them
   */
  #putAscii(key: string, from: number, value: string | null): number | undefined {
    const end = this.#end + key.length - from + (value?.length ?? 0);
    if (end > TEXT_AT + MAX_TEXT_BYTES) return undefined;
    const bytes = this.#bytes;
    let at = this.#end;
    for (let i = from; i < key.length; i++) {
      const unit = key.charCodeAt(i);
      if (unit > LAST_ASCII) return undefined;
      bytes[at++] = unit;
    }
    if (value === null) return at;
    for (let i = 0; i < value.length; i++) {
      const unit = value.charCodeAt(i);
      if (unit > LAST_ASCII) return undefined;
      bytes[at++] = unit;
    }
    return at;
  }

  /** @returns the end of the text; undefined if there is no room for it */
  #putText(text: string): number | undefined {
    let room = this.#bytes.subarray(this.#end, TEXT_AT + MAX_TEXT_BYTES);
    if (this.changes === 0 && text.length * UNIT_BYTES > room.length) {
      this.#bytes = new Uint8Array(TEXT_AT + text.length * UNIT_BYTES);
      room = this.#bytes.subarray(TEXT_AT);
    }
    const { read, written } = encoder.encodeInto(text, room);
    return read < text.length ? undefined : this.#end + written;
  }

  /** @returns the head that the key begins with; mostly it is that of the key before, of the same state and window */
  #headOf(key: string): number {
    const heads = this.#heads;
    if (this.#lastHead > 0 && key.startsWith(heads[this.#lastHead]!)) return this.#lastHead;
    // Keys of a few states take turns, so this is for every second key.
    let found = heads.length - 1;
    while (found > 0 && !key.startsWith(heads[found]!)) found--;
    if (found > 0 || heads.length === MAX_HEADS) return this.#lastHead = found;
    const head = sharedStart(key);
    return this.#lastHead = head === "" ? 0 : heads.push(head) - 1;
  }

  #withRoom(more: number): Uint8Array<ArrayBuffer> {
    if (this.#end + more <= this.#bytes.length) return this.#bytes;
    const bytes = new Uint8Array(this.#end + more);
    bytes.set(this.#bytes.subarray(0, this.#end));
    return this.#bytes = bytes;
  }
}

/** Applies the changes of a segment to `entries`. */
export function applySegment(bytes: Uint8Array, entries: Map<string, string>): void {
  const { text, heads, lengths } = open(bytes);
  let at = 0;
  for (let i = 0; i < lengths.length; i += 2) {
    const key = heads[headIn(lengths[i]!)]! + text.slice(at, at += lengthIn(lengths[i]!));
    const length = lengths[i + 1]!;
    if (length === NONE) entries.delete(key);
    else entries.set(key, text.slice(at, at += length));
  }
}

/**
 * Passes on the entries of a segment that are not in `seen`, the last change first. If a bucket is read from its last segment to
 * its first, each of its entries is passed on once.
 */
export function readUnseen(bytes: Uint8Array, seen: SeenKeys, take: (key: string, value: string) => void): void {
  const { text, end: textEnd, heads, lengths } = open(bytes);
  let end = textEnd;
  for (let i = lengths.length - 2; i >= 0; i -= 2) {
    const length = lengths[i + 1]!;
    const middle = length === NONE ? end : end - length;
    const start = middle - lengthIn(lengths[i]!);
    const head = heads[headIn(lengths[i]!)]!;
    if (seen.add(head, text, start, middle) && length !== NONE) {
      take(head + text.slice(start, middle), text.slice(middle, end));
    }
    end = start;
  }
}

interface Opened {
  readonly text: string;
  /** The end of the changes' texts. */
  readonly end: number;
  readonly heads: readonly string[];
  /** Lengths of keys, each with the number of its head, and of values, in turn. */
  readonly lengths: Uint32Array;
}

function open(bytes: Uint8Array): Opened {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = 0;
  const next = () => view.getUint32(LENGTH_BYTES * at++, true);
  const heads = new Array<string>(next());
  const lengths = new Uint32Array(2 * next());
  const headLengths = Array.from(heads, next);
  for (let i = 0; i < lengths.length; i++) lengths[i] = next();
  const text = decoder.decode(bytes.subarray(LENGTH_BYTES * at));
  const end = text.length - headLengths.reduce((sum, length) => sum + length, 0);
  let start = end;
  for (const [i, length] of headLengths.entries()) heads[i] = text.slice(start, start += length);
  return { text, end, heads, lengths };
}

function headIn(number: number): number {
  return number >>> LENGTH_BITS;
}

function lengthIn(number: number): number {
  return number & ((1 << LENGTH_BITS) - 1);
}
