package streamapps;

import java.io.Serializable;
import java.util.Properties;
import org.apache.flink.api.connector.source.SourceReader;
import org.apache.flink.api.connector.source.SourceReaderContext;
import org.apache.flink.connector.kafka.source.KafkaSource;
import org.apache.flink.connector.kafka.source.split.KafkaPartitionSplit;

/**
 * A topic without an end whose partitions are waited for until they are read to their end.
 *
 * @param source whose consumers have {@link PolledOffsets}
 * @param name of the source, as {@link PolledOffsets} knows it
 * @param kafka settings of Kafka's clients
 */
record IdleAtEndTopic(KafkaSource<byte[]> source, String name, Properties kafka, IdleAtEnd rule, Announcement announcement)
        implements TopicSource {
    /**
     * Whether readers announce their {@link Progress}.
     *
     * @param maxAheadMs a timestamp so far ahead of the clock is not progress
     */
    record Announcement(boolean wanted, long maxAheadMs) implements Serializable {}


    @Override
    public SourceReader<byte[], KafkaPartitionSplit> createReader(SourceReaderContext context) throws Exception {
        IdleAtEndReader reader = new IdleAtEndReader(
                source.createReader(context), name, rule.silentNanos(), onAnswer -> new AskedPartitionEnds(kafka, rule, onAnswer));
        return announcement.wanted ? reader.announcing(announcement.maxAheadMs) : reader;
    }
}
