import type { DeadLetterRow } from "../../dead_letter_json.ts";

/** "skyone 3 @ 1204": topic, partition, offset; or the window or timer that failed. */
export function placeOf({ origin, firing }: Pick<DeadLetterRow, "origin" | "firing">): string {
  return origin === null ? firing ?? "made by the job" : `${origin.topic} ${origin.partition} @ ${origin.offset}`;
}
