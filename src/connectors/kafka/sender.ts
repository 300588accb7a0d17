import type { Compression, OutgoingRecord, Position } from "../broker.ts";
import { BrokerError } from "../broker_errors.ts";
import { quoted } from "../names.ts";
import { keyPartition } from "../records/encoded_record.ts";
import { writeBatch } from "./batch_writer.ts";
import { ByteWriter } from "./bytes.ts";
import type { Client } from "./client.ts";
import { loadCodec } from "./compression.ts";
import { Code } from "./error_codes.ts";
import { codeError, PassingError } from "./errors.ts";
import type { EncodedBody } from "./exchange.ts";
import { patiently } from "./patience.ts";
import { placeOf } from "./place.ts";
import type { ProducerEpoch } from "./protocol.ts";
import { refusal, tooLarge } from "./refusal.ts";
import { BATCH_BYTES, Route, topicsOf } from "./route.ts";
import { unknownPartition } from "./unknown_topics.ts";

/** The identity of a producer, from InitProducerId. */
export interface ProducerIdentity extends ProducerEpoch {
  /** Null outside of transactions. */
  readonly transactionalId: string | null;
}

const REQUEST_BYTES = 8 * 1024 * 1024;
/** A larger buffer is not kept after its request. */
const KEPT_BYTES = 2 * 1024 * 1024;
const PRODUCE_TIMEOUT_MS = 10_000;

/** Options of a {@link Sender}. */
export interface SenderOptions {
  /** For each topic, how many records without a key have been assigned to partitions. */
  readonly turns?: Map<string, number>;
  /** Compression of topics that {@link Sender.compress} is not called for; default "none". */
  readonly compression?: Compression | undefined;
}

/**
 * Sends records as one idempotent producer: each partition's batches carry sequence numbers, so that a batch that is sent again
 * after a lost answer is not written twice.
 *
 * One request per broker at a time: a partition's order survives retries.
 */
export class Sender {
  readonly #client: Client;
  #identity: ProducerIdentity;
  /** The next sequence number of each partition, by topic. */
  readonly #sequences = new Map<string, number[]>();
  readonly #turns: Map<string, number>;
  readonly #compression: Compression;
  /** Compression of topics that have their own. */
  readonly #compressions = new Map<string, Compression>();
  /** The ends of what was written since {@link takeEnds}, by {@link placeOf}. */
  #ends = new Map<string, Position>();
  #unanswered = 0;
  /** The buffer of each broker, used for one request after the other: new buffers would be much of a job's garbage. */
  readonly #writers = new Map<number, ByteWriter>();

  constructor(client: Client, identity: ProducerIdentity, { turns = new Map(), compression }: SenderOptions = {}) {
    this.#client = client;
    this.#identity = identity;
    this.#turns = turns;
    this.#compression = compression ?? "none";
  }

  /** Compresses the topic's batches from now on. */
  compress(topic: string, compression: Compression): void {
    this.#compressions.set(topic, compression);
  }

  /** Requests of this epoch without an answer, which may still be on their way. */
  get unanswered(): number {
    return this.#unanswered;
  }

  /** Goes on under another epoch, in which each partition's sequence numbers begin at 0. */
  begin(identity: ProducerIdentity): void {
    this.#identity = identity;
    this.#sequences.clear();
    this.#unanswered = 0;
  }

  /** The position behind the last record of each partition that was written to since the last call. */
  takeEnds(): Position[] {
    const ends = [...this.#ends.values()];
    this.#ends = new Map();
    return ends;
  }

  /** Chooses each record's partition, and its batch. @throws {UnknownTopicError} if a topic or partition does not exist */
  async route(records: readonly OutgoingRecord[], signal?: AbortSignal): Promise<Route[]> {
    const topics = topicsOf(records);
    const doing = `write to ${quoted(topics)}`;
    const leaders = await patiently({ doing, signal, log: this.#client.log }, () => this.#client.leaders(topics));
    const routes = new Map(
      topics.map((topic) => [topic, leaders.get(topic)!.map((_, partition) => new Route(topic, partition))]),
    );
    // Nearly all records go where the one before went.
    let topic = topics[0]!;
    let partitions = routes.get(topic)!;
    for (const record of records) {
      if (record.topic !== topic) {
        topic = record.topic;
        partitions = routes.get(topic)!;
      }
      const partition = record.partition ?? this.#partition(record, partitions.length);
      const route = partitions[partition];
      if (route === undefined) throw unknownPartition(topic, partition, partitions.length);
      route.add(record);
    }
    return [...routes.values()].flat().filter(({ batches }) => batches.length > 0);
  }

  /**
   * Resolves when the brokers have acknowledged all records. After a rejection the sender cannot be used any more: it is not
   * known which sequence numbers the brokers have seen.
   */
  async send(routes: readonly Route[], signal?: AbortSignal): Promise<void> {
    const topics = [...new Set(routes.map(({ topic }) => topic))];
    const doing = `write to ${quoted(topics)}`;
    for (const topic of topics) await loadCodec(this.#compressionOf(topic));
    for (let left = routes; left.length > 0; left = left.filter(({ batches }) => batches.length > 0)) {
      await patiently({ doing, signal, log: this.#client.log }, () => this.#round(left, topics));
    }
  }

  #partition(record: OutgoingRecord, partitions: number): number {
    const chosen = keyPartition(record, partitions);
    if (chosen !== undefined) return chosen;
    const { topic } = record;
    const turn = this.#turns.get(topic) ?? 0;
    this.#turns.set(topic, turn + 1);
    return turn % partitions;
  }

  /** Sends the first batch of every route, brokers in parallel. */
  async #round(routes: readonly Route[], topics: readonly string[]): Promise<void> {
    const leaders = await this.#client.leaders(topics);
    const byLeader = Map.groupBy(
      routes.filter(({ batches }) => batches.length > 0),
      ({ topic, partition }) => leaders.get(topic)![partition] ?? -1,
    );
    const results = await Promise.allSettled([...byLeader].map(([leader, some]) => this.#produce(leader, some)));
    const failures = results.filter((result) => result.status === "rejected").map(({ reason }) => reason);
    // A failure that will not pass counts more than one that may.
    const failure = failures.find((reason) => !(reason instanceof PassingError)) ?? failures[0];
    if (failure !== undefined) throw failure;
  }

  async #produce(leader: number, routes: readonly Route[]): Promise<void> {
    const sent: Route[] = [];
    const connection = await this.#client.node(leader);
    const args = { acks: -1, timeout: PRODUCE_TIMEOUT_MS, topicData: [] } as const;
    const writer = this.#writers.get(leader) ?? new ByteWriter(BATCH_BYTES);
    // The buffer of a request whose fate is unknown must not be overwritten.
    this.#writers.delete(leader);
    const { topics } = await connection.send("Produce", args, {
      timeoutMs: PRODUCE_TIMEOUT_MS + 5_000,
      encode: (apiVersion) => this.#encode(apiVersion, routes, sent, writer),
      onSend: () => this.#unanswered++,
    });
    this.#unanswered--;
    if (writer.length <= KEPT_BYTES) this.#writers.set(leader, writer);
    let passing: unknown;
    for (const { topicName, partitions } of topics) {
      for (const { partition, errorCode, baseOffset } of partitions) {
        const route = sent.find((one) => one.topic === topicName && one.partition === partition)!;
        try {
          this.#settle(route, errorCode, Number(baseOffset));
        } catch (error) {
          if (!(error instanceof PassingError)) throw error;
          passing = error;
        }
      }
    }
    if (passing !== undefined) throw passing;
  }

  /** Body of a Produce request, the same for versions 3 to 7. Adds the routes whose batch has found room to `sent`. */
  #encode(apiVersion: number, routes: readonly Route[], sent: Route[], writer: ByteWriter): EncodedBody {
    if (apiVersion < 3) {
      throw new BrokerError("Cannot write to Kafka: it is older than 0.11, which knows no transactions");
    }
    writer.clear();
    writer.string(this.#identity.transactionalId);
    writer.int16(-1); // all replicas
    writer.int32(PRODUCE_TIMEOUT_MS);
    const countAt = writer.length;
    writer.int32(0);
    const producer = { ...this.#identity, transactional: this.#identity.transactionalId !== null };
    for (const route of routes) {
      if (writer.length > REQUEST_BYTES) break;
      writer.string(route.topic);
      writer.int32(1);
      writer.int32(route.partition);
      const lengthAt = writer.length;
      writer.int32(0);
      const compression = this.#compressionOf(route.topic);
      writeBatch(writer, route.batches[0]!, { ...producer, compression }, this.#sequence(route));
      writer.patchInt32(lengthAt, writer.length - lengthAt - 4);
      sent.push(route);
    }
    writer.patchInt32(countAt, sent.length);
    return { buffer: writer.written() };
  }

  /** Removes the route's first batch if the broker has written it; throws what its code means otherwise. */
  #settle(route: Route, code: number, baseOffset: number): void {
    const { topic, partition, batches } = route;
    const batch = batches[0]!;
    switch (code) {
      case Code.NONE:
      case Code.DUPLICATE_SEQUENCE: // the request whose answer was lost has written it
        batches.shift();
        // Of a duplicate the broker may not know the offset: then nobody waits for it to become visible.
        if (baseOffset >= 0) {
          this.#ends.set(placeOf(route), { topic, partition, offset: baseOffset + batch.length });
        }
        this.#sequences.get(topic)![partition] = (this.#sequence(route) + batch.length) % 2 ** 31;
        return;
      case Code.MESSAGE_TOO_LARGE:
      case Code.RECORD_LIST_TOO_LARGE: {
        if (batch.length === 1) {
          throw tooLarge(topic, batch[0]!);
        }
        const half = batch.length >> 1;
        batches.splice(0, 1, batch.slice(0, half), batch.slice(half));
        return;
      }
      case Code.UNKNOWN_TOPIC_OR_PARTITION: // if it was deleted, the next request for its leaders fails with that
        this.#client.forgetTopic(topic);
        throw new PassingError(`the leader does not know "${topic}" partition ${partition}`, { code });
    }
    const refused = refusal(route, code);
    if (refused !== undefined) throw refused;
    this.#client.forgetTopic(topic);
    throw codeError(code, `write to "${topic}" partition ${partition}`);
  }

  #compressionOf(topic: string): Compression {
    return this.#compressions.get(topic) ?? this.#compression;
  }

  #sequence({ topic, partition }: Route): number {
    let sequences = this.#sequences.get(topic);
    if (sequences === undefined) this.#sequences.set(topic, sequences = []);
    return sequences[partition] ??= 0;
  }
}
