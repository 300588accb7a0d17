import { Buffer } from "node:buffer";
import type { Exchange } from "./exchange.ts";

/** Where a {@link Wire} writes to: a socket. */
export interface WireOutput {
  write(bytes: Uint8Array): void;
}

/** A request without an answer. */
interface Question {
  readonly resolve: (payload: Buffer) => void;
  readonly reject: (error: Error) => void;
}

/** Bytes before a request's body, without the client's id: length, api, version, correlation id, length of the client's id. */
const HEADER_BYTES = 14;
/** Bytes before an answer's body: length, correlation id. */
const ANSWER_HEADER_BYTES = 8;
/** A longer body is written by itself: putting it behind its header would copy it. */
const SHORT_BYTES = 1 << 14;

/**
 * Requests and answers as bytes of one connection: their headers, which answer belongs to which request, and the time that a
 * broker asks to be left alone.
 *
 * @see https://kafka.apache.org/protocol#protocol_messages
 */
export class Wire {
  readonly #clientId: Buffer;
  readonly #output: WireOutput;
  readonly #questions = new Map<number, Question>();
  #correlationId = 0;
  /** What has arrived of the next answer. */
  #chunks: Buffer[] = [];
  #bytes = 0;
  #bytesNeeded = ANSWER_HEADER_BYTES;
  /** By the monotonic clock: the system's clock may be set back. */
  #throttledUntilMs = 0;
  /** Requests that wait until then; they keep their order. */
  #waiting: (() => void)[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;
  #end: Error | undefined;

  constructor(clientId: string, output: WireOutput) {
    this.#clientId = Buffer.from(clientId);
    this.#output = output;
  }

  /**
   * Sends a request and resolves with its decoded answer. A body is not copied: it must not change before the answer.
   * @param onWrite called when it is sent, which a broker may have asked to be put off
   */
  async send({ request, response }: Exchange, onWrite: () => void = () => {}): Promise<unknown> {
    const { buffer } = await request.encode();
    if (this.#end !== undefined) throw this.#end;
    const payload = await new Promise<Buffer>((resolve, reject) => {
      const id = this.#correlationId;
      this.#correlationId = (id + 1) % 2 ** 31;
      this.#questions.set(id, { resolve, reject });
      const write = () => {
        onWrite();
        this.#write(request, id, buffer);
      };
      if (this.#waiting.length === 0 && this.#throttledUntilMs <= performance.now()) write();
      else this.#later(write);
    });
    const decoded = await response.decode(payload);
    const { clientSideThrottleTime: throttleMs = 0 } = decoded as { readonly clientSideThrottleTime?: number };
    if (throttleMs > 0) this.#throttledUntilMs = Math.max(this.#throttledUntilMs, performance.now() + throttleMs);
    return await response.parse(decoded);
  }

  /**
   * Takes bytes that have arrived.
   * @throws {RangeError} if they are no answer to a request
   */
  receive(chunk: Buffer): void {
    this.#chunks.push(chunk);
    this.#bytes += chunk.length;
    while (this.#bytes >= this.#bytesNeeded) {
      // All of an answer at once: it is often large, and arrives in many chunks.
      const bytes = this.#chunks.length === 1 ? this.#chunks[0]! : Buffer.concat(this.#chunks, this.#bytes);
      this.#chunks = [bytes];
      const end = 4 + bytes.readInt32BE(0);
      const question = this.#questions.get(bytes.readInt32BE(4));
      if (end < ANSWER_HEADER_BYTES || question === undefined) throw new RangeError("it answers what was not asked");
      this.#bytesNeeded = end;
      if (bytes.length < end) return;
      this.#questions.delete(bytes.readInt32BE(4));
      question.resolve(bytes.subarray(ANSWER_HEADER_BYTES, end));
      this.#chunks = bytes.length === end ? [] : [bytes.subarray(end)];
      this.#bytes -= end;
      this.#bytesNeeded = ANSWER_HEADER_BYTES;
    }
  }

  /** Rejects all requests without an answer, and later ones. */
  close(error: Error): void {
    this.#end ??= error;
    clearTimeout(this.#timer);
    this.#waiting = [];
    for (const { reject } of this.#questions.values()) reject(error);
    this.#questions.clear();
    this.#chunks = [];
  }

  #write({ apiKey, apiVersion }: Exchange["request"], correlationId: number, body: Uint8Array): void {
    const clientId = this.#clientId;
    const headerBytes = HEADER_BYTES + clientId.length;
    const isShort = body.length <= SHORT_BYTES;
    const bytes = Buffer.allocUnsafe(isShort ? headerBytes + body.length : headerBytes);
    bytes.writeInt32BE(headerBytes - 4 + body.length, 0);
    bytes.writeInt16BE(apiKey, 4);
    bytes.writeInt16BE(apiVersion, 6);
    bytes.writeInt32BE(correlationId, 8);
    bytes.writeInt16BE(clientId.length, 12);
    bytes.set(clientId, HEADER_BYTES);
    if (isShort) bytes.set(body, headerBytes);
    this.#output.write(bytes);
    if (!isShort) this.#output.write(body);
  }

  #later(write: () => void): void {
    this.#waiting.push(write);
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      const waiting = this.#waiting;
      this.#waiting = [];
      for (const each of waiting) {
        if (this.#waiting.length === 0 && this.#throttledUntilMs <= performance.now()) each();
        else this.#later(each);
      }
    }, Math.max(this.#throttledUntilMs - performance.now(), 0) + 1);
  }
}
