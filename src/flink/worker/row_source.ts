/** Where a stage's records come from: the rows of the batch at work. */
import { JsonReader } from "../../connectors/json/reader.ts";
import type { Decode } from "../../connectors/topic_split.ts";
import { FetchedRecord } from "../../connectors/records/fetched_record.ts";
import { SharedBytes } from "../../connectors/records/shared_bytes.ts";
import type { TopicSource } from "../../connectors/source.ts";
import { NO_TIMESTAMP } from "../../engine/record.ts";
import type { NumberedRecords, NumberedSource } from "../../engine/internal.ts";
import { RecordError, type RecordOrigin, type Source, type SourceReader, type SourceSplit } from "../../engine/mod.ts";
import { placeOf, type TopicPlace } from "../exchange.ts";
import { readHeaders } from "../protocol/bodies.ts";
import { PARTITION_ADDED, PARTITION_ENDED } from "../protocol/frame.ts";
import type { RowReader } from "../protocol/rows.ts";

const decoder = new TextDecoder();

/** A source with one split, whose next record is the row that it was handed last. */
export abstract class RowSource implements Source<unknown>, SourceSplit<unknown> {
  abstract readonly description: string;
  readonly id = "rows";
  readonly status = "ready";
  readonly position = null;
  readonly bound = undefined;
  readonly lag = 0;
  nextTimestampMs = NO_TIMESTAMP;
  #row: RowReader | undefined;
  #shared = new SharedBytes(new Uint8Array(0));

  open(): Promise<SourceReader<unknown>> {
    return Promise.resolve({ splits: [this], start() {}, poll: () => undefined, close: () => Promise.resolve() });
  }

  /** Makes the row at which the reader stands the next record. */
  handOver(row: RowReader): void {
    this.#row = row;
    this.nextTimestampMs = row.timestampMs;
    if (this.#shared.bytes !== row.bytes) this.#shared = new SharedBytes(row.bytes);
  }

  /** The row at work. */
  protected get row(): RowReader {
    return this.#row!;
  }

  /** The bytes of its batch. */
  protected get shared(): SharedBytes {
    return this.#shared;
  }

  abstract take(): unknown;
  abstract origin(): RecordOrigin | undefined;
  /** The record of a topic that the row at work was made of. */
  abstract place(): TopicPlace | undefined;
}

/** That a subtask reads a partition from now on, or that it has come to the end of a bounded run. */
export interface PartitionNews {
  readonly partition: number;
  readonly ended: boolean;
}

/** Records of a topic, decoded as at home. */
export class TopicRows extends RowSource {
  readonly description: string;
  readonly #topic: string;
  readonly #createDecode: (partition: number) => Decode<unknown>;
  readonly #decoders: Decode<unknown>[] = [];

  constructor(source: TopicSource<unknown>) {
    super();
    this.description = source.description;
    this.#topic = source.topics[0]!;
    this.#createDecode = source.createDecode;
  }

  take(): unknown {
    const { row } = this;
    const { view, restAt } = row;
    const partition = view.getInt32(restAt, true);
    const offset = view.getFloat64(restAt + 4, true);
    const hasHeaders = view.getInt32(restAt + 12, true) > 0;
    const decode = this.#decoders[partition] ??= this.#createDecode(partition);
    const record = new FetchedRecord(
      offset,
      row.timestampMs,
      hasHeaders ? readHeaders(row.bytes, restAt + 12) : undefined,
      this.shared,
      row.keyAt,
      row.keyLength,
      row.valueAt,
      row.valueLength,
    );
    try {
      return decode(record);
    } catch (error) {
      if (!(error instanceof RecordError)) throw error;
      throw new RecordError(`Cannot decode "${this.#topic}" partition ${partition} offset ${offset}: ${error.message}`);
    }
  }

  /** What is new of a partition, if a row says that in place of a record. */
  static newsOf({ view, restAt }: RowReader): PartitionNews | undefined {
    const partition = view.getInt32(restAt, true);
    switch (view.getFloat64(restAt + 4, true)) {
      case PARTITION_ADDED:
        return { partition, ended: false };
      case PARTITION_ENDED:
        return { partition, ended: true };
    }
    return undefined;
  }

  place(): TopicPlace {
    const { view, restAt } = this.row;
    return { topic: this.#topic, partition: view.getInt32(restAt, true), offset: view.getFloat64(restAt + 4, true) };
  }

  origin(): RecordOrigin {
    const { row } = this;
    const { bytes, restAt, timestampMs, key, value } = row;
    return { ...this.place(), timestampMs, key, value, headers: readHeaders(bytes, restAt + 12) };
  }
}

/** Records that the job makes up: a row has the number of one. */
export class MadeRows extends RowSource {
  readonly description: string;
  readonly bounded: boolean;
  readonly madeUp: boolean;
  readonly #records: NumberedRecords<unknown>;
  #number = 0;

  constructor(source: NumberedSource<unknown>) {
    super();
    this.description = source.description;
    this.bounded = source.bounded ?? false;
    this.madeUp = source.madeUp ?? false;
    this.#records = source.createRecords();
  }

  override handOver(row: RowReader): void {
    super.handOver(row);
    this.#number = row.view.getFloat64(row.restAt, true);
    this.nextTimestampMs = this.#records.timestampOf(this.#number);
  }

  take(): unknown {
    return this.#records.valueOf(this.#number);
  }

  origin(): undefined {
    return undefined;
  }

  place(): undefined {
    return undefined;
  }
}

/** Values of other stages. */
export class ExchangeRows extends RowSource {
  readonly description = "records of other stages";
  readonly #reader = new JsonReader();

  take(): unknown {
    const { row } = this;
    return this.#reader.read(this.shared, row.valueAt, row.valueAt + row.valueLength) ?? this.#parse(row.value!);
  }

  #parse(bytes: Uint8Array): unknown {
    const value: unknown = JSON.parse(decoder.decode(bytes));
    this.#reader.learn(bytes, value);
    return value;
  }

  /** Unknown to the engine: the record as it was in its topic is not here, so nothing can be made of it but a message. */
  origin(): undefined {
    return undefined;
  }

  place(): TopicPlace | undefined {
    return placeOf(this.row);
  }
}
