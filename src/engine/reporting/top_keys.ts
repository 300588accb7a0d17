import type { TopKeysStatus } from "../job_status.ts";
import { type Key, keyId } from "../state/key.ts";

/** So many samples are looked back at. */
const KEPT = 1_000;
/** So many keys are reported. */
const SHOWN = 5;
/** Characters of a key in a report. */
const MAX_TEXT = 60;

/**
 * The keys that an operator gets most often, by samples: now and then, and not at each record, the key at work is noted. So a key
 * with a tenth of the records has about a tenth of the samples, and a record pays nothing for it.
 */
export class TopKeys {
  /** A ring: the oldest gives way. */
  readonly #samples: Key[] = [];
  #next = 0;

  note(key: Key): void {
    this.#samples[this.#next] = key;
    this.#next = (this.#next + 1) % KEPT;
  }

  /** What the samples show; undefined as long as no key has come twice. */
  status(): TopKeysStatus | undefined {
    const counts = new Map<unknown, { readonly key: Key; count: number }>();
    for (const key of this.#samples) {
      const id = keyId(key);
      const counted = counts.get(id);
      if (counted === undefined) counts.set(id, { key, count: 1 });
      else counted.count++;
    }
    const keys = [...counts.values()].filter(({ count }) => count > 1)
      .sort((a, b) => b.count - a.count).slice(0, SHOWN)
      .map(({ key, count }) => ({ key: textOf(key), count }));
    return keys.length === 0 ? undefined : { samples: this.#samples.length, keys };
  }
}

function textOf(key: Key): string {
  const text = typeof key === "string" ? key : JSON.stringify(key);
  return text.length > MAX_TEXT ? `${text.slice(0, MAX_TEXT)}…` : text;
}
