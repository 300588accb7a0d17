package streamapps;

import java.io.IOException;
import java.util.List;
import org.apache.flink.api.connector.source.SplitEnumerator;
import org.apache.flink.api.connector.source.SplitEnumeratorContext;
import org.apache.flink.connector.kafka.source.KafkaSource;
import org.apache.flink.connector.kafka.source.enumerator.KafkaSourceEnumState;
import org.apache.flink.connector.kafka.source.split.KafkaPartitionSplit;

/**
 * A topic up to where it ends now, which ends also after it was restored.
 *
 * Flink's own source (flink-connector-kafka 5.0.0) signals its readers that no more partitions will come when it has found
 * partitions that are new. A source that was restored by another JobManager finds none: it never signals them, so they wait for more
 * for ever, and the job does not end. Here each reader is signalled when it registers.
 *
 * @param source a bounded one
 */
record FiniteTopic(KafkaSource<byte[]> source) implements TopicSource {

    @Override
    public SplitEnumerator<KafkaPartitionSplit, KafkaSourceEnumState> restoreEnumerator(
            SplitEnumeratorContext<KafkaPartitionSplit> context, KafkaSourceEnumState state) throws IOException {
        SplitEnumerator<KafkaPartitionSplit, KafkaSourceEnumState> restored = source.restoreEnumerator(context, state);
        boolean allAssigned = state.initialDiscoveryFinished() && state.unassignedSplits().isEmpty();
        return allAssigned ? new AllAssigned(restored, context) : restored;
    }

    /** All partitions are at readers already, which have them in their own state. */
    private record AllAssigned(
            SplitEnumerator<KafkaPartitionSplit, KafkaSourceEnumState> enumerator,
            SplitEnumeratorContext<KafkaPartitionSplit> context)
            implements SplitEnumerator<KafkaPartitionSplit, KafkaSourceEnumState> {

        @Override
        public void start() {
            // It would look for partitions that are new, which a bounded run leaves to the next.
        }

        @Override
        public void addReader(int subtask) {
            enumerator.addReader(subtask);
            context.signalNoMoreSplits(subtask);
        }

        @Override
        public void addSplitsBack(List<KafkaPartitionSplit> splits, int subtask) {
            enumerator.addSplitsBack(splits, subtask);
        }

        @Override
        public void handleSplitRequest(int subtask, String host) {
            enumerator.handleSplitRequest(subtask, host);
        }

        @Override
        public KafkaSourceEnumState snapshotState(long checkpointId) throws Exception {
            return enumerator.snapshotState(checkpointId);
        }

        @Override
        public void close() throws IOException {
            enumerator.close();
        }
    }
}
