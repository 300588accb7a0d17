package streamapps;

import java.io.IOException;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
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
 * A topic whose readers announce, among the records, which partitions they read: workers that make event time wait for each of
 * them from then on, until it has come to its end.
 *
 * @param topic what is read
 */
record AnnouncedTopic(TopicSource topic) implements TopicSource {

    @Override
    public KafkaSource<byte[]> source() {
        return topic.source();
    }

    @Override
    public SourceReader<byte[], KafkaPartitionSplit> createReader(SourceReaderContext context) throws Exception {
        return new Reader(topic.createReader(context));
    }

    @Override
    public SplitEnumerator<KafkaPartitionSplit, KafkaSourceEnumState> restoreEnumerator(
            SplitEnumeratorContext<KafkaPartitionSplit> context, KafkaSourceEnumState state) throws IOException {
        return topic.restoreEnumerator(context, state);
    }

    /** Reads partitions, and announces each when it is added and when it has ended. */
    static final class Reader extends ReaderAround {
        private final Queue<byte[]> news = new ArrayDeque<>();
        /** Completes when there are news. */
        private CompletableFuture<Void> hasNews = new CompletableFuture<>();
        private Output output;

        Reader(SourceReader<byte[], KafkaPartitionSplit> reader) {
            super(reader);
        }

        @Override
        public void addSplits(List<KafkaPartitionSplit> added) {
            for (KafkaPartitionSplit split : added) announce(Element.ofPartition(split.getPartition(), Element.PARTITION_ADDED));
            reader.addSplits(added);
        }

        @Override
        public InputStatus pollNext(ReaderOutput<byte[]> to) throws Exception {
            if (output == null || output.to != to) output = new Output(to);
            if (news.isEmpty()) return reader.pollNext(output);
            to.collect(news.remove());
            if (news.isEmpty()) hasNews = new CompletableFuture<>();
            return InputStatus.MORE_AVAILABLE;
        }

        @Override
        public CompletableFuture<Void> isAvailable() {
            CompletableFuture<Void> available = reader.isAvailable();
            if (available.isDone()) return available;
            return CompletableFuture.anyOf(available, hasNews).thenApply(any -> null);
        }

        private void announce(byte[] element) {
            news.add(element);
            hasNews.complete(null);
        }

        private final class Output extends ReaderOutputAround {
            Output(ReaderOutput<byte[]> to) {
                super(to);
            }

            @Override
            public void releaseOutputForSplit(String id) {
                super.releaseOutputForSplit(id);
                // "topic-3"
                int partition = Integer.parseInt(id.substring(id.lastIndexOf('-') + 1));
                announce(Element.ofPartition(partition, Element.PARTITION_ENDED));
            }
        }
    }
}
