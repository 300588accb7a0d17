/** Which dead letters can be replayed, and why others cannot. */
import type { Broker } from "../../connectors/broker.ts";
import { jobRecordOf } from "../../engine/internal.ts";
import { formatCount } from "../../utils.ts";
import { timeText } from "../../inspect/record_text.ts";
import type { DeadLetterInfo, DeadLetterList } from "./dead_letters.ts";

/** Dead letters that can be replayed, and the others, each with the reason as a sentence without its subject. */
export interface SortedOut {
  readonly can: DeadLetterInfo[];
  readonly cannot: [DeadLetterInfo, string][];
}

/** Which dead letters to sort out. */
export interface SortOutOptions {
  readonly job: string;
  readonly letters: readonly DeadLetterInfo[];
  readonly resolved: DeadLetterList["resolved"];
  /** Whether late records, and dead letters that were replayed or dropped before, are replayed too. */
  readonly force: boolean;
}

/** Finds the dead letters whose records can be written back to their topics. */
export async function sortOut(broker: Broker, options: SortOutOptions): Promise<SortedOut> {
  const { job, letters, resolved, force } = options;
  const existing = new Set(await broker.listTopics());
  const topics = [...new Set(letters.flatMap(({ origin }) => origin?.topic ?? []))].filter((name) =>
    existing.has(name)
  );
  const partitions = new Map(
    (await broker.describeTopics(topics)).map(({ name, endOffsets }) => [name, endOffsets.length]),
  );
  const watermarks = jobRecordOf(await broker.readCommit(job))?.watermarks ?? {};
  const can: DeadLetterInfo[] = [];
  const cannot: [DeadLetterInfo, string][] = [];
  for (const letter of letters) {
    const why = whyNot(letter, partitions) ??
      (force ? undefined : whyDone(letter, resolved) ?? whyLateAgain(letter, watermarks));
    if (why === undefined) can.push(letter);
    else cannot.push([letter, why]);
  }
  return { can, cannot };
}

/** Why there is no place to write the record to, or not all of it. */
function whyNot(
  { origin, operator, cutFrom }: DeadLetterInfo,
  partitions: ReadonlyMap<string, number>,
): string | undefined {
  if (origin === undefined) {
    return `the value that failed in "${operator}" came from no topic but was made by the job itself, so there is no topic to write it to`;
  }
  const count = partitions.get(origin.topic);
  if (count === undefined) return `it came from "${origin.topic}", which is not a topic here`;
  if (origin.partition >= count) {
    return `it came from partition ${origin.partition} of "${origin.topic}", which has ${count} now`;
  }
  if (cutFrom !== undefined) {
    return `its value of ${
      formatCount(cutFrom)
    } bytes was too large for a dead letter, which holds only the beginning of it`;
  }
  return undefined;
}

function whyDone({ id }: DeadLetterInfo, resolved: DeadLetterList["resolved"]): string | undefined {
  const fate = resolved.get(id);
  return fate === undefined ? undefined : `it was ${fate} already; --force replays it all the same`;
}

/** Why a late record would be late again, by the event time of the job's commit; undefined if not, as after a reset of the job. */
function whyLateAgain(
  { origin, errorClass, operator, lateFromMs }: DeadLetterInfo,
  watermarks: Readonly<Record<string, number>>,
): string | undefined {
  // Dead letters of earlier versions do not hold it.
  const fromMs = lateFromMs ?? (errorClass === "LateRecord" ? origin?.timestampMs : undefined);
  if (fromMs === undefined) return undefined;
  if (fromMs === Number.NEGATIVE_INFINITY) {
    return "it falls into no window, whenever it comes; --force replays it all the same";
  }
  // The uid of an operator without one of its own is its name.
  const nowMs = watermarks[operator] ?? Math.max(...Object.values(watermarks));
  if (nowMs < fromMs) return undefined;
  return `event time of "${operator}" is at ${
    timeText(nowMs)
  }, so it would be late again; --force replays it all the same`;
}
