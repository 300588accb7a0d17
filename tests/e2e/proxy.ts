/**
 * A TCP proxy between a Kafka and its clients, for trouble on the way. It makes the cluster tell clients its own address in
 * place of the broker's, so that nothing goes past it.
 */
export class KafkaProxy implements AsyncDisposable {
  /** Waits so long before each response, ms. */
  delayMs = 0;
  readonly #target: { readonly hostname: string; readonly port: number };
  readonly #port: number;
  #listener: Deno.TcpListener | undefined;
  readonly #open = new Set<Deno.TcpConn>();
  readonly #running = new Set<Promise<void>>();
  #next = Promise.withResolvers<void>();
  /** Is called when the next response has been cut. */
  #cut: (() => void) | undefined;

  private constructor(target: string, listener: Deno.TcpListener) {
    const [hostname, port] = target.split(":") as [string, string];
    this.#target = { hostname, port: Number(port) };
    this.#port = listener.addr.port;
    this.#serve(listener);
  }

  /** @param target `host:port` of a broker, as it calls itself */
  static start(target: string): KafkaProxy {
    return new KafkaProxy(target, Deno.listen({ hostname: "localhost", port: 0 }));
  }

  /** Where clients find it. */
  get address(): string {
    return `localhost:${this.#port}`;
  }

  /** Drops all connections; resolves when a client has opened a new one. */
  drop(): Promise<void> {
    for (const connection of this.#open) closeQuietly(connection);
    return this.#next.promise;
  }

  /** Drops the connection of the next response in the middle of it; resolves when that has happened. */
  cut(): Promise<void> {
    return new Promise((resolve) => this.#cut = resolve);
  }

  /** Drops all connections and refuses new ones. */
  refuse(): void {
    if (this.#listener !== undefined) closeQuietly(this.#listener);
    this.#listener = undefined;
    void this.drop();
  }

  /** Ends {@link refuse}. */
  accept(): void {
    this.#serve(Deno.listen({ hostname: "localhost", port: this.#port }));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.refuse();
    await Promise.all(this.#running);
  }

  #serve(listener: Deno.TcpListener): void {
    this.#listener = listener;
    this.#keep((async () => {
      for await (const client of listener) {
        this.#next.resolve();
        this.#next = Promise.withResolvers();
        this.#keep(this.#connect(client));
      }
    })());
  }

  #keep(work: Promise<void>): void {
    const kept = work.catch((error) => {
      if (!isBroken(error)) throw error;
    }).finally(() => this.#running.delete(kept));
    this.#running.add(kept);
  }

  async #connect(client: Deno.TcpConn): Promise<void> {
    this.#open.add(client);
    let broker: Deno.TcpConn | undefined;
    try {
      broker = await Deno.connect(this.#target);
      this.#open.add(broker);
      await Promise.race([
        client.readable.pipeTo(broker.writable),
        this.#passResponses(broker, client),
      ]);
    } finally {
      for (const end of [client, broker]) {
        if (end === undefined) continue;
        this.#open.delete(end);
        closeQuietly(end);
      }
    }
  }

  /** Response by response: a length of four bytes, and so many bytes. */
  async #passResponses(broker: Deno.TcpConn, client: Deno.TcpConn): Promise<void> {
    let rest = new Uint8Array(0);
    const chunk = new Uint8Array(1 << 16);
    for (;;) {
      const read = await broker.read(chunk);
      if (read === null) return;
      rest = concat(rest, chunk.subarray(0, read));
      while (rest.length >= 4) {
        const end = 4 + new DataView(rest.buffer, rest.byteOffset).getInt32(0);
        if (rest.length < end) break;
        const response = rest.slice(0, end);
        rest = rest.slice(end);
        this.#hideBroker(response);
        if (this.delayMs > 0) await new Promise((resolve) => setTimeout(resolve, this.delayMs));
        if (this.#cut !== undefined) {
          const done = this.#cut;
          this.#cut = undefined;
          await writeAll(client, response.subarray(0, end >> 1));
          return done();
        }
        await writeAll(client, response);
      }
    }
  }

  /** Puts our port in the place of the broker's, wherever its address stands. */
  #hideBroker(response: Uint8Array): void {
    const { hostname, port } = this.#target;
    const host = new TextEncoder().encode(hostname);
    // A text's length stands before it, in two bytes; in newer versions it is one more, in one byte.
    const older = new Uint8Array([0, host.length, ...host, ...int32(port)]);
    const newer = new Uint8Array([host.length + 1, ...host, ...int32(port)]);
    for (const address of [older, newer]) {
      for (let at = 4; at + address.length <= response.length; at++) {
        if (address.every((byte, i) => response[at + i] === byte)) {
          response.set(int32(this.#port), at + address.length - 4);
        }
      }
    }
  }
}

function int32(number: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setInt32(0, number);
  return bytes;
}

function concat(first: Uint8Array, second: Uint8Array): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(first.length + second.length);
  whole.set(first);
  whole.set(second, first.length);
  return whole;
}

async function writeAll(connection: Deno.TcpConn, bytes: Uint8Array): Promise<void> {
  for (let rest = bytes; rest.length > 0;) rest = rest.subarray(await connection.write(rest));
}

function closeQuietly(resource: Disposable & { close(): void }): void {
  try {
    resource.close();
  } catch (error) {
    if (!isBroken(error)) throw error;
  }
}

/** What happens when one of the two ends goes away, or we close it. */
function isBroken(error: unknown): boolean {
  return error instanceof Deno.errors.BadResource || error instanceof Deno.errors.Interrupted ||
    error instanceof Deno.errors.ConnectionReset || error instanceof Deno.errors.BrokenPipe ||
    error instanceof Deno.errors.NotConnected || error instanceof Deno.errors.ConnectionAborted ||
    error instanceof TypeError;
}
