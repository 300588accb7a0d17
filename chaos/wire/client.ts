/** A simple client: any request in any version, one after the other. */
import { connect, type Socket } from "node:net";
import type { Endpoint } from "./addresses.ts";
import { type Message, readMessage, writeMessage } from "./codec.ts";
import { apiNamed, holds, type MessageDefinition } from "./definitions.ts";
import { IncomingFrames, sendFrame } from "./frames.ts";
import { WireReader, WireWriter } from "./wire_bytes.ts";

/** One connection, to a broker or to the proxy. */
export class WireClient implements AsyncDisposable {
  readonly #socket: Socket;
  readonly #frames: IncomingFrames;
  #correlationId = 0;

  private constructor(socket: Socket) {
    this.#socket = socket;
    this.#frames = new IncomingFrames(socket);
  }

  /** Connects without waiting for it: the first request waits. */
  static to({ host, port }: Endpoint): WireClient {
    return new WireClient(connect({ host, port, noDelay: true }));
  }

  /** @returns the answer; undefined if the connection has ended before it arrived */
  async ask(api: string, version: number, body: Message): Promise<Message | undefined> {
    const { apiKey, request, response } = apiNamed(api);
    const writer = new WireWriter();
    writer.int16(apiKey);
    writer.int16(version);
    writer.int32(++this.#correlationId);
    writer.int16(-1); // no client id
    if (holds(request.flexible, version)) writer.uvarint(0);
    writeMessage(writer, request, version, body);
    await sendFrame(this.#socket, writer.written());
    const frame = await this.#frames.next();
    return frame === undefined ? undefined : readAnswer(frame, response, version);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = new Promise((resolve) => this.#socket.once("close", resolve));
    if (this.#socket.closed) return;
    this.#socket.destroy();
    await closed;
  }
}

function readAnswer(frame: Uint8Array, response: MessageDefinition, version: number): Message {
  const reader = new WireReader(frame);
  reader.int32();
  if (holds(response.flexible, version) && response.api !== "ApiVersions") reader.uvarint();
  const answer = readMessage(reader, response, version);
  if (reader.at === frame.length) return answer;
  throw new RangeError(
    `Cannot read an answer of ${response.api} ${version}: ${frame.length - reader.at} bytes are left`,
  );
}
