/** The frames of a socket: a length of four bytes, followed by that many bytes. */
import type { Socket } from "node:net";
import { Buffer } from "node:buffer";

/** How many bytes may wait here before the other side is paused. */
const PAUSE_AT_BYTES = 16 << 20;

/**
 * The frames that arrive at a socket. Those that have arrived are kept when the socket ends, as a request on its way arrives
 * even if its sender has gone.
 */
export class IncomingFrames {
  readonly #socket: Socket;
  #chunks: Buffer[] = [];
  #bytes = 0;
  #over = false;
  #news = Promise.withResolvers<void>();

  constructor(socket: Socket) {
    this.#socket = socket;
    socket.on("data", (chunk: Buffer) => {
      this.#chunks.push(chunk);
      this.#bytes += chunk.length;
      if (this.#bytes > PAUSE_AT_BYTES && this.#hasFrame()) socket.pause();
      this.#wake();
    });
    const end = () => {
      this.#over = true;
      this.#wake();
    };
    // An error ends the socket too; "close" follows.
    socket.on("error", end);
    socket.on("end", end);
    socket.on("close", end);
  }

  /** The next frame without its length; undefined when the socket has ended and no whole frame is left. */
  async next(): Promise<Uint8Array | undefined> {
    for (;;) {
      const frame = this.#take();
      if (frame !== undefined || this.#over) return frame;
      await this.#news.promise;
    }
  }

  #take(): Uint8Array | undefined {
    if (!this.#hasFrame()) return undefined;
    const length = this.#first(4).readInt32BE(0);
    const whole = this.#first(4 + length);
    this.#chunks[0] = this.#chunks[0]!.subarray(4 + length);
    this.#bytes -= 4 + length;
    if (this.#bytes < PAUSE_AT_BYTES) this.#socket.resume();
    return new Uint8Array(whole.subarray(4, 4 + length));
  }

  #hasFrame(): boolean {
    return this.#bytes >= 4 && this.#bytes >= 4 + this.#first(4).readInt32BE(0);
  }

  /** Puts at least `length` bytes into the first chunk. */
  #first(length: number): Buffer {
    if (this.#chunks[0]!.length < length) this.#chunks = [Buffer.concat(this.#chunks)];
    return this.#chunks[0]!;
  }

  #wake(): void {
    this.#news.resolve();
    this.#news = Promise.withResolvers();
  }
}

/** Sends a frame, or only the beginning of it; resolves when the socket has accepted it or has ended. */
export function sendFrame(socket: Socket, frame: Uint8Array, share = 1): Promise<void> {
  const bytes = Buffer.alloc(4 + frame.length);
  bytes.writeInt32BE(frame.length);
  bytes.set(frame, 4);
  return new Promise((resolve) => {
    if (socket.destroyed) return resolve();
    socket.write(bytes.subarray(0, Math.ceil(bytes.length * share)), () => resolve());
  });
}
