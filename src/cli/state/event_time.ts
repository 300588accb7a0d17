/** Sets the event time of a job's commit back. */
import type { Broker } from "../../connectors/broker.ts";
import { BrokerError } from "../../connectors/broker_errors.ts";
import { JOB_ENTRY, type JobRecord, jobRecordOf, jobText, splitEntry, splitText } from "../../engine/internal.ts";
import type { Logger } from "../../utils.ts";
import { timeText } from "../../inspect/record_text.ts";
import { withLease } from "./change.ts";
import { type Entries, splitsOf } from "../../inspect/commit.ts";
import { readCommit } from "./jobs.ts";

/** Entries of a commit that stand for a later event time, and what they become. */
interface SetBack {
  readonly changes: ReadonlyMap<string, string>;
  /** "counts from 2031-05-01 … to …", of each operator and partition. */
  readonly words: readonly string[];
}

/**
 * Sets event time back to `timeMs` wherever in the job it stands later: behind operators and in partitions. For a
 * job whose event time was taken years ahead by a record with a wrong time.
 *
 * State, positions and timers stay. The result of a window that was closed meanwhile stands too: a record that comes for it now
 * opens it afresh, with a second result.
 *
 * @throws {JobActiveError} while an instance of the job is active
 * @throws {BrokerError} if event time stands nowhere later
 */
export async function setEventTime(
  broker: Broker,
  job: string,
  options: { readonly timeMs: number; readonly logger: Logger; readonly signal: AbortSignal },
): Promise<void> {
  const { timeMs, logger, signal } = options;
  await readCommit(broker, job); // names other jobs if this one has none
  await withLease(broker, { job, topics: [], signal }, async (lease) => {
    const { changes, words } = setBack(await lease.restore(), timeMs);
    if (words.length === 0) {
      throw new BrokerError(
        `Cannot set the event time of "${job}" back to ${timeText(timeMs)}: it stands nowhere later; ` +
          `"deno task state ${job} list" shows where it stands`,
      );
    }
    await lease.commit({ changes, positions: [] });
    for (const each of words) logger.info(`Event time of ${each}`);
  });
  logger.info(
    "Windows that were closed since open again for records that come for them now, with a second result; windows and timers " +
      "that are open wait for their time as before",
  );
}

function setBack(entries: Entries, timeMs: number): SetBack {
  const changes = new Map<string, string>();
  const words: string[] = [];
  const lower = (what: string, ms: number): number => {
    if (ms > timeMs) words.push(`${what}: ${timeText(ms)} becomes ${timeText(timeMs)}`);
    return Math.min(ms, timeMs);
  };
  const all = (of: Readonly<Record<string, number>>, words = "") =>
    Object.fromEntries(Object.entries(of).map(([uid, ms]) => [uid, lower(`"${uid}"${words}`, ms)]));
  const record = jobRecordOf(entries)!;
  const { watermarks, ahead } = record;
  const job: JobRecord = {
    ...record,
    watermarks: all(watermarks),
    ...(ahead && { ahead: all(ahead, " in its bounded run") }),
  };
  changes.set(JOB_ENTRY, jobText(job));
  for (const { source, split, watermark, ...rest } of splitsOf(entries)) {
    if (watermark === undefined || watermark <= timeMs) continue;
    changes.set(splitEntry(source, split), splitText({ ...rest, watermark: lower(split, watermark) }));
  }
  return { changes, words };
}
