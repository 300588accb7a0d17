/**
 * Topics of Kafka or Redpanda, or of an embedded log in one file where there is no broker: read, written, and a job's commits
 * kept beside them, so that each result is written exactly once.
 *
 * {@link openBroker} chooses the broker that the settings ask for. `broker.source(topic)` reads a topic, `broker.sink(topic)`
 * writes one, and the broker itself is a job's `store`. A {@link Topic} names its schema (zod, or any function that checks),
 * and the key of what is written. TLS and logins are in {@link KafkaSecurity}; `./job` reads all of it from the environment.
 *
 * @example A topic that is written and read
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { SILENT, StreamExecutionEnvironment, WatermarkStrategy } from "@stream-apps/deno";
 * import { openBroker, type Topic } from "@stream-apps/deno/kafka";
 * import { z } from "zod";
 *
 * const schema = z.object({ flight: z.string(), euros: z.number() });
 * const FARES: Topic<z.infer<typeof schema>, string> = { name: "fares", schema, key: (fare) => fare.flight };
 *
 * const dir = await Deno.makeTempDir();
 * {
 *   await using broker = await openBroker({ settings: { broker: "embedded", dir, sync: "normal" }, logger: SILENT });
 *   await broker.port.createTopics([{ name: "fares", partitions: 1 }]);
 *   const writing = new StreamExecutionEnvironment({ jobName: "writer", store: broker });
 *   writing.fromCollection([{ flight: "SKY1", euros: 90 }]).sinkTo(broker.sink(FARES));
 *   await writing.execute();
 *
 *   const reading = new StreamExecutionEnvironment({ jobName: "reader", store: broker, from: "earliest", bounded: true });
 *   const fares = reading.fromSource(broker.source(FARES), WatermarkStrategy.noWatermarks(), "fares");
 *   assertEquals(await fares.executeAndCollect(), [{ flight: "SKY1", euros: 90 }]);
 * }
 * await Deno.remove(dir, { recursive: true });
 * ```
 *
 * @module
 */
export { JobBroker, type JobBrokerOptions } from "./job_broker.ts";
export { type BrokerSettings, openBroker, type OpenBrokerOptions } from "./open_broker.ts";
export type { StartupHinter, StartupHints } from "./startup_hints.ts";
export {
  type Board,
  type Broker,
  type BrokerJobRequest,
  type BrokerLease,
  type BrokerRecord,
  type BrokerReports,
  type Compression,
  deadLetterTopic,
  type FetchedBatch,
  type Fetcher,
  type JobActivity,
  type JobCommit,
  type JobInfo,
  type Note,
  type OutgoingRecord,
  type PartitionEnd,
  type Position,
  type Producer,
  type ProducerOptions,
  type RecordCheck,
  type RecordHeaders,
  type StatusReport,
  type TopicDescription,
  type TopicSpec,
} from "./broker.ts";
export {
  BrokerError,
  BrokerUnavailableError,
  DiskFullError,
  FencedError,
  JobActiveError,
  OffsetOutOfRangeError,
  TopicExistsError,
  UnknownTopicError,
} from "./broker_errors.ts";
export { decodeJson, decodeText } from "./json/codec.ts";
export {
  type KafkaSecurity,
  type PasswordSettings,
  SASL_MECHANISMS,
  type SaslSettings,
  type TlsSettings,
  type TokenEndpoint,
  type TokenSettings,
} from "./kafka/security.ts";
export type {
  DecodingOptions,
  EncodingOptions,
  JsonSinkOptions,
  JsonSourceOptions,
  RecordParts,
  TopicRecord,
  TopicSinkOptions,
  TopicSourceOptions,
} from "./records/record_format.ts";
export type { Schema, Topic } from "./topic.ts";
