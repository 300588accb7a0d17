package streamapps;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.apache.flink.api.common.eventtime.Watermark;
import org.apache.flink.api.connector.source.ReaderOutput;
import org.apache.flink.api.connector.source.SourceOutput;
import org.apache.flink.connector.kafka.source.split.KafkaPartitionSplit;
import org.apache.flink.core.io.InputStatus;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.junit.jupiter.api.Test;

class AnnouncedTopicTest {
    /** What came out: offsets or news, by partition. */
    private final List<String> out = new ArrayList<>();

    private final ReaderOutput<byte[]> output = new ReaderOutput<>() {
        @Override
        public SourceOutput<byte[]> createOutputForSplit(String id) {
            return this;
        }

        @Override
        public void releaseOutputForSplit(String id) {
            out.add("released " + id);
        }

        @Override
        public void collect(byte[] element) {
            out.add(Element.wantedPartition(element) + ": " + Element.offset(element));
        }

        @Override
        public void collect(byte[] element, long timestampMs) {
            collect(element);
        }

        @Override
        public void emitWatermark(Watermark watermark) {}

        @Override
        public void markIdle() {}

        @Override
        public void markActive() {}
    };

    /** One that has one record in each poll, and ends a partition with its second. */
    private static final class TwoRecords extends ReaderAround {
        private int offset;

        TwoRecords() {
            super(null);
        }

        @Override
        public void addSplits(List<KafkaPartitionSplit> added) {}

        @Override
        public InputStatus pollNext(ReaderOutput<byte[]> to) {
            SourceOutput<byte[]> split = to.createOutputForSplit("a-topic-3");
            split.collect(Element.ofRecord(3, offset++, null, null, new RecordHeaders()));
            if (offset == 2) to.releaseOutputForSplit("a-topic-3");
            return InputStatus.NOTHING_AVAILABLE;
        }

        @Override
        public CompletableFuture<Void> isAvailable() {
            return new CompletableFuture<>();
        }
    }

    @Test
    void partitionsAreAnnouncedBeforeTheirFirstRecordAndBehindTheirLast() throws Exception {
        var reader = new AnnouncedTopic.Reader(new TwoRecords());
        assertFalse(reader.isAvailable().isDone());
        reader.addSplits(List.of(split(3), split(5)));
        // Though not one of them has a record.
        assertTrue(reader.isAvailable().isDone());
        for (int i = 0; i < 5; i++) reader.pollNext(output);
        assertEquals(List.of("3: -1", "5: -1", "3: 0", "3: 1", "released a-topic-3", "3: -2"), out);
        assertFalse(reader.isAvailable().isDone());
    }

    private static KafkaPartitionSplit split(int partition) {
        return new KafkaPartitionSplit(new TopicPartition("a-topic", partition), 0);
    }
}
