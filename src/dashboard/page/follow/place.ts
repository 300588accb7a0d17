/** Where the page Follow stands: a record, or a key of a topic. */
import type { BytesJson } from "../../../inspect/record_json.ts";
import type { Place as RecordPlace } from "../../../inspect/follow/protocol.ts";

/** The path of the page for a record. */
export function followPath({ topic, partition, offset }: RecordPlace): string {
  return `/follow?${new URLSearchParams({ topic, partition: String(partition), offset: String(offset) })}`;
}

/** The path of the page for a key. */
export function keyPath(topic: string, key: string): string {
  return `/follow?${new URLSearchParams({ topic, key })}`;
}

/** What the address bar asks for; undefined: nothing yet. */
export function askedOf(
  query: URLSearchParams,
): RecordPlace | { readonly topic: string; readonly key: string } | undefined {
  const topic = query.get("topic") ?? "";
  const key = query.get("key") ?? "";
  const [partition, offset] = [query.get("partition") ?? "", query.get("offset") ?? ""];
  if (topic === "") return undefined;
  if (key !== "") return { topic, key };
  if (!/^\d+$/.test(partition) || !/^\d+$/.test(offset)) return undefined;
  return { topic, partition: Number(partition), offset: Number(offset) };
}

/** What to follow a record's key by: the text of its only field, or all of it; undefined: it has none. */
export function keyOf(key: BytesJson): string | undefined {
  if (key === null || !("text" in key) || key.text === "") return undefined;
  try {
    const value = JSON.parse(key.text);
    const fields = typeof value === "object" && value !== null ? Object.values(value) : [value];
    if (fields.length === 1 && (typeof fields[0] === "string" || typeof fields[0] === "number")) {
      return String(fields[0]);
    }
  } catch {
    // It is a text.
  }
  return key.text;
}

let wished: string | undefined;

/** Whoever has clicked to follow a record need not click once more where it is shown; a link from elsewhere starts nothing. */
export function wish(place: RecordPlace): void {
  wished = followPath(place);
}

/** Whether this record was just wished for. */
export function takeWish(place: RecordPlace): boolean {
  const isIt = wished === followPath(place);
  if (isIt) wished = undefined;
  return isIt;
}
