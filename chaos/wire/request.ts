/** A request on its way through the proxy. */
import { type Message, readMessage, writeMessage } from "./codec.ts";
import { type ApiDefinition, apiDefinitions, holds } from "./definitions.ts";
import { WireReader, WireWriter } from "./wire_bytes.ts";

/** A client's request to a broker. Its body is decoded only when it is read. */
export class WireRequest {
  readonly apiKey: number;
  readonly version: number;
  readonly correlationId: number;
  readonly clientId: string | null;
  /** The id of the broker that gets it; -1 for an address that no broker advertises. */
  readonly nodeId: number;
  readonly #frame: Uint8Array;
  readonly #bodyAt: number;
  #body: Message | undefined;
  #changed = false;

  /** @throws {RangeError} if the frame is not a request */
  constructor(frame: Uint8Array, nodeId: number) {
    const reader = new WireReader(frame);
    this.apiKey = reader.int16();
    this.version = reader.int16();
    this.correlationId = reader.int32();
    const length = reader.int16();
    this.clientId = length < 0 ? null : new TextDecoder().decode(reader.take(length));
    this.nodeId = nodeId;
    this.#frame = frame;
    if (this.flexible) skipTags(reader);
    this.#bodyAt = reader.at;
  }

  /** Undefined for an api that the proxy only passes on. */
  get definition(): ApiDefinition | undefined {
    return apiDefinitions().get(this.apiKey);
  }

  /** Kafka's name for it; "api N" for one that the proxy only passes on. */
  get api(): string {
    return this.definition?.api ?? `api ${this.apiKey}`;
  }

  get flexible(): boolean {
    return holds(this.definition?.request.flexible, this.version);
  }

  /** Whether the proxy can decode it, and its answer. */
  get readable(): boolean {
    return holds(this.definition?.request.versions, this.version);
  }

  /** The decoded body. @throws {RangeError} unless {@link readable} */
  get body(): Message {
    return this.#body ??= readMessage(
      new WireReader(this.#frame.subarray(this.#bodyAt)),
      this.#known().request,
      this.version,
    );
  }

  /** Replaces the body that the broker gets. */
  set body(body: Message) {
    this.#body = body;
    this.#changed = true;
  }

  /** Whether the broker answers: not if a producer wants no acknowledgement. */
  get isAnswered(): boolean {
    return this.api !== "Produce" || !this.readable || this.body.acks !== 0;
  }

  /** The frame that the broker gets. */
  frame(): Uint8Array {
    if (!this.#changed) return this.#frame;
    const writer = new WireWriter();
    writer.put(this.#frame.subarray(0, this.#bodyAt));
    writeMessage(writer, this.#known().request, this.version, this.body);
    return writer.written();
  }

  /** Reads an answer to it. */
  readAnswer(frame: Uint8Array): Message {
    const reader = new WireReader(frame);
    reader.int32();
    if (this.#answerHasTags) skipTags(reader);
    return readMessage(reader, this.#known().response, this.version);
  }

  /** The frame of an answer to it. @param version the answer's version, if it is not the request's */
  writeAnswer(answer: Message, version = this.version): Uint8Array {
    const writer = new WireWriter();
    writer.int32(this.correlationId);
    if (this.#answerHasTags) writer.uvarint(0);
    writeMessage(writer, this.#known().response, version, answer);
    return writer.written();
  }

  /** Whether the answer's header has tagged fields: never for ApiVersions, as its client does not know the broker's versions yet. */
  get #answerHasTags(): boolean {
    return this.flexible && this.api !== "ApiVersions";
  }

  #known(): ApiDefinition {
    const { definition } = this;
    if (definition !== undefined && this.readable) return definition;
    throw new RangeError(`Cannot read a request of ${this.api}: nobody here knows its version ${this.version}`);
  }
}

function skipTags(reader: WireReader): void {
  for (let count = reader.uvarint(); count > 0; count--) {
    reader.uvarint();
    reader.take(reader.uvarint());
  }
}
