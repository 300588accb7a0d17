package streamapps;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.apache.flink.api.common.eventtime.Watermark;
import org.apache.flink.api.common.eventtime.WatermarkGenerator;
import org.apache.flink.api.common.eventtime.WatermarkOutput;
import org.apache.flink.api.connector.source.ReaderOutput;
import org.apache.flink.api.connector.source.SourceOutput;
import org.apache.flink.api.connector.source.SourceReader;
import org.apache.flink.connector.kafka.source.split.KafkaPartitionSplit;
import org.apache.flink.core.io.InputStatus;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.junit.jupiter.api.Test;

/** How far the order of records has come, and when a partition holds it back no longer. */
class OrderTest {
    private static final TopicPartition PARTITION = new TopicPartition("in", 2);
    private static final long SECOND = 1_000_000_000;

    /** Notes what a reader or generator says. */
    private static final class Noting implements ReaderOutput<byte[]> {
        final List<String> notes = new ArrayList<>();

        @Override
        public void collect(byte[] element) {
            if (!Progress.isProgress(element)) notes.add("record " + Element.offset(element));
            else Progress.places(element).forEach((input, place) -> notes.add(
                    input.source() + " " + input.partition() + " up to " + place.nextOffset()
                            + (place.timeMs() == Long.MIN_VALUE ? "" : " @" + place.timeMs())));
        }

        @Override
        public void collect(byte[] element, long timestampMs) {
            collect(element);
        }

        @Override
        public void emitWatermark(Watermark watermark) {
            notes.add("watermark " + watermark.getTimestamp());
        }

        @Override
        public void markIdle() {
            notes.add("idle");
        }

        @Override
        public void markActive() {
            notes.add("active");
        }

        @Override
        public SourceOutput<byte[]> createOutputForSplit(String id) {
            return this;
        }

        @Override
        public void releaseOutputForSplit(String id) {}
    }

    /** Emits the records of one partition that it is given. */
    private static final class FakeReader implements SourceReader<byte[], KafkaPartitionSplit> {
        final List<Long> offsets = new ArrayList<>();
        final CompletableFuture<Void> available = new CompletableFuture<>();

        @Override
        public InputStatus pollNext(ReaderOutput<byte[]> output) {
            if (offsets.isEmpty()) return InputStatus.NOTHING_AVAILABLE;
            byte[] element = Element.ofRecord(PARTITION.partition(), offsets.remove(0), null, null, new RecordHeaders());
            output.createOutputForSplit(PARTITION.toString()).collect(element, 1_000 + Element.offset(element));
            return InputStatus.MORE_AVAILABLE;
        }

        @Override
        public CompletableFuture<Void> isAvailable() {
            return available;
        }

        @Override
        public void start() {}

        @Override
        public List<KafkaPartitionSplit> snapshotState(long checkpointId) {
            return List.of();
        }

        @Override
        public void addSplits(List<KafkaPartitionSplit> splits) {}

        @Override
        public void notifyNoMoreSplits() {}

        @Override
        public void close() {}
    }

    private static final class FakeEnds implements PartitionEnds {
        Answer answer = Answer.NOTHING;
        Runnable onAnswer;
        long beginning;

        /** An answer to a question that was asked some time from now. */
        void answer(long end, long inNanos) {
            answer = new Answer(System.nanoTime() + inNanos, Map.of(PARTITION, beginning), Map.of(PARTITION, end));
            onAnswer.run();
        }

        @Override
        public void watch(Collection<TopicPartition> partitions) {}

        @Override
        public Answer answer() {
            return answer;
        }

        @Override
        public void close() {}
    }

    private final FakeReader fake = new FakeReader();
    private final FakeEnds ends = new FakeEnds();
    private final Noting output = new Noting();
    private final IdleAtEndReader reader = new IdleAtEndReader(fake, "source", IdleAtEnd.ORDER.silentNanos(), onAnswer -> {
        ends.onAnswer = onAnswer;
        return ends;
    });

    private void begin(long offset) {
        reader.addSplits(List.of(new KafkaPartitionSplit(PARTITION, offset)));
    }

    /** The consumer has come to an offset; the last record before it, if there is one. */
    private static void polled(long next, Long lastRecord) {
        PolledOffsets offsets = new PolledOffsets();
        offsets.configure(Map.of(PolledOffsets.SOURCE, "source"));
        List<ConsumerRecord<byte[], byte[]>> records = lastRecord == null
                ? List.of()
                : List.of(new ConsumerRecord<>("in", PARTITION.partition(), lastRecord, null, null));
        offsets.onConsume(new ConsumerRecords<>(
                records.isEmpty() ? Map.of() : Map.of(PARTITION, records), Map.of(PARTITION, new OffsetAndMetadata(next))));
    }

    @Test
    void aPartitionHoldsTheOrderBackAsLongAsItsEndIsNotRead() throws Exception {
        begin(5);
        fake.offsets.add(5L);
        polled(6, 5L);
        reader.pollNext(output);
        ends.answer(9, 2 * SECOND);
        reader.pollNext(output);
        assertEquals(List.of("record 5"), output.notes);
        // Behind the last record there are marks of transactions.
        polled(9, null);
        ends.answer(9, 2 * SECOND);
        reader.pollNext(output);
        assertEquals(List.of("record 5", "idle"), output.notes);
    }

    @Test
    void aRecordThatIsPolledAndNotEmittedHoldsTheOrderBack() throws Exception {
        begin(5);
        polled(6, 5L);
        ends.answer(6, 2 * SECOND);
        reader.pollNext(output);
        assertEquals(List.of(), output.notes);
    }

    @Test
    void aPartitionThatHadARecordAMomentAgoIsWaitedFor() throws Exception {
        begin(5);
        fake.offsets.add(5L);
        polled(6, 5L);
        reader.pollNext(output);
        ends.answer(6, SECOND / 2);
        reader.pollNext(output);
        assertEquals(List.of("record 5"), output.notes);
    }

    @Test
    void aPartitionWithoutARecordHoldsNothingBack() throws Exception {
        begin(KafkaPartitionSplit.EARLIEST_OFFSET);
        ends.answer(0, 2 * SECOND);
        reader.pollNext(output);
        assertEquals(List.of("idle"), output.notes);
    }

    @Test
    void aPartitionWhoseRecordsHaveAllExpiredSinceACheckpointHoldsNothingBack() throws Exception {
        begin(50);
        ends.beginning = 100;
        ends.answer(100, 2 * SECOND);
        reader.pollNext(output);
        assertEquals(List.of("idle"), output.notes);
    }

    @Test
    void aPartitionThatIsReadFromItsEndIsAtItsEndUntilARecordComes() throws Exception {
        begin(KafkaPartitionSplit.LATEST_OFFSET);
        ends.answer(7, 2 * SECOND);
        reader.pollNext(output);
        ends.answer(8, 2 * SECOND);
        reader.pollNext(output);
        assertEquals(List.of("idle", "active"), output.notes);
    }

    @Test
    void brokersThatDoNotAnswerKeepTheOrderBack() throws Exception {
        begin(5);
        ends.answer(5, 2 * SECOND);
        ends.answer = PartitionEnds.Answer.NOTHING;
        reader.pollNext(output);
        assertEquals(List.of(), output.notes);
    }

    @Test
    void anAnswerWakesAReaderThatWaitsForRecords() throws Exception {
        begin(5);
        reader.pollNext(output);
        CompletableFuture<Void> available = reader.isAvailable();
        assertFalse(available.isDone());
        ends.answer(5, 2 * SECOND);
        assertTrue(available.isDone());
        reader.pollNext(output);
        assertFalse(reader.isAvailable().isDone());
    }

    @Test
    void aPartitionOfEventTimeIsWaitedForAsLongAsItsJobWants() throws Exception {
        IdleAtEndReader patient = new IdleAtEndReader(fake, "source", IdleAtEnd.forEventTime(60_000).silentNanos(), onAnswer -> {
            ends.onAnswer = onAnswer;
            return ends;
        });
        patient.addSplits(List.of(new KafkaPartitionSplit(PARTITION, 5)));
        ends.answer(5, 59 * SECOND);
        patient.pollNext(output);
        assertEquals(List.of(), output.notes);
        // A broker that was away, or a transaction that is open: there is more to come.
        ends.answer(6, 3_600 * SECOND);
        patient.pollNext(output);
        assertEquals(List.of(), output.notes);
        ends.answer(5, 61 * SECOND);
        patient.pollNext(output);
        assertEquals(List.of("idle"), output.notes);
    }

    @Test
    void eventTimeCountsWhatTransactionsHaveWrittenAndTheOrderWhatIsCommitted() {
        assertEquals(IsolationLevel.READ_UNCOMMITTED, IdleAtEnd.forEventTime(1_000).end());
        assertEquals(IsolationLevel.READ_COMMITTED, IdleAtEnd.ORDER.end());
        assertEquals(List.of(100L, 1_000L), List.of(IdleAtEnd.ORDER.askEveryMs(), IdleAtEnd.forEventTime(60_000).askEveryMs()));
    }

    @Test
    void aPartitionWithoutNewRecordsEmitsNoEventTimeSoThatItStaysIdle() {
        WatermarkGenerator<byte[]> generator = new EventTime(10, Long.MAX_VALUE).createWatermarkGenerator(null);
        generator.onPeriodicEmit(output);
        assertEquals(List.of(), output.notes);
        generator.onEvent(null, 100, output);
        generator.onPeriodicEmit(output);
        generator.onPeriodicEmit(output);
        assertEquals(List.of("watermark 89"), output.notes);
        // An older record makes it active again, too.
        generator.onEvent(null, 50, output);
        generator.onPeriodicEmit(output);
        assertEquals(List.of("watermark 89", "watermark 89"), output.notes);
    }

    @Test
    void theOrderBeginsWithTheFirstRecordIsTwoEmissionsBehindAndThenSilent() {
        WatermarkGenerator<byte[]> generator = new OrderTime(Long.MAX_VALUE).createWatermarkGenerator(null);
        generator.onPeriodicEmit(output);
        assertEquals(List.of(), output.notes);
        generator.onEvent(null, 100, output);
        assertEquals(List.of("watermark 99"), output.notes);
        output.notes.clear();
        generator.onEvent(null, 170, output);
        generator.onPeriodicEmit(output);
        assertEquals(List.of("watermark 99"), output.notes);
        generator.onEvent(null, 200, output);
        generator.onEvent(null, 150, output);
        for (int i = 0; i < 5; i++) generator.onPeriodicEmit(output);
        assertEquals(List.of("watermark 99", "watermark 99", "watermark 169", "watermark 199"), output.notes);
        generator.onEvent(null, 500, output);
        generator.onEvent(null, 700, output);
        assertEquals("watermark 499", output.notes.get(4));
    }

    @Test
    void progressIsAnnouncedBehindTheRecordsOnceThereAreNoMoreToBeHad() throws Exception {
        reader.announcing(Long.MAX_VALUE);
        begin(5);
        reader.pollNext(output);
        fake.offsets.addAll(List.of(5L, 6L));
        polled(7, 6L);
        for (int i = 0; i < 5; i++) reader.pollNext(output);
        assertEquals(
                List.of("source in-2 up to 5", "record 5", "record 6", "source in-2 up to 7 @1006"), output.notes);
    }

    @Test
    void progressIsAnnouncedAlsoWhereRecordsDoNotEnd() throws Exception {
        reader.announcing(Long.MAX_VALUE);
        begin(0);
        for (long i = 0; i < 2_000; i++) fake.offsets.add(i);
        polled(2_000, 1_999L);
        for (int i = 0; i < 1_500; i++) reader.pollNext(output);
        List<String> announced = output.notes.stream().filter(each -> each.startsWith("source")).toList();
        assertTrue(announced.size() >= 2, announced::toString);
    }

    @Test
    void marksOfTransactionsAreProgressWithoutARecordAndWakeTheReader() throws Exception {
        reader.announcing(Long.MAX_VALUE);
        begin(5);
        fake.offsets.add(5L);
        polled(6, 5L);
        while (reader.pollNext(output) == InputStatus.MORE_AVAILABLE);
        output.notes.clear();
        assertFalse(reader.isAvailable().isDone());
        polled(8, null);
        assertTrue(reader.isAvailable().isDone());
        reader.pollNext(output);
        assertEquals(List.of("source in-2 up to 8 @1005"), output.notes);
    }

    @Test
    void whatIsPolledAndNotEmittedIsNoProgress() throws Exception {
        reader.announcing(Long.MAX_VALUE);
        begin(5);
        polled(9, 7L);
        reader.pollNext(output);
        assertEquals(List.of("source in-2 up to 5"), output.notes);
    }

    @Test
    void aTimeFarAheadOfTheClockIsNoProgress() throws Exception {
        reader.announcing(0);
        begin(5);
        long now = System.currentTimeMillis();
        fake.offsets.addAll(List.of(5L, now));
        for (int i = 0; i < 5; i++) reader.pollNext(output);
        assertEquals("source in-2 up to " + (now + 1) + " @1005", output.notes.get(output.notes.size() - 1));
    }

    @Test
    void aPartitionThatHasMoreIsWaitedForBeforeItsRecordIsHere() throws Exception {
        begin(5);
        ends.answer(5, 2 * SECOND);
        reader.pollNext(output);
        ends.answer(6, 2 * SECOND);
        reader.pollNext(output);
        ends.answer(5, 2 * SECOND);
        reader.pollNext(output);
        ends.answer = PartitionEnds.Answer.NOTHING;
        reader.pollNext(output);
        assertEquals(List.of("idle", "active", "idle", "active"), output.notes);
    }

    @Test
    void aTimeFarAheadOfTheClockMovesNoOrder() {
        WatermarkGenerator<byte[]> generator = new OrderTime(60_000).createWatermarkGenerator(null);
        generator.onEvent(null, System.currentTimeMillis() + 3_600_000, output);
        generator.onPeriodicEmit(output);
        assertEquals(List.of(), output.notes);
    }
}
