package streamapps;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.runtime.checkpoint.OperatorSubtaskState;
import org.apache.flink.runtime.state.KeyGroupRangeAssignment;
import org.apache.flink.streaming.api.watermark.Watermark;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;
import org.apache.flink.streaming.runtime.watermarkstatus.WatermarkStatus;
import org.apache.flink.streaming.util.AbstractStreamOperatorTestHarness;
import org.apache.flink.streaming.util.KeyedTwoInputStreamOperatorTestHarness;
import org.junit.jupiter.api.Test;

class BroadcastStageOperatorTest {
    private static final int MAX_PARALLELISM = 8;

    private static KeyedTwoInputStreamOperatorTestHarness<String, byte[], byte[], byte[]> harness(
            StageState initial, int parallelism, int subtask) throws Exception {
        StageSpec spec = new StageSpec(
                0, 0, "count", Set.of(StageSpec.State.KEYED, StageSpec.State.SHARED), StageSpec.Time.EVENT, false, Long.MAX_VALUE, 2,
                "abc", 20, 60_000);
        return new KeyedTwoInputStreamOperatorTestHarness<>(
                new BroadcastStageOperator(spec, new FakeWorker.Launcher(), initial), Element::keyText, null, Types.STRING,
                MAX_PARALLELISM, parallelism, subtask);
    }

    private static StreamRecord<byte[]> record(String key, String value) {
        return new StreamRecord<>(FakeWorker.element(key, value), 1);
    }

    private static List<String> out(AbstractStreamOperatorTestHarness<byte[]> harness) {
        List<String> texts = new ArrayList<>();
        for (StreamRecord<byte[]> each : harness.getSideOutput(StageOperator.outlet(0))) {
            byte[] element = each.getValue();
            texts.add(Element.keyText(element) + ": " + new String(Element.value(element), StandardCharsets.UTF_8));
        }
        return texts;
    }

    @Test
    void bothInputsComeToTheWorkerAndEventTimeIsTheLesserOfTheirs() throws Exception {
        try (var harness = harness(null, 1, 0)) {
            harness.open();
            harness.processElement2(record("r1", "rule"));
            harness.processElement1(record("a", "rules"));
            harness.processWatermark1(new Watermark(200));
            assertEquals(List.of(), new ArrayList<>(harness.getOutput()));
            harness.processWatermark2(new Watermark(100));
            assertEquals(List.of("a: 1"), out(harness));
            assertEquals(List.of(new Watermark(90)), new ArrayList<>(harness.getOutput()));
        }
    }

    @Test
    void thatBothInputsAreIdleDoesNotOvertakeTheirRecords() throws Exception {
        try (var harness = harness(null, 1, 0)) {
            harness.open();
            harness.processElement1(record("a", "x"));
            harness.processWatermarkStatus1(WatermarkStatus.IDLE);
            assertNull(harness.getSideOutput(StageOperator.outlet(0)));
            harness.processWatermarkStatus2(WatermarkStatus.IDLE);
            assertEquals(List.of("a: x 1"), out(harness));
            assertEquals(List.of(WatermarkStatus.IDLE), new ArrayList<>(harness.getOutput()));
            harness.processWatermarkStatus1(WatermarkStatus.ACTIVE);
            assertEquals(List.of(WatermarkStatus.IDLE, WatermarkStatus.ACTIVE), new ArrayList<>(harness.getOutput()));
        }
    }

    @Test
    void whatBelongsToNoKeyIsInEverySubtaskAfterRescaling() throws Exception {
        OperatorSubtaskState snapshot;
        try (var harness = harness(null, 1, 0)) {
            harness.open();
            for (String rule : List.of("r1", "r2", "r3")) harness.processElement2(record(rule, "rule"));
            harness.processElement1(record("a", "x"));
            harness.processElement1(record("b", "x"));
            harness.prepareSnapshotPreBarrier(1);
            snapshot = harness.snapshot(1, 1);
        }
        for (int subtask = 0; subtask < 2; subtask++) {
            try (var harness = harness(null, 2, subtask)) {
                harness.initializeState(AbstractStreamOperatorTestHarness.repartitionOperatorState(
                        snapshot, MAX_PARALLELISM, 1, 2, subtask));
                harness.open();
                String key = keyOf(subtask);
                harness.processElement1(record(key, "rules"));
                harness.prepareSnapshotPreBarrier(2);
                assertEquals(List.of(key + ": 3"), out(harness));
            }
        }
    }

    @Test
    void whatAJobBringsAlongOfNoKeyIsInEverySubtask() throws Exception {
        List<String> entries = new ArrayList<>();
        entries.add(null);
        entries.addAll(List.of("rule r1", "1"));
        for (int subtask = 0; subtask < 2; subtask++) {
            try (var harness = harness(new StageState("{}", entries, List.of()), 2, subtask)) {
                harness.open();
                String key = keyOf(subtask);
                harness.processElement1(record(key, "rules"));
                harness.prepareSnapshotPreBarrier(2);
                assertEquals(List.of(key + ": 1"), out(harness));
            }
        }
    }

    /** A key of a subtask, of two. */
    private static String keyOf(int subtask) {
        return List.of("a", "b", "c", "d").stream()
                .filter(key -> KeyGroupRangeAssignment.assignKeyToParallelOperator(key, MAX_PARALLELISM, 2) == subtask)
                .findFirst().get();
    }
}
