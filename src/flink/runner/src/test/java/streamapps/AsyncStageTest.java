package streamapps;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import org.apache.flink.runtime.checkpoint.OperatorSubtaskState;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;
import org.apache.flink.streaming.util.AbstractStreamOperatorTestHarness;
import org.apache.flink.streaming.util.OneInputStreamOperatorTestHarness;
import org.junit.jupiter.api.Test;

/** A stage whose worker has results that nobody has asked for. */
class AsyncStageTest {
    private static final int MAX_PARALLELISM = 8;

    private static OneInputStreamOperatorTestHarness<byte[], byte[]> harness(StageState initial, int parallelism, int subtask)
            throws Exception {
        StageSpec spec = new StageSpec(
                0, 0, "ask", Set.of(StageSpec.State.CALLS), StageSpec.Time.EVENT, false, Long.MAX_VALUE, 2, "abc", 20, 2_000);
        return new OneInputStreamOperatorTestHarness<>(
                new StageOperator(spec, new FakeWorker.Launcher(), initial), MAX_PARALLELISM, parallelism, subtask);
    }

    private static StreamRecord<byte[]> record(String key, String value) {
        return new StreamRecord<>(FakeWorker.element(key, value), 1);
    }

    private static List<String> out(AbstractStreamOperatorTestHarness<byte[]> harness) {
        List<String> texts = new ArrayList<>();
        Queue<StreamRecord<byte[]>> records = harness.getSideOutput(StageOperator.outlet(0));
        if (records == null) return texts;
        for (StreamRecord<byte[]> each : records) {
            byte[] element = each.getValue();
            texts.add(Element.keyText(element) + ": " + new String(Element.value(element), StandardCharsets.UTF_8));
        }
        return texts;
    }

    @Test
    void whatIsPushedIsTakenByTheTaskWithoutBeingAskedFor() throws Exception {
        try (var harness = harness(null, 1, 0)) {
            harness.open();
            harness.processElement(record("a", "call"));
            harness.processElement(record("b", "answer later"));
            harness.prepareSnapshotPreBarrier(1);
            assertEquals(List.of(), out(harness));
            while (out(harness).isEmpty()) {
                Thread.sleep(5);
                harness.getTaskMailbox().drain().forEach(mail -> {
                    try {
                        mail.run();
                    } catch (Exception failed) {
                        throw new IllegalStateException(failed);
                    }
                });
            }
            assertEquals(List.of("a: answered"), out(harness));
        }
    }

    @Test
    void theEndWaitsForWhatIsAtWork() throws Exception {
        try (var harness = harness(null, 1, 0)) {
            harness.open();
            harness.processElement(record("a", "call"));
            harness.processElement(record("b", "answer"));
            harness.endInput();
            assertEquals(List.of(), out(harness));
            harness.getOneInputOperator().finish();
            assertEquals(List.of("a: answered"), out(harness));
        }
    }

    @Test
    void aWorkerThatIsFullGetsNoMoreRecordsUntilItHasRoom() throws Exception {
        try (var harness = harness(null, 1, 0)) {
            harness.open();
            for (String key : List.of("a", "b", "c")) harness.processElement(record(key, "call"));
            harness.processElement(record("d", "answer later"));
            harness.setProcessingTime(50);
            harness.processElement(record("e", "rules"));
            // Sent when there is room, so behind the answers.
            harness.setProcessingTime(100);
            assertEquals(List.of("a: answered", "b: answered", "c: answered", "e: 0"), out(harness));
        }
    }

    @Test
    void whatIsPushedBehindTheBarrierIsStillAtWorkInItsCheckpoint() throws Exception {
        OperatorSubtaskState snapshot;
        try (var harness = harness(null, 1, 0)) {
            harness.open();
            harness.processElement(record("a", "call"));
            harness.processElement(record("b", "answer later"));
            harness.prepareSnapshotPreBarrier(1);
            // The push comes now, and is not taken before the state is.
            Thread.sleep(2_500);
            snapshot = harness.snapshot(1, 1);
            assertEquals(List.of(), out(harness));
        }
        try (var harness = harness(null, 1, 0)) {
            harness.initializeState(snapshot);
            harness.open();
            harness.processElement(record("b", "answer"));
            harness.endInput();
            harness.getOneInputOperator().finish();
            assertEquals(List.of("a: answered"), out(harness));
        }
    }

    @Test
    void whatIsAtWorkIsDealtOutWhenAStageIsRescaled() throws Exception {
        OperatorSubtaskState snapshot;
        try (var harness = harness(new StageState("{}", List.of(), List.of("call z\nz")), 1, 0)) {
            harness.open();
            harness.processElement(record("a", "call"));
            harness.prepareSnapshotPreBarrier(1);
            snapshot = harness.snapshot(1, 1);
            // Else its end would wait for them.
            harness.processElement(record("b", "answer"));
        }
        List<String> all = new ArrayList<>();
        for (int subtask = 0; subtask < 2; subtask++) {
            try (var harness = harness(null, 2, subtask)) {
                harness.initializeState(AbstractStreamOperatorTestHarness.repartitionOperatorState(
                        snapshot, MAX_PARALLELISM, 1, 2, subtask));
                harness.open();
                harness.processElement(record("b", "answer"));
                harness.endInput();
                harness.getOneInputOperator().finish();
                assertEquals(1, out(harness).size());
                all.addAll(out(harness));
            }
        }
        all.sort(null);
        assertEquals(List.of("a: answered", "z: answered"), all);
    }
}
