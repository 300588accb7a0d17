package streamapps;

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
record IdleAtEndTopic(KafkaSource<byte[]> source, String name, Properties kafka, IdleAtEnd rule) implements TopicSource {

    @Override
    public SourceReader<byte[], KafkaPartitionSplit> createReader(SourceReaderContext context) throws Exception {
        return new IdleAtEndReader(
                source.createReader(context), name, rule.silentNanos(), onAnswer -> new AskedPartitionEnds(kafka, rule, onAnswer));
    }
}
