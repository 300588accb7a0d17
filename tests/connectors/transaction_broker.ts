import type { Client } from "../../src/connectors/kafka/client.ts";
import { ByteReader } from "../../src/connectors/kafka/bytes.ts";
import { committedRecords } from "../../src/connectors/kafka/fetch_response.ts";
import type { SendOptions } from "../../src/connectors/kafka/connection.ts";
import type { Apis, EndTxnAnswer, ProduceAnswer, Transaction } from "../../src/connectors/kafka/protocol.ts";

const decoder = new TextDecoder();

const NONE = 0;
const TOPIC_AUTHORIZATION_FAILED = 29;
const OUT_OF_ORDER = 45;
const INVALID_PRODUCER_EPOCH = 47;
const INVALID_TXN_STATE = 48;
const INVALID_PRODUCER_ID_MAPPING = 49;
const CONCURRENT_TRANSACTIONS = 51;
const PRODUCER_FENCED = 90;

/** What the double takes for the one broker of a cluster. */
export interface BrokerKind {
  /** 5: each transaction has its own epoch. */
  readonly endTxn: 1 | 5;
  /** From version 3 on a request has the epoch. */
  readonly initProducerId: 1 | 4;
  /** Whether the leader of a partition asks the coordinator if a batch belongs to an open transaction (Kafka 3.6 and later). */
  readonly verifies: boolean;
}

/**
 * What becomes of a request.
 *
 * - hold: the connection is lost before it arrives; it arrives `later`, counted in further requests
 * - lose: it never arrives
 * - unheard: it arrives, its answer does not
 * - refuse: answered with `code`, nothing done
 * - doubt: answered with `code`, but done
 */
export type Fate =
  | { readonly kind: "hold"; readonly later: number }
  | { readonly kind: "lose" | "unheard" }
  | { readonly kind: "refuse" | "doubt"; readonly code: number };

interface Batch {
  readonly epoch: number;
  readonly sequence: number;
  readonly offset: number;
  readonly values: readonly string[];
  fate: "open" | "committed" | "aborted";
}

interface Log {
  epoch: number;
  end: number;
  readonly batches: Batch[];
}

interface Request {
  readonly name: string;
  readonly deliver: () => unknown;
}

/**
 * A coordinator of transactions and the leader of all partitions in one, after Kafka 4.1's TransactionCoordinator and
 * ProducerAppendInfo. It stands in a `Client`'s place; a test says which request has which fate.
 */
export class TransactionBroker {
  readonly #kind: BrokerKind;
  readonly #logs = new Map<string, Log>();
  readonly #held: { request: Request; left: number }[] = [];
  readonly #fates = new Map<string, Fate>();
  readonly #counts = new Map<string, number>();
  readonly #producerId: bigint;
  #epoch = -1;
  #forgotten = false;
  #state: "empty" | "ongoing" | "preparing" | "committed" | "aborted" = "empty";
  #after: "committed" | "aborted" = "committed";
  #partitions = new Set<string>();
  /** A topic that may not be written. */
  denied: string | undefined;
  /** So many answers to ListOffsets come before the marks of a commit are written. */
  unseen = 0;
  /** The group's. */
  position = 0;
  #pending = 0;
  /** How many epochs InitProducerId has given. */
  epochs = 0;
  /** Requests that came, "EndTxn" and so on, in their order. */
  readonly seen: string[] = [];
  /** Of the next requests, one after the other, where `fate()` says nothing. */
  chance: (name: string) => Fate | undefined = () => undefined;

  constructor(kind: BrokerKind, producerId = 1_000n) {
    this.#kind = kind;
    this.#producerId = producerId;
  }

  /** What becomes of the `nth` request of a name, from 1. */
  fate(name: string, nth: number, fate: Fate): this {
    this.#fates.set(`${name} ${nth}`, fate);
    return this;
  }

  /** Lets what is held arrive. */
  deliver(name?: string): void {
    for (const each of this.#held.splice(0)) {
      if (name === undefined || each.request.name === name) each.request.deliver();
      else this.#held.push(each);
    }
  }

  /** The values that a reader of committed data sees in a partition, in their order. */
  committed(topic: string, partition = 0): string[] {
    const { batches } = this.#log(`${partition} ${topic}`);
    return batches.filter(({ fate }) => fate === "committed").flatMap(({ values }) => values);
  }

  /** Ends the open transaction, as a late EndTxn does. */
  end(): void {
    this.#complete("committed");
    this.#concurrent();
  }

  /** As if it had expired. */
  forget(): void {
    this.#epoch = -1;
    this.#state = "empty";
    this.#forgotten = true;
  }

  /** A client of it. */
  async client(): Promise<Client> {
    const { codeError } = await import("../../src/connectors/kafka/errors.ts");
    const client = {
      log: () => {},
      leaders: (topics: readonly string[]) => Promise.resolve(new Map(topics.map((topic) => [topic, [0, 0]]))),
      forgetTopic: () => {},
      close: () => Promise.resolve(),
      coordinatorError: (_coordinator: unknown, code: number, doing: string) => codeError(code, doing),
      askCoordinator: (_coordinator: unknown, api: keyof Apis, args: never, options: SendOptions<never> = {}) =>
        this.#send(api, () => this.#ask(api, args), options),
      node: () =>
        Promise.resolve({
          send: (api: keyof Apis, args: never, options: SendOptions<never> = {}) => {
            if (api !== "Produce") return this.#send(api, () => this.#ask(api, args), options);
            const body = options.encode!(7).buffer.slice(); // the sender writes over it
            return this.#send(api, () => this.#produce(body), options);
          },
        }),
    };
    return client as unknown as Client;
  }

  async #send(name: keyof Apis, deliver: () => unknown, options: SendOptions<never>): Promise<unknown> {
    const { PassingError } = await import("../../src/connectors/kafka/errors.ts");
    const { BrokerError } = await import("../../src/connectors/broker_errors.ts");
    const version = name === "EndTxn" ? this.#kind.endTxn : name === "InitProducerId" ? this.#kind.initProducerId : 1;
    if (version < (options.minVersion ?? 0)) throw new BrokerError(`Cannot use Kafka: it takes ${name} in version 1`);
    for (const each of this.#held.slice()) {
      if (each.left-- > 0) continue;
      this.#held.splice(this.#held.indexOf(each), 1);
      each.request.deliver();
    }
    const nth = (this.#counts.get(name) ?? 0) + 1;
    this.#counts.set(name, nth);
    this.seen.push(name);
    options.onSend?.(version);
    const fate = this.#fates.get(`${name} ${nth}`) ?? this.chance(name);
    const lost = () => new PassingError("broker: the connection was closed");
    switch (fate?.kind) {
      case undefined:
        return deliver();
      case "hold":
        this.#held.push({ request: { name, deliver }, left: fate.later });
        throw lost();
      case "lose":
        throw lost();
      case "unheard":
        deliver();
        throw lost();
      case "doubt":
        deliver();
        throw new PassingError("broker", { code: fate.code });
      case "refuse":
        throw new PassingError("broker", { code: fate.code });
    }
  }

  #ask(api: keyof Apis, args: never): unknown {
    switch (api) {
      case "InitProducerId":
        return this.#initProducerId(args);
      case "AddPartitionsToTxn":
        return this.#addPartitions(args);
      case "AddOffsetsToTxn":
        return { errorCode: this.#add(args, ["0 __consumer_offsets"]) };
      case "TxnOffsetCommit":
        return this.#commitPositions(args);
      case "EndTxn":
        return this.#endTxn(args);
      case "ListOffsets":
        return this.#listOffsets(args);
    }
    throw new Error(`the double takes no ${api}`);
  }

  #initProducerId({ current }: Apis["InitProducerId"]["args"]): Apis["InitProducerId"]["answer"] {
    const answer = (errorCode: number) => ({
      errorCode,
      producerId: String(this.#producerId),
      producerEpoch: this.#epoch,
    });
    if (this.#concurrent()) return answer(CONCURRENT_TRANSACTIONS);
    if (this.#state === "ongoing") {
      this.#epoch++;
      this.#complete("aborted");
      return answer(CONCURRENT_TRANSACTIONS);
    }
    if (current !== undefined && current.producerEpoch !== this.#epoch) return answer(PRODUCER_FENCED);
    this.#forgotten = false;
    this.#epoch++;
    this.epochs++;
    this.#state = "empty";
    return answer(NONE);
  }

  #addPartitions(args: Apis["AddPartitionsToTxn"]["args"]): Apis["AddPartitionsToTxn"]["answer"] {
    const places = args.topics.flatMap(({ topic, partitions }) =>
      partitions.map((partition) => `${partition} ${topic}`)
    );
    const errorCode = this.#add(args, places);
    return {
      errors: args.topics.map(({ topic, partitions }) => ({
        topic,
        partitionErrors: partitions.map((partition) => ({
          partition,
          errorCode: topic === this.denied ? TOPIC_AUTHORIZATION_FAILED : errorCode,
        })),
      })),
    };
  }

  #add(who: Transaction, places: readonly string[]): number {
    const code = this.#known(who);
    if (code !== NONE) return code;
    if (this.#concurrent()) return CONCURRENT_TRANSACTIONS;
    if (this.#state !== "ongoing") this.#partitions = new Set();
    this.#state = "ongoing";
    for (const place of places) this.#partitions.add(place);
    return NONE;
  }

  #commitPositions(args: Apis["TxnOffsetCommit"]["args"]): Apis["TxnOffsetCommit"]["answer"] {
    const inTransaction = this.#known(args) === NONE && this.#state === "ongoing";
    const errorCode = inTransaction || !this.#kind.verifies ? NONE : INVALID_TXN_STATE;
    if (errorCode === NONE) this.#pending = args.topics[0]!.partitions[0]!.offset;
    return { topics: [{ topic: "in", partitions: [{ partition: 0, errorCode }] }] };
  }

  #endTxn(args: Apis["EndTxn"]["args"]): EndTxnAnswer {
    const wanted = args.transactionResult ? "committed" : "aborted";
    const raises = this.#kind.endTxn === 5;
    if (raises && args.producerEpoch + 1 === this.#epoch && this.#state !== "ongoing" && this.#state !== "empty") {
      if (this.#concurrent()) return { errorCode: CONCURRENT_TRANSACTIONS };
      return this.#state === wanted ? this.#next() : { errorCode: INVALID_TXN_STATE };
    }
    const code = this.#known(args);
    if (code !== NONE) return { errorCode: code };
    if (this.#state === "ongoing") {
      if (raises) this.#epoch++;
      this.#complete(wanted);
      return this.#next();
    }
    if (this.#state === "preparing") {
      const same = this.#after === wanted;
      this.#concurrent();
      return { errorCode: same ? CONCURRENT_TRANSACTIONS : INVALID_TXN_STATE };
    }
    return this.#state === wanted && !raises ? { errorCode: NONE } : { errorCode: INVALID_TXN_STATE };
  }

  #next(): EndTxnAnswer {
    if (this.#kind.endTxn === 1) return { errorCode: NONE };
    return { errorCode: NONE, next: { producerId: this.#producerId, producerEpoch: this.#epoch } };
  }

  /** Decided; the markers are written by the time a client has been answered to wait. */
  #complete(how: "committed" | "aborted"): void {
    this.#state = "preparing";
    this.#after = how;
    for (const place of this.#partitions) {
      const log = this.#log(place);
      for (const batch of log.batches) if (batch.fate === "open") batch.fate = how;
      log.epoch = Math.max(log.epoch, this.#epoch);
      log.end++;
    }
    this.#partitions = new Set();
    if (how === "committed") this.position = this.#pending;
  }

  #concurrent(): boolean {
    if (this.#state !== "preparing") return false;
    this.#state = this.#after;
    return true;
  }

  #known({ producerId, producerEpoch }: Transaction): number {
    if (this.#forgotten || producerId !== this.#producerId) return INVALID_PRODUCER_ID_MAPPING;
    return producerEpoch === this.#epoch ? NONE : this.#kind.endTxn === 5 ? PRODUCER_FENCED : INVALID_PRODUCER_EPOCH;
  }

  #produce(body: Uint8Array): ProduceAnswer {
    const reader = new ByteReader(body);
    reader.string();
    reader.at += 2 + 4;
    const topics: ProduceAnswer["topics"][number][] = [];
    for (let left = reader.int32(); left > 0; left--) {
      const topicName = reader.string();
      reader.int32();
      const partition = reader.int32();
      topics.push({ topicName, partitions: [this.#append(topicName, partition, reader.take(reader.int32()))] });
    }
    return { topics };
  }

  #append(topic: string, partition: number, bytes: Uint8Array): ProduceAnswer["topics"][number]["partitions"][number] {
    const place = `${partition} ${topic}`;
    const log = this.#log(place);
    const header = new DataView(bytes.buffer, bytes.byteOffset);
    const [producerId, epoch, sequence] = [header.getBigInt64(43), header.getInt16(51), header.getInt32(53)];
    const answer = (errorCode: number, offset = -1) => ({ partition, errorCode, baseOffset: String(offset) });
    if (epoch < log.epoch) return answer(INVALID_PRODUCER_EPOCH);
    const there = log.batches.find((batch) => batch.epoch === epoch && batch.sequence === sequence);
    if (there !== undefined) return answer(NONE, there.offset);
    if (this.#kind.verifies) {
      const code = this.#known({ transactionalId: "", producerId, producerEpoch: epoch });
      if (code !== NONE) return answer(INVALID_PRODUCER_EPOCH);
      if (this.#state !== "ongoing" || !this.#partitions.has(place)) return answer(INVALID_TXN_STATE);
    }
    const last = log.batches.at(-1);
    const expected = last?.epoch === epoch ? last.sequence + last.values.length : 0;
    if (sequence !== expected) return answer(OUT_OF_ORDER);
    const { records } = committedRecords(bytes, 0, [], { topic, partition });
    const values = records.map(({ value }) => decoder.decode(value!));
    const offset = log.end;
    log.batches.push({ epoch, sequence, offset, values, fate: "open" });
    log.epoch = epoch;
    log.end += values.length;
    return answer(NONE, offset);
  }

  #listOffsets({ topics }: Apis["ListOffsets"]["args"]): Apis["ListOffsets"]["answer"] {
    const seen = this.unseen-- <= 0;
    return {
      responses: topics.map(({ topic, partitions }) => ({
        topic,
        partitions: partitions.map(({ partition }) => {
          const { batches, end } = this.#log(`${partition} ${topic}`);
          const offset = batches.find(({ fate }) => fate === "open")?.offset ?? end;
          return { partition, errorCode: NONE, offset: String(seen ? offset : 0) };
        }),
      })),
    };
  }

  #log(place: string): Log {
    let log = this.#logs.get(place);
    if (log === undefined) this.#logs.set(place, log = { epoch: -1, end: 0, batches: [] });
    return log;
  }
}
