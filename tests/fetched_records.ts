import { FetchedRecord } from "../src/connectors/records/fetched_record.ts";
import { SharedBytes } from "../src/connectors/records/shared_bytes.ts";

/** Records as a fetch brings them: their values lie one after another, with bytes of the broker's own between. */
export function fetchedRecords(values: readonly (Uint8Array | null)[]): FetchedRecord[] {
  const size = values.reduce((sum, value) => sum + 1 + (value?.length ?? 0), 0);
  const bytes = new Uint8Array(size);
  const shared = new SharedBytes(bytes);
  let at = 0;
  return values.map((value, offset) => {
    bytes[at++] = 0xff;
    const valueAt = at;
    if (value !== null) bytes.set(value, at);
    at += value?.length ?? 0;
    return new FetchedRecord(offset, 0, undefined, shared, 0, -1, valueAt, value?.length ?? -1);
  });
}
