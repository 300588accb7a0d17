/** What a KafkaFetcher takes of answers that come twice, late, from an old leader, or without a batch. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import fc from "fast-check";
import type { FetchedBatch, Position } from "../../src/connectors/broker.ts";
import { BrokerUnavailableError, OffsetOutOfRangeError } from "../../src/connectors/broker_errors.ts";
import type { Client } from "../../src/connectors/kafka/client.ts";
import type { FetchedPartition } from "../../src/connectors/kafka/fetch_response.ts";
import type { FetchArguments } from "../../src/connectors/kafka/protocol.ts";
import { TopicSplit } from "../../src/connectors/topic_split.ts";
import { later } from "../later.ts";

const TOPIC = "skyone";
const allowed = Deno.permissions.querySync({ name: "env" }).state === "granted";

/** Registers a test; kafkajs reads the environment when it is loaded. */
function test(name: string, fn: () => Promise<void>): void {
  Deno.test({ name: allowed ? name : `${name} (skipped: it needs --allow-env)`, ignore: !allowed, fn });
}

async function newFetcher(cluster: Cluster, options: { readonly crossGaps?: boolean } = {}) {
  const { KafkaFetcher } = await import("../../src/connectors/kafka/fetcher.ts");
  return new KafkaFetcher(cluster.client, options);
}

/** A question that a node has been asked and has not answered. */
interface Question {
  readonly node: number;
  readonly positions: readonly Position[];
  readonly answer: (partitions: readonly FetchedPartition[]) => void;
}

/**
 * A cluster whose answers a test gives. Its nodes have all records of all partitions: whoever is asked can answer, as a follower
 * and a former leader can.
 */
class Cluster {
  /** Of each partition. */
  readonly leaders: number[];
  /** Of each partition. */
  readonly ends: number[];
  readonly open: Question[] = [];
  /** All that was asked, in order: "node: partition@offset …". */
  readonly asked: string[] = [];
  readonly logged: string[] = [];
  #onAsked: () => void = () => {};

  constructor(partitions: number, records: number) {
    this.leaders = new Array(partitions).fill(0);
    this.ends = new Array(partitions).fill(records);
  }

  get client(): Client {
    const client = {
      log: (level: string, message: string) => void this.logged.push(`${level}: ${message}`),
      leaders: () => Promise.resolve(new Map([[TOPIC, [...this.leaders]]])),
      node: (node: number) => Promise.resolve({ send: (_api: "Fetch", args: FetchArguments) => this.#ask(node, args) }),
      forgetTopic: () => {},
      topicId: () => undefined,
      close: () => {
        for (const { answer } of this.open) answer([]);
        return Promise.resolve();
      },
    };
    return client as unknown as Client;
  }

  /** Resolves when so many questions are open. */
  async untilOpen(count: number): Promise<void> {
    while (this.open.length < count) await new Promise<void>((resolve) => this.#onAsked = resolve);
  }

  /** What a node that has all records answers, `records` of each partition at the most. */
  full({ positions }: Question, records = Infinity): FetchedPartition[] {
    return positions.map(({ partition, offset }) => {
      const end = this.ends[partition]!;
      return this.found(partition, offset, Math.max(Math.min(offset + records, end), offset));
    });
  }

  /** The same, to be read record by record. */
  oneByOne({ positions }: Question, records: number): FetchedPartition[] {
    return positions.map((position) => {
      const left = Math.max(Math.min(records, this.ends[position.partition]! - position.offset), 0);
      return inParts(this, position, Array.from({ length: left }, (_, i) => position.offset + i + 1));
    });
  }

  found(partition: number, offset: number, nextOffset: number, endOffset = this.ends[partition]!): FetchedPartition {
    const records = Array.from({ length: nextOffset - offset }, (_, i) => ({
      offset: offset + i,
      timestampMs: 0,
      key: null,
      value: null,
      headers: undefined,
    }));
    return { topic: TOPIC, partition, errorCode: 0, found: { records, nextOffset, bytes: records.length, endOffset } };
  }

  #ask(
    node: number,
    { topics }: FetchArguments,
  ): Promise<{ errorCode: number; partitions: readonly FetchedPartition[] }> {
    const positions = topics.flatMap(({ topic, partitions }) =>
      partitions.map(({ partition, fetchOffset }) => ({ topic, partition, offset: fetchOffset }))
    );
    this.asked.push(`${node}: ${positions.map(({ partition, offset }) => `${partition}@${offset}`).join(" ")}`);
    return new Promise((resolve) => {
      const question: Question = {
        node,
        positions,
        answer: (partitions) => {
          this.open.splice(this.open.indexOf(question), 1);
          resolve({ errorCode: 0, partitions });
        },
      };
      this.open.push(question);
      this.#onAsked();
    });
  }
}

const at = (offset: number, partition = 0): Position => ({ topic: TOPIC, partition, offset });
const offsetsOf = (batches: readonly FetchedBatch[]) =>
  batches.flatMap(({ records }) => records.map(({ offset }) => offset));

test("fetch() takes a record once when a partition's old and new leader both answer", async () => {
  const cluster = new Cluster(1, 8);
  const fetcher = await newFetcher(cluster);
  const first = later(fetcher.fetch([at(7)], 0));
  await cluster.untilOpen(1);
  assertEquals(await first, []);

  cluster.leaders[0] = 1;
  const second = later(fetcher.fetch([at(7)], 1_000));
  await cluster.untilOpen(2);
  const [old, now] = [...cluster.open];
  old!.answer(cluster.full(old!));
  now!.answer(cluster.full(now!));
  const batches = await second;
  await fetcher.close();

  assertEquals(cluster.asked, ["0: 0@7", "1: 0@7"]);
  assertEquals(offsetsOf(batches), [7]);
});

/** An answer that is read in parts, each up to one of these offsets. */
function inParts(cluster: Cluster, { partition, offset }: Position, ends: readonly number[]): FetchedPartition {
  const [end = offset, ...others] = ends;
  const answer = cluster.found(partition, offset, end);
  if (others.length === 0) return answer;
  const readOn = () => inParts(cluster, at(end, partition), others).found!;
  return { ...answer, found: { ...answer.found!, readOn } };
}

test("fetch() returns a large answer in parts, and asks the broker again when it has returned all", async () => {
  const cluster = new Cluster(1, 9);
  const fetcher = await newFetcher(cluster);
  const first = later(fetcher.fetch([at(0)], 1_000));
  await cluster.untilOpen(1);
  cluster.open[0]!.answer([inParts(cluster, at(0), [3, 5, 6])]);
  assertEquals(offsetsOf(await first), [0, 1, 2]);
  assertEquals(offsetsOf(await fetcher.fetch([at(3)], 1_000)), [3, 4]);
  assertEquals(offsetsOf(await fetcher.fetch([at(5)], 1_000)), [5]);
  assertEquals(cluster.asked, ["0: 0@0"]);

  const last = later(fetcher.fetch([at(6)], 1_000));
  await cluster.untilOpen(1);
  cluster.open[0]!.answer(cluster.full(cluster.open[0]!));
  assertEquals(offsetsOf(await last), [6, 7, 8]);
  await fetcher.close();
  assertEquals(cluster.asked, ["0: 0@0", "0: 0@6"]);
});

test("fetch() drops what it has kept of a partition when another offset is asked for", async () => {
  const cluster = new Cluster(1, 9);
  const fetcher = await newFetcher(cluster);
  const first = later(fetcher.fetch([at(0)], 1_000));
  await cluster.untilOpen(1);
  cluster.open[0]!.answer([inParts(cluster, at(0), [3, 6])]);
  await first;
  const elsewhere = later(fetcher.fetch([at(1)], 1_000));
  await cluster.untilOpen(1);
  cluster.open[0]!.answer(cluster.full(cluster.open[0]!));
  assertEquals(offsetsOf(await elsewhere), [1, 2, 3, 4, 5, 6, 7, 8]);
  const back = later(fetcher.fetch([at(3)], 1_000));
  await cluster.untilOpen(1);
  cluster.open[0]!.answer(cluster.full(cluster.open[0]!));
  assertEquals(offsetsOf(await back), [3, 4, 5, 6, 7, 8]);
  await fetcher.close();
  assertEquals(cluster.asked, ["0: 0@0", "0: 0@1", "0: 0@3"]);
});

test("fetch() brings each record once and in order, whatever moves, comes late, is empty or is cut short", async () => {
  const step = fc.record({
    /** Partition and its new leader, or neither. */
    move: fc.option(fc.tuple(fc.nat(2), fc.nat(2))),
    /** Which of the open questions are answered, with how many records of each partition, and whether these come one by one. */
    answers: fc.array(fc.tuple(fc.nat(5), fc.nat(3), fc.boolean()), { maxLength: 4 }),
    /** The partitions that are asked for. */
    wanted: fc.subarray([0, 1, 2], { minLength: 1 }),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
      const cluster = new Cluster(3, 10);
      const fetcher = await newFetcher(cluster);
      const splits = cluster.leaders.map((_, partition) =>
        new TopicSplit({ topic: TOPIC, partition, position: 0, end: 10, decode: ({ offset }) => offset })
      );
      const taken = splits.map((): number[] => []);
      const push = (batches: readonly FetchedBatch[]) => {
        for (const batch of batches) {
          splits[batch.partition]!.push(batch, 0); // refuses what is not next
          taken[batch.partition]!.push(...offsetsOf([batch]));
        }
      };
      for (const { move, answers, wanted } of steps) {
        if (move !== null) cluster.leaders[move[0]] = move[1];
        const fetching = later(
          fetcher.fetch(wanted.map((partition) => at(splits[partition]!.fetchOffset, partition)), 0),
        );
        await new Promise((resolve) => setTimeout(resolve, 0));
        for (const [which, records, oneByOne] of answers) {
          const question = cluster.open[which % Math.max(cluster.open.length, 1)];
          question?.answer(oneByOne ? cluster.oneByOne(question, records) : cluster.full(question, records));
        }
        push(await fetching);
      }
      // In the end everybody answers with all there is.
      while (splits.some(({ fetchOffset }) => fetchOffset < 10)) {
        const fetching = later(
          fetcher.fetch(splits.map(({ fetchOffset }, partition) => at(fetchOffset, partition)), 0),
        );
        await new Promise((resolve) => setTimeout(resolve, 0));
        for (const question of [...cluster.open]) question.answer(cluster.full(question));
        push(await fetching);
      }
      await fetcher.close();
      const all = Array.from({ length: 10 }, (_, offset) => offset);
      assertEquals(taken, [all, all, all]);
    }),
    { numRuns: 40, seed: 1 },
  );
});

/** Answers questions as they come, without a batch up to `gapEnd`, until `done`. */
async function answerWithGap(
  cluster: Cluster,
  gapEnd: number,
  done: Promise<unknown>,
  end = 5,
): Promise<void> {
  let ended = false;
  done.finally(() => ended = true);
  while (!ended) {
    for (const question of [...cluster.open]) {
      question.answer(
        question.positions.map(({ partition, offset }) =>
          offset < gapEnd ? cluster.found(partition, offset, offset, end) : cluster.found(partition, offset, 5, 5)
        ),
      );
    }
    await new Promise((resolve) => setTimeout(resolve, 0));
  }
}

test("fetch() does not hide that a partition cannot be read behind a failure of another that may pass", async () => {
  const cluster = new Cluster(3, 5);
  const fetcher = await newFetcher(cluster);
  const fetching = assertRejects(() => fetcher.fetch([at(3, 0), at(9, 1), at(3, 2)], 10_000), OffsetOutOfRangeError);
  await cluster.untilOpen(1);
  const failed = (partition: number, errorCode: number) => ({ topic: TOPIC, partition, errorCode, found: undefined });
  cluster.open[0]!.answer([failed(0, 6), failed(1, 1), cluster.found(2, 3, 5)]); // not the leader; out of range
  await fetching;
  await fetcher.close();
});

test("fetch() says that a broker cannot be reached, however long each attempt takes", async () => {
  const { PassingError } = await import("../../src/connectors/kafka/errors.ts");
  const cluster = new Cluster(1, 5);
  const { now } = performance;
  let laterMs = 0;
  const client = {
    ...cluster.client,
    node() {
      laterMs += 7_000;
      return Promise.reject(new PassingError("a:9092: connection timeout"));
    },
  } as unknown as Client;
  const { KafkaFetcher } = await import("../../src/connectors/kafka/fetcher.ts");
  performance.now = () => now.call(performance) + laterMs;
  try {
    const fetcher = new KafkaFetcher(client);
    for (let i = 0; i < 3; i++) assertEquals(await fetcher.fetch([at(3)], 0), []);
    // What was before a rest does not count.
    laterMs += 6_000;
    for (let i = 0; i < 3; i++) assertEquals(await fetcher.fetch([at(3)], 0), []);
    await assertRejects(() => fetcher.fetch([at(3)], 0), BrokerUnavailableError, "connection timeout");
    await fetcher.close();
  } finally {
    performance.now = now;
  }
  assert(cluster.logged.includes("warn: trying again to fetch: a:9092: connection timeout"));
});

test("fetch() goes on at the end when no batch leads there", async () => {
  const cluster = new Cluster(1, 5);
  const fetcher = await newFetcher(cluster);
  const fetching = fetcher.fetch([at(3)], 10_000);
  const answering = later(answerWithGap(cluster, 5, fetching));
  const batches = await fetching;
  await answering;
  await fetcher.close();

  assertEquals(batches.map(({ records, nextOffset }) => [records.length, nextOffset]), [[0, 5]]);
});

test("fetch() does not take one empty answer for a gap: what is there then comes", async () => {
  const cluster = new Cluster(2, 5);
  const fetcher = await newFetcher(cluster);
  const fetching = later(fetcher.fetch([at(3, 0), at(5, 1)], 10_000));
  for (let i = 0; i < 3; i++) {
    await cluster.untilOpen(1);
    cluster.open[0]!.answer([cluster.found(0, 3, 3), cluster.found(1, 5, 5)]);
  }
  await cluster.untilOpen(1);
  assertEquals(cluster.asked.at(-1), "0: 0@3"); // it alone
  cluster.open[0]!.answer([cluster.found(0, 3, 5)]);
  const batches = await fetching;
  await fetcher.close();

  assertEquals(offsetsOf(batches), [3, 4]);
});

test("fetch() asks many times before it goes on behind a large gap: what comes late is not stepped over", async () => {
  const cluster = new Cluster(1, 5);
  const fetcher = await newFetcher(cluster);
  const fetching = later(fetcher.fetch([at(3)], 10_000));
  for (let i = 0; i < 15; i++) {
    await cluster.untilOpen(1);
    cluster.open[0]!.answer([cluster.found(0, 3, 3, 5_000)]);
  }
  await cluster.untilOpen(1);
  cluster.open[0]!.answer([cluster.found(0, 3, 5, 5_000)]);
  const batches = await fetching;
  await fetcher.close();

  assertEquals(offsetsOf(batches), [3, 4]);
});

test("fetch() goes on at the end of a large gap, and says so", async () => {
  const cluster = new Cluster(1, 5);
  const fetcher = await newFetcher(cluster);
  const fetching = fetcher.fetch([at(3)], 10_000);
  const answering = later(answerWithGap(cluster, 5, fetching, 5_000));
  const batches = await fetching;
  await answering;
  await fetcher.close();

  assertEquals(batches.map(({ records, nextOffset }) => [records.length, nextOffset]), [[0, 5_000]]);
  assertEquals(cluster.logged, [
    `warn: "${TOPIC}" partition 0 has nothing from offset 3 to its end at 5000, goes on there`,
  ]);
});

test("fetch() stays in a gap where it must not cross any", async () => {
  const cluster = new Cluster(1, 5);
  const fetcher = await newFetcher(cluster, { crossGaps: false });
  const fetching = fetcher.fetch([at(3)], 1_000);
  const answering = later(answerWithGap(cluster, 5, fetching));
  assertEquals(await fetching, []);
  await answering;
  await fetcher.close();
  assert(cluster.asked.length > 5);
});
