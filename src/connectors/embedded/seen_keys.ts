/** Keys differ mostly in their last characters, and a hash of only those is faster. */
const HASHED_CHARS = 32;

/** FNV-1a of the end of `head + text.slice(start, end)`, 32 bits with a sign. */
export function hashOf(head: string, text: string, start: number, end: number): number {
  let hash = 0x811c9dc5;
  for (let i = Math.max(0, head.length - Math.max(0, HASHED_CHARS - (end - start))); i < head.length; i++) {
    hash = Math.imul(hash ^ head.charCodeAt(i), 0x01000193);
  }
  for (let i = Math.max(start, end - HASHED_CHARS); i < end; i++) {
    hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  }
  return hash;
}

/**
 * A set of keys that are pieces of larger texts and stay there, each behind a head that it shares with other keys.
 *
 * In a `Set` each key would be a string of its own that outlives the young generation of the heap: compacting many entries would
 * take more time and far more memory (figures in bench/NOTES.md).
 */
export class SeenKeys {
  /** Open addressing: the places of keys, from 1; 0 for a free slot. */
  #slots = new Int32Array(1 << 12);
  readonly #hashes: number[] = [];
  readonly #heads: string[] = [];
  readonly #texts: string[] = [];
  readonly #starts: number[] = [];
  readonly #ends: number[] = [];

  /** Adds the key `head + text.slice(start, end)`. @returns false if it is in the set already */
  add(head: string, text: string, start: number, end: number): boolean {
    const hash = hashOf(head, text, start, end);
    const mask = this.#slots.length - 1;
    let slot = hash & mask;
    for (let place = this.#slots[slot]!; place > 0; place = this.#slots[slot]!) {
      if (this.#hashes[place - 1] === hash && this.#isAt(place - 1, head, text, start, end)) return false;
      slot = (slot + 1) & mask;
    }
    this.#heads.push(head);
    this.#texts.push(text);
    this.#starts.push(start);
    this.#ends.push(end);
    this.#slots[slot] = this.#hashes.push(hash);
    if (2 * this.#hashes.length > this.#slots.length) this.#grow();
    return true;
  }

  /** Whether the key is at a place, where it may be split into head and text in another way. */
  #isAt(place: number, head: string, text: string, start: number, end: number): boolean {
    const other = this.#heads[place]!;
    const [otherStart, otherEnd] = [this.#starts[place]!, this.#ends[place]!];
    if (other.length + otherEnd - otherStart !== head.length + end - start) return false;
    const [rest, otherRest] = [text.slice(start, end), this.#texts[place]!.slice(otherStart, otherEnd)];
    return other === head ? otherRest === rest : other + otherRest === head + rest;
  }

  #grow(): void {
    const slots = new Int32Array(2 * this.#slots.length);
    const mask = slots.length - 1;
    for (let i = 0; i < this.#hashes.length; i++) {
      let slot = this.#hashes[i]! & mask;
      while (slots[slot]! > 0) slot = (slot + 1) & mask;
      slots[slot] = i + 1;
    }
    this.#slots = slots;
  }
}
