package streamapps;

import java.util.Properties;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.api.connector.source.Boundedness;
import org.apache.flink.api.connector.source.Source;
import org.apache.flink.api.connector.source.SourceReader;
import org.apache.flink.api.connector.source.SourceReaderContext;
import org.apache.flink.api.connector.source.SplitEnumerator;
import org.apache.flink.api.connector.source.SplitEnumeratorContext;
import org.apache.flink.api.java.typeutils.ResultTypeQueryable;
import org.apache.flink.connector.kafka.source.KafkaSource;
import org.apache.flink.connector.kafka.source.enumerator.KafkaSourceEnumState;
import org.apache.flink.connector.kafka.source.split.KafkaPartitionSplit;
import org.apache.flink.core.io.SimpleVersionedSerializer;

/**
 * A topic without an end whose partitions hold the order of time back until they are read to their end: {@link OrderedReader}.
 *
 * @param source whose consumers have {@link PolledOffsets}
 * @param name of the source, as {@link PolledOffsets} knows it
 * @param kafka settings of Kafka's clients
 */
record OrderedTopic(KafkaSource<byte[]> source, String name, Properties kafka)
        implements Source<byte[], KafkaPartitionSplit, KafkaSourceEnumState>, ResultTypeQueryable<byte[]> {

    @Override
    public SourceReader<byte[], KafkaPartitionSplit> createReader(SourceReaderContext context) throws Exception {
        return new OrderedReader(source.createReader(context), name, onAnswer -> new AskedPartitionEnds(kafka, onAnswer));
    }

    @Override
    public SplitEnumerator<KafkaPartitionSplit, KafkaSourceEnumState> createEnumerator(
            SplitEnumeratorContext<KafkaPartitionSplit> context) {
        return source.createEnumerator(context);
    }

    @Override
    public SplitEnumerator<KafkaPartitionSplit, KafkaSourceEnumState> restoreEnumerator(
            SplitEnumeratorContext<KafkaPartitionSplit> context, KafkaSourceEnumState state) throws java.io.IOException {
        return source.restoreEnumerator(context, state);
    }

    @Override
    public Boundedness getBoundedness() {
        return source.getBoundedness();
    }

    @Override
    public SimpleVersionedSerializer<KafkaPartitionSplit> getSplitSerializer() {
        return source.getSplitSerializer();
    }

    @Override
    public SimpleVersionedSerializer<KafkaSourceEnumState> getEnumeratorCheckpointSerializer() {
        return source.getEnumeratorCheckpointSerializer();
    }

    @Override
    public TypeInformation<byte[]> getProducedType() {
        return source.getProducedType();
    }
}
