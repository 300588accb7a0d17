const encoder = new TextEncoder();

/** So many texts are kept; when there are more, all are forgotten. */
const MAX_TEXTS = 500;
/** Longer ones are rarely the same. */
const MAX_LENGTH = 300;

/** Bytes of texts that come again and again, such as the names of headers: `encode()` takes longer than all else about them. */
export class KnownTexts {
  readonly #known = new Map<string, Uint8Array>();

  /** In UTF-8; not to be written to. */
  encode(text: string): Uint8Array {
    let bytes = this.#known.get(text);
    if (bytes !== undefined) return bytes;
    bytes = encoder.encode(text);
    if (text.length > MAX_LENGTH) return bytes;
    if (this.#known.size >= MAX_TEXTS) this.#known.clear();
    this.#known.set(text, bytes);
    return bytes;
  }
}

/** Names of headers, shared by all that read or write records in this process. */
export const HEADER_NAMES = new KnownTexts();
