import { SYSTEM_CLOCK } from "../../engine/mod.ts";
import type { FetchedBatch, Fetcher, Position } from "../broker.ts";
import { BrokerError, OffsetOutOfRangeError, UnknownTopicError } from "../broker_errors.ts";
import type { Client } from "./client.ts";
import { Code } from "./error_codes.ts";
import { checkCode, codeError, PassingError } from "./errors.ts";
import { FetchFailures } from "./fetch_failures.ts";
import type { FetchedPartition } from "./fetch_response.ts";
import { readFetchResponse } from "./fetch_response.ts";
import { Gaps, SMALL_GAP } from "./gaps.ts";
import { KeptAnswers } from "./kept_answers.ts";
import { settledWithin } from "./patience.ts";
import { placeOf } from "./place.ts";
import type { FetchArguments } from "./protocol.ts";
import { READ_COMMITTED } from "./protocol.ts";
import { unknownPartition } from "./unknown_topics.ts";

/** How much a fetch may bring. */
export interface FetchLimits {
  /** Of one partition, bytes; a larger record comes alone. Default: its share of 4 MiB. Kafka: max.partition.fetch.bytes. */
  readonly partitionBytes?: number;
  /** Of one broker, bytes. Default 10 MiB. Kafka: fetch.max.bytes. */
  readonly totalBytes?: number;
  /** Whether to go on at the end of a partition if no batch leads there (see {@link Gaps}). Default true. */
  readonly crossGaps?: boolean;
}

/** Of one partition, what `fetch()` returns at once, bytes: a batch more at most. */
const CHUNK_BYTES = 1 << 17;
/** What a fetcher keeps of answers, of all partitions, bytes. */
const AHEAD_BYTES = 4 << 20;
const MOST_PARTITION_BYTES = 1 << 20;
/** How much longer than the requested wait an answer may take before `fetch()` returns without it, ms. */
const ALLOWANCE_MS = 100;
const RETRY_PAUSE_MS = 100;
const EMPTY_PAUSE_MS = 5;
/**
 * A topic that is deleted while a request waits at the broker ends that request with an error. Without a request for this time,
 * ms, it may have been deleted and created again unnoticed, so its leaders and its id are asked for again.
 */
const UNWATCHED_MS = 300;
/** Shortest wait of a request that looks for records in a gap, ms. */
const PROBE_WAIT_MS = 500;

/** A Fetch request to one broker, and its answer when it has one. */
interface Pending {
  readonly positions: readonly Position[];
  /** Whether it asks only for one position that seems to lie in a gap. */
  readonly probe: boolean;
  /** Undefined until there is an answer, or a failure. */
  answer: readonly FetchedPartition[] | { readonly failure: unknown } | undefined;
  readonly answered: Promise<void>;
}

/**
 * Fetches committed records, one request per leading broker at a time, all brokers in parallel.
 *
 * A broker without new records holds its answer back for the longest wait. So that it does not delay the others, `fetch()`
 * returns with the first answer that has records. Later answers are kept for the next call, and used for positions that are
 * asked for again at the same offset.
 *
 * An answer can bring much more of a partition than `fetch()` returns of it at once. The rest is kept as bytes, and read when it
 * is asked for: few large requests cost a broker much less than many small ones.
 *
 * When the leader of a partition moves, there can be two requests for it, and both answers can have records. So an answer that
 * is used advances the position at once, and the other answer, which is for the old position, is dropped.
 */
export class KafkaFetcher implements Fetcher {
  readonly #client: Client;
  readonly #partitionBytes: number | undefined;
  readonly #totalBytes: number;
  readonly #pending = new Map<number, Pending>();
  readonly #gaps: Gaps | undefined;
  readonly #kept = new KeptAnswers();
  /** Ids of the topics that have been read. */
  readonly #topicIds = new Map<string, string>();
  #askedAtMs = performance.now();
  readonly #closing = new AbortController();
  readonly #failures: FetchFailures;
  #turn = 0;

  /** @param client for this fetcher alone; it is closed with it */
  constructor(client: Client, limits: FetchLimits = {}) {
    this.#client = client;
    this.#failures = new FetchFailures(client.log);
    this.#partitionBytes = limits.partitionBytes;
    this.#totalBytes = limits.totalBytes ?? 10 << 20;
    this.#gaps = limits.crossGaps === false ? undefined : new Gaps();
  }

  async fetch(positions: readonly Position[], maxWaitMs: number): Promise<FetchedBatch[]> {
    this.#failures.goOn();
    try {
      return await this.#fetch(positions, maxWaitMs);
    } finally {
      this.#failures.rest();
    }
  }

  async #fetch(positions: readonly Position[], maxWaitMs: number): Promise<FetchedBatch[]> {
    const until = performance.now() + maxWaitMs + ALLOWANCE_MS;
    for (;;) {
      if (this.#closing.signal.aborted) return [];
      try {
        const waitMs = Math.max(0, Math.round(until - ALLOWANCE_MS - performance.now()));
        const batches = await this.#fetchOnce(positions, waitMs, until);
        if (batches.length > 0 || performance.now() >= until - ALLOWANCE_MS) return batches;
        // An early answer without records: what is there did not fit, or is not committed yet.
        await SYSTEM_CLOCK.sleep(
          Math.min(waitMs, positions.length === 0 ? waitMs : EMPTY_PAUSE_MS),
          this.#closing.signal,
        );
      } catch (error) {
        if (this.#closing.signal.aborted) return [];
        if (!(error instanceof PassingError)) throw error;
        this.#failures.add(error);
        await SYSTEM_CLOCK.sleep(
          Math.min(RETRY_PAUSE_MS, Math.max(until - performance.now(), 0)),
          this.#closing.signal,
        );
        if (performance.now() >= until) return [];
      }
    }
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await this.#client.close();
    await Promise.all([...this.#pending.values()].map(({ answered }) => answered));
  }

  /** Sends a request to every leader that has none open, and waits for the first answer with records. */
  async #fetchOnce(positions: readonly Position[], waitMs: number, until: number): Promise<FetchedBatch[]> {
    const kept = this.#kept.readOn(positions);
    if (kept.length > 0) return kept;
    const byLeader = await this.#byLeader(positions);
    for (const [leader, some] of byLeader) {
      if (!this.#pending.has(leader)) this.#pending.set(leader, this.#ask(leader, some, waitMs));
    }
    const offsets = new Map(positions.map((position) => [placeOf(position), position.offset]));
    for (;;) {
      const batches = this.#collect(offsets);
      const open = [...byLeader.keys()].map((leader) => this.#pending.get(leader)).filter((one) => one !== undefined);
      if (batches.length > 0 || open.length === 0) return batches;
      await settledWithin(until - performance.now(), Promise.race(open.map((one) => one.answered)));
      if (performance.now() >= until) return this.#collect(offsets);
    }
  }

  async #byLeader(positions: readonly Position[]): Promise<Map<number, Position[]>> {
    const topics = [...new Set(positions.map(({ topic }) => topic))];
    const nowMs = performance.now();
    if (nowMs - this.#askedAtMs > UNWATCHED_MS) { for (const topic of topics) this.#client.forgetTopic(topic); }
    this.#askedAtMs = nowMs;
    const leaders = await this.#client.leaders(topics);
    for (const topic of topics) this.#checkIdentity(topic);
    return Map.groupBy(positions, ({ topic, partition }) => {
      const known = leaders.get(topic)!;
      const leader = known[partition];
      if (leader === undefined) throw unknownPartition(topic, partition, known.length);
      if (leader < 0) this.#client.forgetTopic(topic);
      if (leader < 0) throw new PassingError(`no node leads "${topic}" partition ${partition} now`);
      return leader;
    });
  }

  /** Refuses a topic that was deleted and created again under its name. */
  #checkIdentity(topic: string): void {
    const id = this.#client.topicId(topic);
    if (id === undefined) return;
    const known = this.#topicIds.get(topic);
    if (known === undefined) this.#topicIds.set(topic, id);
    else if (known !== id) {
      throw new UnknownTopicError(
        [topic],
        `Cannot read on in the topic "${topic}": it was deleted and created anew while it was being read`,
      );
    }
  }

  #ask(leader: number, wanted: readonly Position[], waitMs: number): Pending {
    const { promise, resolve } = Promise.withResolvers<void>();
    const suspect = wanted.find((position) => this.#gaps?.isSuspect(position));
    const positions = suspect === undefined ? wanted : [suspect];
    const pending: Pending = { positions, probe: suspect !== undefined, answer: undefined, answered: promise };
    this.#request(leader, positions, pending.probe ? PROBE_WAIT_MS : waitMs).then(
      (found) => pending.answer = found,
      (failure) => pending.answer = { failure },
    ).finally(resolve);
    return pending;
  }

  async #request(leader: number, positions: readonly Position[], waitMs: number): Promise<readonly FetchedPartition[]> {
    // A broker sends a record above the limit only for the first partition of a request that has any: each comes first in turn.
    const first = this.#turn++ % positions.length;
    const turned = [...positions.slice(first), ...positions.slice(0, first)];
    const asked = new Map(turned.map((position) => [placeOf(position), position.offset]));
    const connection = await this.#client.node(leader);
    const { errorCode, partitions } = await connection.send("Fetch", this.#arguments(turned, waitMs), {
      timeoutMs: waitMs + 15_000,
      decode: (payload, apiVersion) =>
        readFetchResponse(payload, apiVersion, {
          asked: (topic, partition) => asked.get(placeOf({ topic, partition })),
          chunkBytes: CHUNK_BYTES,
        }),
    });
    checkCode(errorCode, "fetch from Kafka");
    return partitions;
  }

  #arguments(positions: readonly Position[], waitMs: number): FetchArguments {
    const share = Math.floor(AHEAD_BYTES / Math.max(this.#kept.partitions, 1));
    const maxBytes = this.#partitionBytes ?? Math.min(Math.max(share, CHUNK_BYTES), MOST_PARTITION_BYTES);
    const topics: { topic: string; partitions: { partition: number; fetchOffset: number; maxBytes: number }[] }[] = [];
    for (const { topic, partition, offset } of positions) {
      if (topics.at(-1)?.topic !== topic) topics.push({ topic, partitions: [] });
      topics.at(-1)!.partitions.push({ partition, fetchOffset: offset, maxBytes });
    }
    return { isolationLevel: READ_COMMITTED, maxWaitTime: waitMs, minBytes: 1, maxBytes: this.#totalBytes, topics };
  }

  /** Takes the answers that have arrived, and of each the positions that are still asked for. */
  #collect(offsets: Map<string, number>): FetchedBatch[] {
    const batches: FetchedBatch[] = [];
    let failure: unknown;
    for (const [leader, { positions, answer, probe }] of this.#pending) {
      if (answer === undefined) continue;
      this.#pending.delete(leader);
      if ("failure" in answer) {
        failure = graver(failure, answer.failure);
        continue;
      }
      let good = false;
      for (const position of positions) {
        const { topic, partition, offset } = position;
        if (offsets.get(placeOf(position)) !== offset) continue;
        const found = answer.find((one) => one.topic === topic && one.partition === partition);
        try {
          if (found?.found === undefined) throw this.#partitionError(position, found?.errorCode);
          good = true;
          const nextOffset = this.#gaps?.nextOffset(position, found.found, probe) ?? found.found.nextOffset;
          if (nextOffset === offset) continue;
          if (nextOffset > found.found.nextOffset) this.#logGap(position, nextOffset);
          offsets.set(placeOf(position), nextOffset);
          batches.push({ ...this.#kept.take(position, found.found), nextOffset });
        } catch (error) {
          failure = graver(failure, error);
        }
      }
      if (good) this.#failures.end();
    }
    // Records from one broker are not dropped because another one fails; that one is asked again.
    if (failure !== undefined && (batches.length === 0 || !(failure instanceof PassingError))) throw failure;
    return batches;
  }

  #logGap({ topic, partition, offset }: Position, end: number): void {
    this.#client.log(
      end - offset > SMALL_GAP ? "warn" : "debug",
      `"${topic}" partition ${partition} has nothing from offset ${offset} to its end at ${end}, goes on there`,
    );
  }

  #partitionError({ topic, partition, offset }: Position, code: number | undefined): Error {
    this.#client.forgetTopic(topic);
    const place = `"${topic}" partition ${partition} offset ${offset}`;
    if (code === undefined) return new PassingError(`nothing was said about ${place}`);
    if (code === Code.OFFSET_OUT_OF_RANGE) {
      return new OffsetOutOfRangeError(`Cannot read ${place}: the partition has no such offset`);
    }
    // If the topic was deleted, the next request for its leaders fails with that.
    if (code === Code.UNKNOWN_TOPIC_OR_PARTITION) return new PassingError(`the leader does not know ${place}`);
    const error = codeError(code, `read ${place}`);
    return error instanceof PassingError || error instanceof BrokerError ? error : new BrokerError(error.message);
  }
}

/** Of two failures the one to report: what will not pass counts more than what may. */
function graver(first: unknown, second: unknown): unknown {
  return first === undefined || (first instanceof PassingError && !(second instanceof PassingError)) ? second : first;
}
