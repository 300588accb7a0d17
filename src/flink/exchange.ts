/** What goes from stage to stage beside key and value: to which input, and which record of a topic it was made of. */
import type { ByteWriter } from "./protocol/byte_writer.ts";
import type { RowReader } from "./protocol/rows.ts";

/** A record of a topic, for messages. */
export interface TopicPlace {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
}

const decoder = new TextDecoder();
const encoder = new TextEncoder();

/** The bytes of each topic's name: every element that is exchanged has one. */
const topicBytes = new Map<string, Uint8Array>();

function bytesOfTopic(topic: string): Uint8Array {
  let bytes = topicBytes.get(topic);
  if (bytes === undefined) topicBytes.set(topic, bytes = encoder.encode(topic));
  return bytes;
}

/**
 * Writes the rest of an exchanged element: `u16 input | i32 partition | f64 offset | topic`; only the input where the place is
 * not known, as of what a window emits.
 */
export function writeExchangeRest(to: ByteWriter, input: number, place: TopicPlace | undefined): void {
  to.short(input);
  if (place !== undefined) to.int(place.partition).double(place.offset).bytes(bytesOfTopic(place.topic));
}

/** Which input of its operator a row is for. */
export function inputOf({ view, restAt }: RowReader): number {
  return view.getUint16(restAt, true);
}

/** Where the rest of a row lies. */
type Rest = Pick<RowReader, "bytes" | "view" | "restAt" | "endAt">;

/** The record of a topic that a row was made of, where it is known. */
export function placeOf({ bytes, view, restAt, endAt }: Rest): TopicPlace | undefined {
  if (endAt === restAt + 2) return undefined;
  return {
    topic: decoder.decode(bytes.subarray(restAt + 14, endAt)),
    partition: view.getInt32(restAt + 2, true),
    offset: view.getFloat64(restAt + 6, true),
  };
}

/** `"skyone" partition 3 offset 1204` */
export function formatTopicPlace({ topic, partition, offset }: TopicPlace): string {
  return `"${topic}" partition ${partition} offset ${offset}`;
}
