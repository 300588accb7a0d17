import { UnknownTopicError } from "../broker_errors.ts";
import { quoted } from "../names.ts";

/** The error for topics that do not exist. */
export function unknownTopics(topics: readonly string[], options?: ErrorOptions): UnknownTopicError {
  const message = topics.length === 1
    ? `Cannot find the topic ${quoted(topics)} in Kafka; create it first`
    : `Cannot find the topics ${quoted(topics)} in Kafka; create them first`;
  return new UnknownTopicError(topics, message, options);
}

/** The error for a partition that a topic does not have. */
export function unknownPartition(topic: string, partition: number, partitions: number): UnknownTopicError {
  const has = partitions === 1 ? "it has 1 partition" : `it has ${partitions} partitions`;
  return new UnknownTopicError([topic], `Cannot find partition ${partition} of the topic "${topic}": ${has}, from 0`);
}
