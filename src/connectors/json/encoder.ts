import type { JsonSinkOptions } from "../records/record_format.ts";
import type { Encode } from "../sink.ts";
import type { Topic } from "../topic.ts";
import { EncodeBuffer } from "./encode_buffer.ts";
import { JsonOutput } from "./output.ts";

/** Makes JSON of values for their topic. */
export function jsonEncoder<T, K>(
  { name, key: keyOf, schema }: Topic<T, K>,
  { headers: headersOf, partition: partitionOf }: JsonSinkOptions<T>,
): Encode<T> {
  const buffer = new EncodeBuffer();
  const keys = new JsonOutput(`write to topic "${name}"`, "key");
  const values = new JsonOutput(`write to topic "${name}"`, "value", schema);
  const plain: Encode<T> = (value, timestampMs) => {
    const key = keyOf(value);
    return buffer.written(name, timestampMs, keys, key, values, value) ??
      buffer.record(name, keys.text(key), values.text(value), timestampMs);
  };
  if (headersOf === undefined && partitionOf === undefined) return plain;
  return (of, eventTimeMs) => {
    const { topic, key, value, timestampMs } = plain(of, eventTimeMs);
    return { topic, key, value, timestampMs, headers: headersOf?.(of), partition: partitionOf?.(of) };
  };
}
