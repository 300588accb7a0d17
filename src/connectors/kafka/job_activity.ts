import type { BrokerRecord, JobActivity } from "../broker.ts";
import { type ChangelogReader, changelogTopic, isOfCommit } from "./changelog.ts";
import { KafkaFetcher } from "./fetcher.ts";
import { membersOf } from "./jobs.ts";
import { describeTopics } from "./topics.ts";

/** How many offsets from the end are read first. All records of a commit have one time, so the last record is enough. */
const TAIL_OFFSETS = 200;
/** After this many answers without a new record no batch leads to the end. */
const EMPTY_ANSWERS = 3;

/** When a job last committed, by its changelog, and its active instance, by its group. */
export async function jobActivity(reader: ChangelogReader): Promise<JobActivity> {
  const { count, holder } = await membersOf(reader.client, reader.job);
  return {
    holder: count === 0 ? undefined : holder ?? "another process",
    lastCommitMs: await lastCommitMs(reader),
    // The group's coordinator does not report heartbeats: a member of the group has sent one within its session timeout.
    lastSignOfLifeMs: undefined,
  };
}

/** The time of the newest record of a commit in the changelog. */
async function lastCommitMs({ client, job, signal }: ChangelogReader): Promise<number | undefined> {
  const topic = changelogTopic(job);
  const [description] = await describeTopics(client, [topic]);
  const [start, end] = [description!.startOffsets[0]!, description!.endOffsets[0]!];
  const fetcher = new KafkaFetcher(client.fork(), { crossGaps: true });
  try {
    for (let span = TAIL_OFFSETS;; span *= 10) {
      const from = Math.max(start, end - span);
      let newest: number | undefined;
      let offset = from;
      for (let empty = 0; offset < end && empty < EMPTY_ANSWERS;) {
        signal.throwIfAborted();
        const batches = await fetcher.fetch([{ topic, partition: 0, offset }], 100);
        empty = batches.length === 0 ? empty + 1 : 0;
        for (const { records, nextOffset } of batches) {
          newest = latestOf(records, newest);
          offset = nextOffset;
        }
      }
      if (newest !== undefined || from === start) return newest;
    }
  } finally {
    await fetcher.close();
  }
}

function latestOf(records: readonly BrokerRecord[], before: number | undefined): number | undefined {
  return records.filter(isOfCommit).reduce<number | undefined>(
    (latest, { timestampMs }) => Math.max(latest ?? timestampMs, timestampMs),
    before,
  );
}
