/** The outside world: brokers and files, and the sources and sinks over them. */
export { JobBroker, type JobBrokerOptions } from "./job_broker.ts";
export { type BrokerSettings, openBroker, type OpenBrokerOptions } from "./open_broker.ts";
export type { StartupHinter, StartupHints } from "./startup_hints.ts";
export {
  type Broker,
  type BrokerJobRequest,
  type BrokerLease,
  type BrokerRecord,
  type Compression,
  deadLetterTopic,
  type FetchedBatch,
  type Fetcher,
  type JobActivity,
  type JobCommit,
  type JobInfo,
  type OutgoingRecord,
  type PartitionEnd,
  type Position,
  type Producer,
  type ProducerOptions,
  type RecordCheck,
  type RecordHeaders,
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
export * from "./files/mod.ts";
export { decodeJson, decodeText } from "./json/codec.ts";
export { type KafkaSecurity, SASL_MECHANISMS, type SaslSettings, type TlsSettings } from "./kafka/security.ts";
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
