import { Hono } from "hono";
import { streamSSE } from "hono/streaming";
import type { TopicDescription } from "../../connectors/broker.ts";
import { SYSTEM_CLOCK } from "../../engine/mod.ts";
import { type RecordJson, recordJson } from "../../inspect/record_json.ts";
import { searchRecords, wanted } from "../../inspect/search_records.ts";
import { fetchAll, rangesOf } from "../../inspect/topic_records.ts";
import { type PartitionRow, type TopicRow, TopicsLook } from "../../inspect/topics_look.ts";
import { parseStart, UsageError, wholeNumber } from "../../utils.ts";
import type { DashboardContext } from "../context.ts";
import { type GroupRow, groupsOf } from "../groups.ts";

/** `GET /` */
export interface TopicsAnswer {
  readonly topics: readonly TopicRow[];
}

/** `GET /TOPIC` */
export interface TopicAnswer {
  readonly name: string;
  readonly partitions: readonly PartitionRow[];
  readonly groups: readonly GroupRow[];
}

/** `GET /TOPIC/records` */
export interface RecordsAnswer {
  readonly records: readonly RecordJson[];
  readonly looked: number;
  readonly isComplete: boolean;
}

/** The event `records` of `GET /TOPIC/tail`. */
export interface TailEvent {
  readonly records: readonly RecordJson[];
  /** Records that came beside these: too many to read. */
  readonly left: number;
}

/** So many records are sent at once; of more the newest. */
const TAIL_RECORDS = 50;
/** Between two events of a tail, ms: what a person can follow with the eye. */
const TAIL_MS = 250;
const MAX_LIMIT = 500;

/**
 * Topics with their partitions and consumer groups, and their records: the newest or those of a search, and a live tail.
 */
export function topicsApi({ broker, feed, signal }: DashboardContext): Hono {
  const look = new TopicsLook(broker, SYSTEM_CLOCK.monotonicMs);
  return new Hono()
    .get("/", async (c) => c.json({ topics: await look.all() } satisfies TopicsAnswer))
    .get("/:topic", async (c) => {
      const name = c.req.param("topic");
      const partitions = await look.partitions(name);
      const groups = await groupsOf(broker, { topic: name, partitions, jobs: (await feed.newest()).jobs });
      return c.json({ name, partitions, groups } satisfies TopicAnswer);
    })
    .get("/:topic/records", async (c) => {
      const query = searchOf(c.req.query());
      const found = await searchRecords(broker, c.req.param("topic"), query, signal);
      const records = found.records.map(({ partition, record }) => recordJson(partition, record));
      return c.json({ ...found, records } satisfies RecordsAnswer);
    })
    .get("/:topic/tail", async (c) => {
      const name = c.req.param("topic");
      const [topic] = await broker.describeTopics([name]) as [TopicDescription];
      const { key, text, partition } = searchOf(c.req.query());
      const isWanted = wanted(key, text) ?? (() => true);
      const ranges = rangesOf(topic).filter((range) => partition === undefined || range.partition === partition);
      return streamSSE(c, async (stream) => {
        const end = new AbortController();
        stream.onAbort(() => end.abort());
        const both = AbortSignal.any([end.signal, signal]);
        const fetcher = await broker.fetcher();
        let [pending, left]: [RecordJson[], number] = [[], 0];
        let sentMs = Number.NEGATIVE_INFINITY;
        const send = async () => {
          if (pending.length + left === 0 || SYSTEM_CLOCK.monotonicMs() - sentMs < TAIL_MS) return;
          const event: TailEvent = { records: pending, left };
          [pending, left] = [[], 0];
          sentMs = SYSTEM_CLOCK.monotonicMs();
          await stream.writeSSE({ event: "records", data: JSON.stringify(event) });
        };
        // What came last within the pause must not wait for the next record.
        const ticks = setInterval(() => void send().catch(() => end.abort()), TAIL_MS);
        try {
          await stream.writeSSE({ event: "ready", data: "{}" });
          const positions = ranges.map(({ partition, end }) => ({ topic: name, partition, offset: end }));
          for await (const { partition, records } of fetchAll(fetcher, positions, undefined, both)) {
            for (const record of records) if (isWanted(record)) pending.push(recordJson(partition, record));
            left += Math.max(0, pending.length - TAIL_RECORDS);
            pending = pending.slice(-TAIL_RECORDS);
            await send();
          }
        } finally {
          clearInterval(ticks);
          await fetcher.close();
        }
      });
    });
}

function searchOf(query: Record<string, string>) {
  const number = (name: string, text: string | undefined, parse = wholeNumber({ min: 0 })) => {
    if (text === undefined || text === "") return undefined;
    try {
      return parse(text);
    } catch (error) {
      throw new UsageError(`Cannot use ${name} ${text}: ${(error as Error).message}`);
    }
  };
  return {
    partition: number("partition", query.partition),
    offset: number("offset", query.offset),
    from: number("time", query.from, (text) => parseStart(text) as number),
    key: query.key === "" ? undefined : query.key,
    text: query.text === "" ? undefined : query.text,
    limit: Math.min(number("limit", query.limit) ?? 50, MAX_LIMIT),
  };
}
