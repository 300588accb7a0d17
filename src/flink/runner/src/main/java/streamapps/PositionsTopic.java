package streamapps;

import java.util.ArrayDeque;
import java.util.Collection;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import org.apache.flink.api.common.typeinfo.PrimitiveArrayTypeInfo;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.api.connector.source.Boundedness;
import org.apache.flink.api.connector.source.ReaderOutput;
import org.apache.flink.api.connector.source.SourceReader;
import org.apache.flink.api.connector.source.SourceReaderContext;
import org.apache.flink.api.connector.source.SplitEnumerator;
import org.apache.flink.api.connector.source.SplitEnumeratorContext;
import org.apache.flink.connector.kafka.source.KafkaSource;
import org.apache.flink.connector.kafka.source.enumerator.KafkaSourceEnumState;
import org.apache.flink.connector.kafka.source.split.KafkaPartitionSplit;
import org.apache.flink.core.io.InputStatus;

/**
 * Takes the place of a source of a savepoint: it reads nothing, and emits how far each partition had been read.
 *
 * @param source for the serializers of its state
 * @param uid a JSON text: of the source
 */
record PositionsTopic(KafkaSource<byte[]> source, String uid) implements TopicSource {

    @Override
    public SourceReader<byte[], KafkaPartitionSplit> createReader(SourceReaderContext context) {
        return new Reader(uid);
    }

    @Override
    public SplitEnumerator<KafkaPartitionSplit, KafkaSourceEnumState> createEnumerator(
            SplitEnumeratorContext<KafkaPartitionSplit> context) {
        return new Enumerator(List.of(), context);
    }

    @Override
    public SplitEnumerator<KafkaPartitionSplit, KafkaSourceEnumState> restoreEnumerator(
            SplitEnumeratorContext<KafkaPartitionSplit> context, KafkaSourceEnumState state) {
        return new Enumerator(state.unassignedSplits(), context);
    }

    @Override
    public Boundedness getBoundedness() {
        return Boundedness.BOUNDED;
    }

    @Override
    public TypeInformation<byte[]> getProducedType() {
        return PrimitiveArrayTypeInfo.BYTE_PRIMITIVE_ARRAY_TYPE_INFO;
    }

    /** Emits the positions of the splits that it was restored with. */
    private static final class Reader implements SourceReader<byte[], KafkaPartitionSplit> {
        private final String uid;
        private final Queue<KafkaPartitionSplit> splits = new ArrayDeque<>();
        private final CompletableFuture<Void> allThere = new CompletableFuture<>();

        Reader(String uid) {
            this.uid = uid;
        }

        @Override
        public InputStatus pollNext(ReaderOutput<byte[]> output) {
            if (!allThere.isDone()) return InputStatus.NOTHING_AVAILABLE;
            KafkaPartitionSplit split = splits.poll();
            if (split == null) return InputStatus.END_OF_INPUT;
            String name = "[\"split\"," + uid + ",\"" + split.getTopicPartition() + "\"]";
            output.collect(Element.forTopic(name, Element.utf8(String.valueOf(split.getStartingOffset()))));
            return InputStatus.MORE_AVAILABLE;
        }

        @Override
        public void addSplits(List<KafkaPartitionSplit> added) {
            splits.addAll(added);
        }

        @Override
        public void notifyNoMoreSplits() {
            allThere.complete(null);
        }

        @Override
        public CompletableFuture<Void> isAvailable() {
            return allThere;
        }

        @Override
        public List<KafkaPartitionSplit> snapshotState(long checkpointId) {
            return List.copyOf(splits);
        }

        @Override
        public void start() {}

        @Override
        public void close() {}
    }

    /** Hands over what no reader had yet, and says that there is no more. */
    private record Enumerator(Collection<KafkaPartitionSplit> unassigned, SplitEnumeratorContext<KafkaPartitionSplit> context)
            implements SplitEnumerator<KafkaPartitionSplit, KafkaSourceEnumState> {

        @Override
        public void addReader(int subtask) {
            for (KafkaPartitionSplit split : unassigned) context.assignSplit(split, subtask);
            context.signalNoMoreSplits(subtask);
        }

        @Override
        public void start() {}

        @Override
        public void handleSplitRequest(int subtask, String host) {}

        @Override
        public void addSplitsBack(List<KafkaPartitionSplit> splits, int subtask) {}

        @Override
        public KafkaSourceEnumState snapshotState(long checkpointId) {
            return new KafkaSourceEnumState(List.of(), unassigned, true);
        }

        @Override
        public void close() {}
    }
}
