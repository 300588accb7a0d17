package streamapps;

import org.apache.flink.connector.kafka.source.KafkaSource;

/** A topic as Flink's own source reads it. */
record PlainTopic(KafkaSource<byte[]> source) implements TopicSource {}
