package streamapps;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.runtime.checkpoint.OperatorSubtaskState;
import org.apache.flink.runtime.state.KeyGroupRangeAssignment;
import org.apache.flink.runtime.throwable.ThrowableClassifier;
import org.apache.flink.runtime.throwable.ThrowableType;
import org.apache.flink.streaming.api.watermark.Watermark;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;
import org.apache.flink.streaming.runtime.watermarkstatus.WatermarkStatus;
import org.apache.flink.streaming.util.AbstractStreamOperatorTestHarness;
import org.apache.flink.streaming.util.KeyedOneInputStreamOperatorTestHarness;
import org.apache.flink.streaming.util.OneInputStreamOperatorTestHarness;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

class StageOperatorTest {
    private static final int MAX_PARALLELISM = 8;
    private static final Set<StageSpec.State> KEYED = Set.of(StageSpec.State.KEYED);

    private static KeyedOneInputStreamOperatorTestHarness<String, byte[], byte[]> harness(
            String planHash, long answerWithinMs, int parallelism, int subtask) throws Exception {
        return harness(new StageSpec(0, 0, "count", KEYED, StageSpec.Time.EVENT, false, Long.MAX_VALUE, 2, planHash, 20, answerWithinMs), parallelism, subtask);
    }

    private static KeyedOneInputStreamOperatorTestHarness<String, byte[], byte[]> harness(
            StageSpec spec, int parallelism, int subtask) throws Exception {
        return new KeyedOneInputStreamOperatorTestHarness<>(
                new StageOperator(spec, new FakeWorker.Launcher()), Element::keyText, Types.STRING, MAX_PARALLELISM, parallelism, subtask);
    }

    private static KeyedOneInputStreamOperatorTestHarness<String, byte[], byte[]> opened() throws Exception {
        var harness = harness("abc", 60_000, 1, 0);
        harness.open();
        return harness;
    }

    private static StreamRecord<byte[]> record(String key, String value, long timestampMs) {
        return new StreamRecord<>(FakeWorker.element(key, value), timestampMs);
    }

    private static String text(byte[] element) {
        return Element.keyText(element) + ": " + new String(Element.value(element), StandardCharsets.UTF_8);
    }

    /** What left by an outlet, each with its time. */
    private static List<String> outlet(AbstractStreamOperatorTestHarness<byte[]> harness, int index) {
        List<String> texts = new ArrayList<>();
        Queue<StreamRecord<byte[]>> records = harness.getSideOutput(StageOperator.outlet(index));
        if (records == null) return texts;
        for (StreamRecord<byte[]> each : records) {
            texts.add(text(each.getValue()) + (each.hasTimestamp() ? " @" + each.getTimestamp() : ""));
        }
        return texts;
    }

    /** The subtask of a key. */
    private static int group(String key, int parallelism) {
        return KeyGroupRangeAssignment.assignKeyToParallelOperator(key, MAX_PARALLELISM, parallelism);
    }

    @Test
    void recordsLeaveByTheirOutletWithTheirTimeBeforeTheWatermarkThatFollowsThem() throws Exception {
        try (var harness = opened()) {
            harness.processElement(record("a", "x", 100));
            harness.processElement(record("b", "side", 101));
            harness.processElement(record("a", "y", 102));
            harness.processWatermark(150);
            assertEquals(List.of("a: x 1 @100", "a: y 2 @102"), outlet(harness, 0));
            assertEquals(List.of("b: side 1 @101"), outlet(harness, 1));
            // The worker's watermark counts, not the one that came in.
            assertEquals(List.of(new Watermark(140)), new ArrayList<>(harness.getOutput()));
        }
    }

    @Test
    void watermarksThatAreNoEventTimeGoPastTheWorkerBehindTheRecordsBeforeThem() throws Exception {
        try (var harness = harness(new StageSpec(0, 0, "count", KEYED, StageSpec.Time.ORDER, false, Long.MAX_VALUE, 2, "abc", 20, 60_000), 1, 0)) {
            harness.open();
            harness.processElement(record("a", "x", 100));
            harness.processWatermark(150);
            assertEquals(List.of("a: x 1 @100"), outlet(harness, 0));
            assertEquals(List.of(new Watermark(150)), new ArrayList<>(harness.getOutput()));
        }
    }

    @Test
    void progressOfTheSourceGoesToAllWhoPutRecordsIntoOrderBehindTheRecordsBeforeIt() throws Exception {
        StageSpec spec = new StageSpec(0, 0, "count", Set.of(), StageSpec.Time.ORDER, false, Long.MAX_VALUE, 2, "abc", 20, 60_000);
        StageOperator operator = new StageOperator(spec, new FakeWorker.Launcher());
        operator.handOnProgress(new ArrayList<>(List.of(0)), 3);
        try (var harness = new OneInputStreamOperatorTestHarness<>(operator, MAX_PARALLELISM, 1, 0)) {
            harness.open();
            harness.setProcessingTime(0);
            harness.processElement(progress(5));
            assertEquals(List.of("5 to 0", "5 to 1", "5 to 2"), progressOrText(harness.getSideOutput(StageOperator.outlet(0))));
            harness.getSideOutput(StageOperator.outlet(0)).clear();
            harness.processElement(record("a", "x", 100));
            harness.processElement(progress(6));
            harness.processElement(record("a", "y", 101));
            harness.processElement(progress(7));
            assertEquals(List.of(), progressOrText(harness.getSideOutput(StageOperator.outlet(0))));
            harness.setProcessingTime(20);
            assertEquals(
                    List.of("a: x 1", "a: y 2", "7 to 0", "7 to 1", "7 to 2"),
                    progressOrText(harness.getSideOutput(StageOperator.outlet(0))));
            assertEquals(null, harness.getSideOutput(StageOperator.outlet(1)));
        }
    }

    private static StreamRecord<byte[]> progress(long nextOffset) {
        var input = new Progress.Input("source", new TopicPartition("in", 0));
        return new StreamRecord<>(Progress.element(Map.of(input, new Progress.Place(nextOffset, 100))));
    }

    private static List<String> progressOrText(Queue<StreamRecord<byte[]>> records) {
        List<String> texts = new ArrayList<>();
        for (StreamRecord<byte[]> each : records) {
            byte[] element = each.getValue();
            if (!Progress.isProgress(element)) texts.add(text(element));
            else Progress.places(element).forEach((input, place) -> texts.add(
                    place.nextOffset() + " to " + Element.targetPartition(element, 5)));
        }
        return texts;
    }

    @Test
    void aWatermarkBeforeAllRecordsAtTheWorkerGoesOnAtOnce() throws Exception {
        try (var harness = harness(new StageSpec(0, 0, "count", KEYED, StageSpec.Time.ORDER, false, Long.MAX_VALUE, 2, "abc", 20, 60_000), 1, 0)) {
            harness.open();
            harness.processElement(record("a", "x", 100));
            harness.processWatermarkStatus(WatermarkStatus.IDLE);
            harness.processWatermarkStatus(WatermarkStatus.ACTIVE);
            harness.processElement(record("a", "y", 200));
            harness.processWatermark(199);
            assertEquals(List.of("a: x 1 @100"), outlet(harness, 0));
            harness.processWatermark(200);
            assertEquals(List.of("a: x 1 @100", "a: y 2 @200"), outlet(harness, 0));
            assertEquals(
                    List.of(WatermarkStatus.IDLE, WatermarkStatus.ACTIVE, new Watermark(199), new Watermark(200)),
                    new ArrayList<>(harness.getOutput()));
        }
    }

    @Test
    void aWorkerThatMakesEventTimeIsNotWaitedForWhileItIsIdle() throws Exception {
        StageSpec spec = new StageSpec(0, 0, "count", KEYED, StageSpec.Time.WORKER, false, Long.MAX_VALUE, 2, "abc", 20, 60_000);
        try (var harness = harness(spec, 1, 0)) {
            harness.open();
            // Those of the source serve the source alone.
            harness.processWatermark(90);
            harness.processWatermarkStatus(WatermarkStatus.IDLE);
            harness.processWatermarkStatus(WatermarkStatus.ACTIVE);
            harness.processElement(record("a", "idle", 100));
            harness.prepareSnapshotPreBarrier(1);
            harness.processElement(record("a", "idle", 110));
            harness.prepareSnapshotPreBarrier(2);
            harness.processElement(record("a", "active", 120));
            harness.prepareSnapshotPreBarrier(3);
            assertEquals(
                    List.of(
                            new Watermark(100), WatermarkStatus.IDLE, new Watermark(110), WatermarkStatus.ACTIVE,
                            new Watermark(120)),
                    new ArrayList<>(harness.getOutput()));
        }
    }

    @Test
    void aBatchThatIsNotFullIsSentWhenItHasLingered() throws Exception {
        try (var harness = opened()) {
            harness.processElement(record("a", "x", 100));
            harness.setProcessingTime(19);
            assertEquals(List.of(), outlet(harness, 0));
            harness.setProcessingTime(20);
            assertEquals(List.of("a: x 1 @100"), outlet(harness, 0));
        }
    }

    @Test
    void whileBatchesFillUpNoAnswerIsWaitedFor() throws Exception {
        try (var harness = opened()) {
            for (int i = 0; i < 1_000; i++) harness.processElement(record("a", "x", i));
            harness.setProcessingTime(15);
            harness.processElement(record("a", "x", 1_000));
            harness.setProcessingTime(20);
            assertEquals(0, outlet(harness, 0).size());
            harness.setProcessingTime(35);
            assertEquals(1_001, outlet(harness, 0).size());
        }
    }

    @Test
    void theWorkerIsWokenForItsTimers() throws Exception {
        try (var harness = opened()) {
            harness.processElement(record("a", "timer", 100));
            harness.setProcessingTime(4_999);
            assertEquals(List.of(), outlet(harness, 0));
            harness.setProcessingTime(5_000);
            assertEquals(List.of("timer: fired"), outlet(harness, 0));
        }
    }

    @Test
    void moreThanPipesHoldGoesThroughInOrder() throws Exception {
        String value = "x".repeat(500);
        int records = 20_000;
        try (var harness = opened()) {
            for (int i = 0; i < records; i++) harness.processElement(record("a", value, i));
            harness.endInput();
            List<String> out = outlet(harness, 0);
            assertEquals(records, out.size());
            for (int i = 0; i < records; i++) assertTrue(out.get(i).endsWith("x " + (i + 1) + " @" + i), out.get(i));
        }
    }

    @Test
    void stateGoesIntoTheCheckpointUnderItsKeyAndComesBackAfterRescaling() throws Exception {
        OperatorSubtaskState snapshot;
        List<String> keys = List.of("a", "b", "c", "d", "e", "f");
        try (var harness = opened()) {
            for (String key : keys) harness.processElement(record(key, "x", 1));
            harness.processElement(record("a", "x", 2));
            harness.prepareSnapshotPreBarrier(1);
            snapshot = harness.snapshot(1, 1);
        }
        List<String> out = new ArrayList<>();
        for (int subtask = 0; subtask < 2; subtask++) {
            try (var harness = harness("abc", 60_000, 2, subtask)) {
                harness.initializeState(AbstractStreamOperatorTestHarness.repartitionOperatorState(
                        snapshot, MAX_PARALLELISM, 1, 2, subtask));
                harness.open();
                for (String key : keys) {
                    // Each subtask has its own keys only.
                    if (group(key, 2) == subtask) harness.processElement(record(key, "y", 3));
                }
                harness.endInput();
                out.addAll(outlet(harness, 0));
            }
        }
        out.sort(null);
        assertEquals(
                List.of("a: y 3 @3", "b: y 2 @3", "c: y 2 @3", "d: y 2 @3", "e: y 2 @3", "f: y 2 @3"), out);
    }

    private static final StageSpec SORTED = new StageSpec(0, 0, "count", KEYED, StageSpec.Time.EVENT, true, Long.MAX_VALUE, 2, "abc", 20, 60_000);

    @Test
    void aSortedStageGetsRecordsInTheOrderOfTheirTimesUpToTheWatermark() throws Exception {
        try (var harness = harness(SORTED, 1, 0)) {
            harness.open();
            harness.processElement(record("a", "z", 300));
            harness.processElement(record("a", "y", 200));
            harness.processElement(record("b", "x", 100));
            harness.setProcessingTime(50);
            assertEquals(List.of(), outlet(harness, 0));
            harness.processWatermark(200);
            assertEquals(List.of("b: x 1 @100", "a: y 1 @200"), outlet(harness, 0));
            harness.processElement(record("a", "late", 150));
            harness.processWatermarkStatus(WatermarkStatus.IDLE);
            assertEquals(List.of("b: x 1 @100", "a: y 1 @200", "a: late 2 @150", "a: z 3 @300"), outlet(harness, 0));
        }
    }

    @Test
    void whatWaitsInASortedStageIsInTheCheckpointUnderItsKey() throws Exception {
        OperatorSubtaskState snapshot;
        try (var harness = harness(SORTED, 1, 0)) {
            harness.open();
            for (String key : List.of("a", "b", "c", "d")) {
                harness.processElement(record(key, "y", 200));
                harness.processElement(record(key, "x", 100));
            }
            harness.prepareSnapshotPreBarrier(1);
            harness.snapshot(1, 1);
            // What is released between two checkpoints is not in the second.
            harness.processWatermark(100);
            harness.prepareSnapshotPreBarrier(2);
            snapshot = harness.snapshot(2, 2);
        }
        List<String> out = new ArrayList<>();
        for (int subtask = 0; subtask < 2; subtask++) {
            try (var harness = harness(SORTED, 2, subtask)) {
                harness.initializeState(AbstractStreamOperatorTestHarness.repartitionOperatorState(
                        snapshot, MAX_PARALLELISM, 1, 2, subtask));
                harness.open();
                harness.processWatermark(300);
                out.addAll(outlet(harness, 0));
            }
        }
        out.sort(null);
        assertEquals(List.of("a: y 2 @200", "b: y 2 @200", "c: y 2 @200", "d: y 2 @200"), out);
    }

    @Test
    void aStageThatIsSortedNoLongerGetsWhatWaitedAtOnce() throws Exception {
        OperatorSubtaskState snapshot;
        try (var harness = harness(SORTED, 1, 0)) {
            harness.open();
            harness.processElement(record("a", "x", 100));
            harness.prepareSnapshotPreBarrier(1);
            snapshot = harness.snapshot(1, 1);
        }
        try (var harness = harness("abc", 60_000, 1, 0)) {
            harness.initializeState(snapshot);
            harness.open();
            harness.processElement(record("a", "y", 50));
            harness.endInput();
            assertEquals(List.of("a: x 1 @100", "a: y 2 @50"), outlet(harness, 0));
        }
    }

    /** With state of a job that did not run on a cluster before. */
    private static KeyedOneInputStreamOperatorTestHarness<String, byte[], byte[]> beginningWith(
            StageState initial, int parallelism, int subtask) throws Exception {
        StageSpec spec = new StageSpec(0, 0, "count", KEYED, StageSpec.Time.EVENT, false, Long.MAX_VALUE, 2, "abc", 20, 60_000);
        return new KeyedOneInputStreamOperatorTestHarness<>(
                new StageOperator(spec, new FakeWorker.Launcher(), initial), Element::keyText, Types.STRING,
                MAX_PARALLELISM, parallelism, subtask);
    }

    @Test
    void stateThatAJobBringsAlongIsThatOfItsKeysUntilACheckpointHasIt() throws Exception {
        StageState initial = new StageState("{}", List.of("a", "a", "7", "b", "b", "8"), List.of());
        List<String> out = new ArrayList<>();
        List<OperatorSubtaskState> snapshots = new ArrayList<>();
        for (int subtask = 0; subtask < 2; subtask++) {
            try (var harness = beginningWith(initial, 2, subtask)) {
                harness.open();
                for (String key : List.of("a", "b")) {
                    if (group(key, 2) == subtask) harness.processElement(record(key, "x", 1));
                }
                harness.endInput();
                out.addAll(outlet(harness, 0));
                snapshots.add(harness.snapshot(1, 1));
            }
        }
        out.sort(null);
        assertEquals(List.of("a: x 8 @1", "b: x 9 @1"), out);
        try (var harness = beginningWith(initial, 1, 0)) {
            harness.initializeState(AbstractStreamOperatorTestHarness.repartitionOperatorState(
                    AbstractStreamOperatorTestHarness.repackageState(snapshots.toArray(new OperatorSubtaskState[0])),
                    MAX_PARALLELISM, 2, 1, 0));
            harness.open();
            harness.processElement(record("a", "y", 2));
            harness.endInput();
            assertEquals(List.of("a: y 9 @2"), outlet(harness, 0));
        }
    }

    @Test
    void anExportEmitsTheEntriesOfAllKeysAndNoMore() throws Exception {
        OperatorSubtaskState snapshot;
        try (var harness = opened()) {
            for (String key : List.of("a", "b", "a")) harness.processElement(record(key, "x", 1));
            harness.prepareSnapshotPreBarrier(1);
            snapshot = harness.snapshot(1, 1);
        }
        try (var harness = new KeyedOneInputStreamOperatorTestHarness<>(
                new StageExport(3, true), Element::keyText, Types.STRING, MAX_PARALLELISM, 1, 0)) {
            harness.initializeState(snapshot);
            harness.open();
            harness.endInput();
            List<String> found = new ArrayList<>();
            for (Object each : harness.getOutput()) found.add(text((byte[]) ((StreamRecord<?>) each).getValue()));
            found.sort(null);
            assertEquals(List.of("[\"job\",3,0]: {\"format\":1}", "a: 2", "b: 1"), found);
        }
    }

    @Test
    void onlyWhatHasChangedIsWrittenAgain() throws Exception {
        OperatorSubtaskState snapshot;
        try (var harness = opened()) {
            harness.processElement(record("a", "x", 1));
            harness.prepareSnapshotPreBarrier(1);
            harness.snapshot(1, 1);
            harness.processElement(record("b", "x", 2));
            harness.prepareSnapshotPreBarrier(2);
            snapshot = harness.snapshot(2, 2);
        }
        try (var harness = harness("abc", 60_000, 1, 0)) {
            harness.initializeState(snapshot);
            harness.open();
            harness.processElement(record("a", "y", 3));
            harness.processElement(record("b", "y", 3));
            harness.endInput();
            assertEquals(List.of("a: y 2 @3", "b: y 2 @3"), outlet(harness, 0));
        }
    }

    @Test
    void aFailureThatMayPassIsLeftToTheRestartStrategy() throws Exception {
        try (var harness = opened()) {
            harness.processElement(record("a", "away", 1));
            Exception failure = assertThrows(WorkerException.class, harness::endInput);
            assertEquals(ThrowableType.RecoverableError, ThrowableClassifier.getThrowableType(failure));
        }
    }

    @Test
    void aFailureOfTheJobComesBackInItsWordsAndEndsIt() throws Exception {
        try (var harness = opened()) {
            harness.processElement(record("a", "boom", 1));
            Exception failure = assertThrows(JobFailedException.class, harness::endInput);
            assertEquals("Operator \"count\" failed: boom", failure.getMessage());
            assertEquals(ThrowableType.NonRecoverableError, ThrowableClassifier.getThrowableType(failure));
        }
    }

    @Test
    void aWorkerThatDescribesAnotherJobIsRefused() throws Exception {
        try (var harness = harness("other", 60_000, 1, 0)) {
            assertThrows(JobFailedException.class, harness::open);
        }
    }

    @Test
    void aWorkerThatEndsBeforeAJobHasEverRunEndsTheJob() throws Exception {
        try (var harness = harness("unloadable", 60_000, 1, 0)) {
            String message = assertThrows(JobFailedException.class, harness::open).getMessage();
            assertEquals("The worker of \"count\", subtask 0 ended with exit code 1:\nerror: Uncaught SyntaxError", message);
        }
    }

    @Test
    void aWorkerThatEndsWhenAJobIsRestoredIsLeftToTheRestartStrategy() throws Exception {
        OperatorSubtaskState snapshot;
        try (var harness = opened()) {
            harness.processElement(record("a", "x", 1));
            harness.prepareSnapshotPreBarrier(1);
            snapshot = harness.snapshot(1, 1);
        }
        try (var harness = harness("unloadable", 60_000, 1, 0)) {
            harness.initializeState(snapshot);
            assertThrows(WorkerException.class, harness::open);
        }
    }

    @Test
    void aMachineWithoutDenoIsNamed(@TempDir Path temporary) {
        var launcher = new DenoLauncher("", "hash", List.of(), List.of(), Map.of());
        Configuration settings = new Configuration();
        settings.set(DenoLauncher.DENO, "/nowhere/deno");
        WorkerException missing = assertThrows(WorkerException.class, () -> launcher.start(settings, temporary));
        assertEquals(
                "Cannot start a worker: this TaskManager has no Deno at \"/nowhere/deno\"; install it there, or set "
                        + "stream-apps.deno in Flink's configuration to where it is",
                missing.getMessage());
        assertTrue(missing.isLasting());
    }

    @Test
    void aWorkerThatDiesIsReportedWithItsLastLines() throws Exception {
        try (var harness = opened()) {
            harness.processElement(record("a", "die", 1));
            String message = assertThrows(WorkerException.class, harness::endInput).getMessage();
            assertEquals("The worker of \"count\", subtask 0 ended with exit code 7:\nout of memory", message);
        }
    }

    @Test
    void aWorkerThatPrintsIsReportedWithWhatItPrinted() throws Exception {
        try (var harness = opened()) {
            harness.processElement(record("a", "print", 1));
            String message = assertThrows(WorkerException.class, harness::endInput).getMessage();
            assertTrue(message.contains("beginning with \"hello, world\""), message);
        }
    }

    /** A batch larger than a pipe cannot be written to a worker that is still at work for the one before. */
    @Test
    @Timeout(value = 30, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
    void aWorkerThatHangsIsEndedThoughTheTaskIsWritingToIt() throws Exception {
        var harness = harness("abc", 1_000, 1, 0);
        harness.open();
        harness.processElement(record("a", "hang", 1));
        StreamRecord<byte[]> large = record("a", "x".repeat(300_000), 1);
        harness.processElement(large);
        String message = assertThrows(WorkerException.class, () -> harness.processElement(large)).getMessage();
        assertTrue(message.contains("did not answer for 1 s"), message);
        try {
            harness.close();
        } catch (WorkerException heardOfByItsReaderToo) {
            assertEquals(message, heardOfByItsReaderToo.getMessage());
        }
    }

    @Test
    void anAnswerThatCannotBeReadIsReported() throws Exception {
        try (var harness = opened()) {
            harness.processElement(record("a", "no length", 1));
            String message = assertThrows(WorkerException.class, harness::endInput).getMessage();
            assertEquals(
                    "Cannot read an answer of the worker of \"count\", subtask 0: java.lang.NegativeArraySizeException: -1", message);
        }
    }

    @Test
    void aWorkerThatHangsIsEnded() throws Exception {
        try (var harness = harness("abc", 2_000, 1, 0)) {
            harness.open();
            harness.processElement(record("a", "hang", 1));
            String message = assertThrows(WorkerException.class, harness::endInput).getMessage();
            assertTrue(message.contains("did not answer for 2 s"), message);
        }
    }
}
