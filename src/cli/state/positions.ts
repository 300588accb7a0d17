/** Where a job that is imported goes on reading. */
import type { Broker, Position, TopicDescription } from "../../connectors/broker.ts";
import { BrokerError } from "../../connectors/broker_errors.ts";
import { JOB_ENTRY, jobRecordOf, jobText, partitionSplit, splitEntry, splitText } from "../../engine/internal.ts";
import type { StartingPoint } from "../../engine/mod.ts";
import { timeText } from "../../inspect/record_text.ts";
import { partitionOf, type SplitEntry, splitsOf } from "../../inspect/commit.ts";

/** What becomes of positions in topics; those of other sources stay as they are. */
export type PositionPolicy = "keep" | StartingPoint;

/** Entries with the positions that the job gets. */
export interface Placed {
  readonly entries: Map<string, string>;
  /** Those in topics of this broker. */
  readonly positions: readonly Position[];
  /** Sentences to log about them. */
  readonly words: readonly string[];
}

/**
 * Chooses where a job goes on reading at this broker.
 *
 * With "keep" all must lie within their partitions, which is all that can be checked: an offset says nothing of the record
 * that lies there. Else every partition that the topic has here is read from the given point on; event time stays where it
 * was, so records before it are late.
 *
 * @throws {BrokerError} if a topic is missing, or a position to keep lies outside of its partition
 */
export async function placePositions(
  broker: Broker,
  entries: ReadonlyMap<string, string>,
  policy: PositionPolicy,
): Promise<Placed> {
  const splits = splitsOf(entries);
  const inTopics = splits.flatMap((split) => {
    const place = partitionOf(split);
    return place === undefined ? [] : [{ split, ...place }];
  });
  const others = [...new Set(splits.filter((split) => partitionOf(split) === undefined).map(({ source }) => source))];
  const names = [...new Set(inTopics.map(({ topic }) => topic))];
  const topics = await describe(broker, names);
  const words = others.map((source) => `Positions of "${source}" are no offsets of a topic: they stay as they are`);
  if (policy === "keep") {
    checkRanges(inTopics, topics);
    checkBounds(entries, topics);
    if (names.length > 0) {
      words.push(
        `Positions stay as they are: each lies within its partition here; that the records of ${
          listed(names)
        } are the same ` +
          "as where it was exported is not checked; from now on the positions belong to the topics that are here",
      );
    }
    const positions = inTopics.map(({ split, topic, partition }) => ({
      topic,
      partition,
      offset: split.position as number,
    }));
    const placed = new Map(entries);
    for (const { split, topic } of inTopics) bind(placed, split, topics.get(topic)!);
    return { entries: placed, positions, words };
  }
  const placed = new Map(entries);
  const positions: Position[] = [];
  for (const [topic, { startOffsets, endOffsets }] of topics) {
    const offsets = policy === "earliest"
      ? startOffsets
      : policy === "latest"
      ? endOffsets
      : await broker.offsetsAt(topic, policy);
    positions.push(...offsets.map((offset, partition) => ({ topic, partition, offset })));
  }
  const sources = new Map(inTopics.map(({ split, topic }) => [`${split.source}\n${topic}`, { split, topic }]));
  for (const { split } of inTopics) placed.delete(splitEntry(split.source, split.split));
  for (const { split: { source }, topic } of sources.values()) {
    for (const { partition, offset } of positions.filter((each) => each.topic === topic)) {
      const id = partitionSplit(topic, partition);
      const { watermark } = splits.find((split) => split.source === source && split.split === id) ?? {};
      bind(placed, { source, split: id, position: offset, watermark }, topics.get(topic)!);
    }
  }
  // Where a bounded run was to end is a position too.
  const record = jobRecordOf(entries)!;
  placed.set(JOB_ENTRY, jobText({ ...record, bounds: null }));
  if (names.length > 0) {
    const point = typeof policy === "number"
      ? `the first record of ${timeText(policy)} or later`
      : `the ${policy} offset`;
    words.push(`Every partition of ${listed(names)} is read from ${point} on; state and event time stay as they were`);
  }
  const latestMs = Math.max(...Object.values(record.watermarks));
  if (latestMs > Number.NEGATIVE_INFINITY && policy !== "latest") {
    words.push(`Event time stands at ${timeText(latestMs)}: windows take records before that as late`);
  }
  return { entries: placed, positions, words };
}

/** From now on the position points into the topic that is here. */
function bind(
  entries: Map<string, string>,
  { source, split, position, watermark }: Pick<SplitEntry, "source" | "split" | "position"> & {
    readonly watermark?: number | undefined;
  },
  { id }: TopicDescription,
): void {
  const text = splitText({
    position,
    ...watermark !== undefined && { watermark },
    ...id !== undefined && { identity: { topicId: id } },
  });
  entries.set(splitEntry(source, split), text);
}

async function describe(broker: Broker, names: readonly string[]): Promise<Map<string, TopicDescription>> {
  const existing = new Set(await broker.listTopics());
  const missing = names.filter((name) => !existing.has(name));
  if (missing.length > 0) {
    throw new BrokerError(
      `Cannot import the job: it reads ${listed(missing)}, which the ${broker.description} does not have; create ` +
        (missing.length === 1 ? "it first" : "them first"),
    );
  }
  return new Map((await broker.describeTopics(names)).map((topic) => [topic.name, topic]));
}

function checkRanges(
  inTopics: readonly { readonly split: SplitEntry; readonly topic: string; readonly partition: number }[],
  topics: ReadonlyMap<string, TopicDescription>,
): void {
  const wrong = inTopics.flatMap(({ split, topic, partition }) => {
    const { startOffsets, endOffsets } = topics.get(topic)!;
    const start = startOffsets[partition];
    const end = endOffsets[partition];
    if (start === undefined || end === undefined) return [`"${topic}" has no partition ${partition}`];
    const position = split.position as number;
    if (position >= start && position <= end) return [];
    return [`"${topic}" partition ${partition} goes from ${start} to ${end}, the position is ${position}`];
  });
  if (wrong.length === 0) return;
  const more = wrong.length > 3 ? `; and ${wrong.length - 3} more` : "";
  throw new BrokerError(
    `Cannot keep the job's positions, these are not the topics that it has read: ${
      wrong.slice(0, 3).join("; ")
    }${more}; ` +
      "say --positions earliest, latest or a time to choose others",
  );
}

/** Ends of a bounded run that was interrupted. */
function checkBounds(entries: ReadonlyMap<string, string>, topics: ReadonlyMap<string, TopicDescription>): void {
  const bounds = Object.values(jobRecordOf(entries)?.bounds ?? {}).flatMap((splits) => Object.entries(splits));
  for (const [split, position] of bounds) {
    const place = partitionOf({ source: "", split, position });
    const end = place && topics.get(place.topic)?.endOffsets[place.partition];
    if (end === undefined || (position as number) <= end) continue;
    throw new BrokerError(
      `Cannot keep the job's positions: its bounded run was to end at offset ${position} of "${
        place!.topic
      }" partition ` +
        `${place!.partition}, which ends at ${end} here; say --positions earliest, latest or a time to choose others`,
    );
  }
}

function listed(names: readonly string[]): string {
  return names.map((name) => `"${name}"`).join(", ");
}
