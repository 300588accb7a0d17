package streamapps;

import java.io.IOException;
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

/** A source that is Flink's own of a topic but for what it overrides. The state of all of them is that of Flink's own. */
interface TopicSource extends Source<byte[], KafkaPartitionSplit, KafkaSourceEnumState>, ResultTypeQueryable<byte[]> {
    /** Flink's own. */
    KafkaSource<byte[]> source();

    @Override
    default SourceReader<byte[], KafkaPartitionSplit> createReader(SourceReaderContext context) throws Exception {
        return source().createReader(context);
    }

    @Override
    default SplitEnumerator<KafkaPartitionSplit, KafkaSourceEnumState> createEnumerator(
            SplitEnumeratorContext<KafkaPartitionSplit> context) {
        return source().createEnumerator(context);
    }

    @Override
    default SplitEnumerator<KafkaPartitionSplit, KafkaSourceEnumState> restoreEnumerator(
            SplitEnumeratorContext<KafkaPartitionSplit> context, KafkaSourceEnumState state) throws IOException {
        return source().restoreEnumerator(context, state);
    }

    @Override
    default Boundedness getBoundedness() {
        return source().getBoundedness();
    }

    @Override
    default SimpleVersionedSerializer<KafkaPartitionSplit> getSplitSerializer() {
        return source().getSplitSerializer();
    }

    @Override
    default SimpleVersionedSerializer<KafkaSourceEnumState> getEnumeratorCheckpointSerializer() {
        return source().getEnumeratorCheckpointSerializer();
    }

    @Override
    default TypeInformation<byte[]> getProducedType() {
        return source().getProducedType();
    }
}
