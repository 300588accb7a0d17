package streamapps;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.apache.flink.runtime.checkpoint.OperatorSubtaskState;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;
import org.apache.flink.streaming.runtime.watermarkstatus.WatermarkStatus;
import org.apache.flink.streaming.util.AbstractStreamOperatorTestHarness;
import org.apache.flink.streaming.util.OneInputStreamOperatorTestHarness;
import org.junit.jupiter.api.Test;

class SortOperatorTest {
    private static final int PARTITIONS = 5;
    private static final int MAX_PARALLELISM = 8;
    private static final long ANY = Long.MAX_VALUE;

    private static OneInputStreamOperatorTestHarness<byte[], byte[]> harness(
            boolean sorts, long maxAheadMs, int parallelism, int subtask) throws Exception {
        return new OneInputStreamOperatorTestHarness<>(
                new SortOperator(sorts, PARTITIONS, maxAheadMs, new ArrayList<>()), MAX_PARALLELISM, parallelism, subtask);
    }

    @Test
    void whatAJobBringsAlongWaitsUntilACheckpointHasIt() throws Exception {
        ArrayList<byte[]> initial = new ArrayList<>();
        Waiting before = new Waiting();
        before.add(200, element("key of b", "b"));
        initial.addAll(before.snapshot());
        OperatorSubtaskState snapshot;
        try (var harness = new OneInputStreamOperatorTestHarness<>(
                new SortOperator(true, PARTITIONS, ANY, initial), MAX_PARALLELISM, 1, 0)) {
            harness.open();
            harness.processElement(record("a", 100));
            harness.processWatermark(200);
            assertEquals(List.of("a @100", "b @200"), out(harness));
            snapshot = harness.snapshot(1, 1);
        }
        try (var harness = new OneInputStreamOperatorTestHarness<>(
                new SortOperator(true, PARTITIONS, ANY, initial), MAX_PARALLELISM, 1, 0)) {
            harness.initializeState(snapshot);
            harness.open();
            harness.processWatermark(Long.MAX_VALUE);
            assertEquals(List.of(), out(harness));
        }
    }

    @Test
    void anExportEmitsWhatWaits() throws Exception {
        OperatorSubtaskState snapshot;
        try (var harness = opened()) {
            harness.processElement(record("b", 200));
            snapshot = harness.snapshot(1, 1);
        }
        try (var harness = new OneInputStreamOperatorTestHarness<>(new SortExport("\"sink\""), MAX_PARALLELISM, 1, 0)) {
            harness.initializeState(snapshot);
            harness.open();
            harness.endInput();
            byte[] exported = (byte[]) ((StreamRecord<?>) harness.getOutput().element()).getValue();
            assertEquals("[\"waiting\",\"sink\",0]", Element.keyText(exported));
            byte[] saved = Element.value(exported);
            assertEquals(200, Waiting.timestampOf(saved));
            assertArrayEquals(element("key of b", "b"), Waiting.elementOf(saved));
        }
    }

    private static OneInputStreamOperatorTestHarness<byte[], byte[]> opened() throws Exception {
        var harness = harness(true, ANY, 1, 0);
        harness.open();
        return harness;
    }

    /** For a topic, the partition left to the key, without headers. */
    private static byte[] element(String key, String value) {
        byte[] own = FakeWorker.element(key, value);
        return ByteBuffer.allocate(own.length + 8).put(own).putInt(-1).putInt(0).array();
    }

    private static StreamRecord<byte[]> record(String value, long timestampMs) {
        return new StreamRecord<>(element("key of " + value, value), timestampMs);
    }

    private static List<String> out(AbstractStreamOperatorTestHarness<byte[]> harness) {
        List<String> texts = new ArrayList<>();
        for (Object each : harness.getOutput()) {
            if (!(each instanceof StreamRecord<?> record)) continue;
            String time = record.hasTimestamp() ? " @" + record.getTimestamp() : "";
            texts.add(new String(Element.value((byte[]) record.getValue()), StandardCharsets.UTF_8) + time);
        }
        return texts;
    }

    @Test
    void recordsLeaveInTheOrderOfTheirTimesUpToTheWatermark() throws Exception {
        try (var harness = opened()) {
            harness.processElement(record("c", 300));
            harness.processElement(record("a", 100));
            harness.processElement(record("b2", 200));
            harness.processElement(record("b1", 200));
            assertEquals(List.of(), out(harness));
            harness.processWatermark(200);
            assertEquals(List.of("a @100", "b2 @200", "b1 @200"), out(harness));
            harness.processWatermark(Long.MAX_VALUE);
            assertEquals(List.of("a @100", "b2 @200", "b1 @200", "c @300"), out(harness));
        }
    }

    @Test
    void whatComesTooLateForTheOrderAndWhatHasNoTimeDoesNotWait() throws Exception {
        try (var harness = opened()) {
            harness.processElement(record("in time", 200));
            harness.processWatermark(200);
            harness.processElement(record("late", 150));
            harness.processElement(new StreamRecord<>(element("k", "timeless")));
            assertEquals(List.of("in time @200", "late @150", "timeless"), out(harness));
        }
    }

    @Test
    void whatComesBehindTheWatermarkButBehindNoRecordWaitsAMoment() throws Exception {
        try (var harness = opened()) {
            harness.setProcessingTime(1_000);
            harness.processElement(record("a", 100));
            harness.processWatermark(200);
            harness.processElement(record("c", 180));
            harness.processElement(record("b", 150));
            harness.processElement(record("d", 300));
            harness.setProcessingTime(1_199);
            assertEquals(List.of("a @100"), out(harness));
            harness.setProcessingTime(1_200);
            assertEquals(List.of("a @100", "b @150", "c @180"), out(harness));
        }
    }

    @Test
    void aTimeFarAheadOfTheClockDoesNotWaitForEver() throws Exception {
        try (var harness = harness(true, 60_000, 1, 0)) {
            harness.open();
            long now = System.currentTimeMillis();
            harness.processElement(record("in a year", now + 365L * 86_400_000));
            harness.processElement(record("in a second", now + 1_000));
            assertEquals(List.of("in a year @" + (now + 365L * 86_400_000)), out(harness));
        }
    }

    @Test
    void nothingWaitsOnceAllPartitionsAreReadToTheirEnds() throws Exception {
        try (var harness = opened()) {
            harness.processElement(record("b", 200));
            harness.processElement(record("a", 100));
            harness.processWatermarkStatus(WatermarkStatus.IDLE);
            assertEquals(List.of("a @100", "b @200"), out(harness));
        }
    }

    @Test
    void whatComesWhileAllPartitionsAreReadToTheirEndsWaitsAMoment() throws Exception {
        try (var harness = opened()) {
            harness.setProcessingTime(1_000);
            harness.processWatermarkStatus(WatermarkStatus.IDLE);
            harness.processElement(record("b", 200));
            harness.processElement(record("a", 100));
            assertEquals(List.of(), out(harness));
            harness.setProcessingTime(1_200);
            assertEquals(List.of("a @100", "b @200"), out(harness));
            harness.processWatermarkStatus(WatermarkStatus.ACTIVE);
            harness.processElement(record("c", 300));
            harness.setProcessingTime(2_000);
            assertEquals(List.of("a @100", "b @200"), out(harness));
        }
    }

    @Test
    void whatWaitsIsInTheCheckpointAndGoesWithItsPartitionAfterRescaling() throws Exception {
        List<String> values = List.of("a", "b", "c", "d", "e", "f", "g", "h");
        OperatorSubtaskState snapshot;
        try (var harness = opened()) {
            for (int i = 0; i < values.size(); i++) harness.processElement(record(values.get(i), 1_000 - i));
            snapshot = harness.snapshot(1, 1);
        }
        List<String> all = new ArrayList<>();
        for (int subtask = 0; subtask < 3; subtask++) {
            try (var harness = harness(true, ANY, 3, subtask)) {
                harness.initializeState(AbstractStreamOperatorTestHarness.repartitionOperatorState(
                        snapshot, MAX_PARALLELISM, 1, 3, subtask));
                harness.open();
                harness.processWatermark(999);
                for (String each : out(harness)) {
                    String value = each.substring(0, 1);
                    int partition = Element.targetPartition(element("key of " + value, value), PARTITIONS);
                    assertEquals(subtask, ByPartition.subtaskOf(partition, 3));
                    all.add(value);
                }
            }
        }
        all.sort(null);
        assertEquals(values.subList(1, 8), all);
    }

    @Test
    void switchedOffItPassesAllOnAndWhatWaitedInTheCheckpoint() throws Exception {
        OperatorSubtaskState snapshot;
        try (var harness = opened()) {
            harness.processElement(record("b", 200));
            harness.processElement(record("a", 100));
            snapshot = harness.snapshot(1, 1);
        }
        try (var harness = harness(false, ANY, 1, 0)) {
            harness.initializeState(snapshot);
            harness.open();
            harness.processElement(record("d", 400));
            harness.processElement(record("c", 300));
            assertEquals(List.of("a @100", "b @200", "d @400", "c @300"), out(harness));
        }
    }
}
