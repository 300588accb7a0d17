/** The outside world: brokers, and the sources and sinks over them. */
export { type BrokerSettings, OpenBroker, openBroker } from "./open_broker.ts";
export {
  type Broker,
  BrokerError,
  type BrokerRecord,
  BrokerUnavailableError,
  deadLetterTopic,
  FencedError,
  JobActiveError,
  OffsetOutOfRangeError,
  type OutgoingRecord,
  TopicExistsError,
  UnknownTopicError,
} from "./broker.ts";
export type { Topic } from "./topic.ts";
