/**
 * Batches of results as `POST` with JSON, to a service that takes them at least once.
 *
 * Each batch has an `Idempotency-Key` made of what it holds: a service that remembers keys takes a batch that comes again for what it is.
 * A status that may pass (429, 5xx) and a lost connection send the job back to its last commit, from where it tries again; any other
 * refusal is one of the records, each of which becomes a dead letter.
 */
import { RecordError } from "@stream-apps/deno";
import type { Sink, SinkContext, SinkWriter } from "@stream-apps/deno/sources";

/** Where batches go, and how large they are. */
export interface HttpSinkOptions {
  readonly url: URL;
  /** Records of one request; default 500. */
  readonly batch?: number;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Posts arrays of values. */
export class HttpSink<T> implements Sink<T> {
  readonly description: string;
  readonly #options: HttpSinkOptions;

  constructor(options: HttpSinkOptions) {
    this.#options = options;
    this.description = `POST ${options.url.host}`;
  }

  exactlyOnceWith(): boolean {
    return false;
  }

  open({ refuse }: SinkContext): Promise<SinkWriter<T>> {
    const { batch = 500 } = this.#options;
    let waiting: [value: T, timestampMs: number][] = [];
    return Promise.resolve({
      write: (value, timestampMs) => void waiting.push([value, timestampMs]),
      takeBack: (count) => void waiting.splice(waiting.length - count),
      flush: async () => {
        const records = waiting;
        waiting = [];
        for (let i = 0; i < records.length; i += batch) {
          const part = records.slice(i, i + batch);
          const refusal = await this.#post(part.map(([value]) => value));
          for (const [value, timestampMs] of refusal === undefined ? [] : part) refuse(value, timestampMs, refusal);
        }
      },
    });
  }

  /** @returns why the service does not want it @throws what may pass */
  async #post(values: readonly T[]): Promise<RecordError | undefined> {
    const { url, headers } = this.#options;
    const body = JSON.stringify(values);
    const hash = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(body));
    const key = new Uint8Array(hash).toHex();
    const all = { ...headers, "content-type": "application/json", "idempotency-key": key };
    const response = await fetch(url, { method: "POST", headers: all, body }).catch((error) => {
      throw Object.assign(error, { retriable: true });
    });
    await response.body?.cancel();
    if (response.ok) return undefined;
    const text = `Cannot post ${values.length} record(s) to ${url.host}: it answered ${response.status}`;
    if (response.status === 429 || response.status >= 500) throw Object.assign(new Error(text), { retriable: true });
    return new RecordError(text);
  }
}
