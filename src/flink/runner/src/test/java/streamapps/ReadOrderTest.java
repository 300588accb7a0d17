package streamapps;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.apache.flink.runtime.checkpoint.OperatorSubtaskState;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;
import org.apache.flink.streaming.runtime.watermarkstatus.WatermarkStatus;
import org.apache.flink.streaming.util.OneInputStreamOperatorTestHarness;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The order of records that were read: whatever is slow, what was in the topics together is written in the order of time. */
class ReadOrderTest {
    private static final int MAX_PARALLELISM = 8;
    private static final int ROUNDS = 60;
    private static final int STEPS = 300;

    /** A record's time names it. */
    private static final class Partition {
        final Progress.Input input;
        final List<Long> log = new ArrayList<>();
        int read;
        /** What has left the source and has not come yet: records and marks. */
        ArrayDeque<StreamRecord<byte[]>> way = new ArrayDeque<>();
        long emittedMs = Long.MIN_VALUE;

        Partition(int number) {
            input = new Progress.Input("source", new TopicPartition("in", number));
        }

        void read(int count) {
            for (int i = 0; i < count && read < log.size(); i++) {
                emittedMs = log.get(read++);
                way.add(record(emittedMs));
            }
        }

        void announce() {
            way.add(new StreamRecord<>(Progress.element(Map.of(input, new Progress.Place(read, emittedMs)))));
        }
    }

    /** A question where partitions end that has been asked. */
    private record Question(Map<TopicPartition, Long> ends, CompletableFuture<Map<TopicPartition, Long>> answer) {
        void succeed() {
            answer.complete(ends);
        }

        void fail() {
            answer.completeExceptionally(new IllegalStateException("no broker"));
        }
    }

    private static final ArrayDeque<Question> QUESTIONS = new ArrayDeque<>();
    private static List<Partition> partitions;

    /** The brokers, which answer when a test lets them. */
    private static final class FakeEnds implements Ends {
        @Override
        public CompletionStage<Map<TopicPartition, Long>> ask(Collection<TopicPartition> asked) {
            Map<TopicPartition, Long> ends = new HashMap<>();
            for (Partition each : partitions) {
                TopicPartition partition = each.input.partition();
                if (asked.contains(partition)) ends.put(partition, (long) each.log.size());
            }
            Question question = new Question(ends, new CompletableFuture<>());
            QUESTIONS.add(question);
            return question.answer;
        }

        @Override
        public void close() {}
    }

    private OneInputStreamOperatorTestHarness<byte[], byte[]> harness;
    private long clockMs;

    private static StreamRecord<byte[]> record(long timeMs) {
        byte[] own = FakeWorker.element("key", String.valueOf(timeMs));
        return new StreamRecord<>(ByteBuffer.allocate(own.length + 8).put(own).putInt(-1).putInt(0).array(), timeMs);
    }

    private static OneInputStreamOperatorTestHarness<byte[], byte[]> harness() throws Exception {
        SortOperator operator = new SortOperator(true, 1, Long.MAX_VALUE, new ArrayList<>());
        ArrayList<Progress.Input> inputs = new ArrayList<>();
        for (Partition each : partitions) inputs.add(each.input);
        operator.byPositions(new PositionOrder(inputs, FakeEnds::new));
        return new OneInputStreamOperatorTestHarness<>(operator, MAX_PARALLELISM, 1, 0);
    }

    @BeforeEach
    void begin() {
        QUESTIONS.clear();
        partitions = List.of(new Partition(0), new Partition(1), new Partition(2));
        clockMs = 0;
    }

    private void open() throws Exception {
        harness = harness();
        harness.open();
        for (Partition each : partitions) each.announce();
        deliverAll();
    }

    @AfterEach
    void end() throws Exception {
        harness.close();
    }

    private void runMails() {
        harness.getTaskMailbox().drain().forEach(mail -> {
            try {
                mail.run();
            } catch (Exception failed) {
                throw new IllegalStateException(failed);
            }
        });
    }

    private void timePasses(long ms) throws Exception {
        harness.setProcessingTime(clockMs += ms);
        runMails();
    }

    private void deliverAll() throws Exception {
        for (Partition each : partitions) while (!each.way.isEmpty()) harness.processElement(each.way.remove());
    }

    /** Until nothing is asked any more. */
    private void brokersAnswer() throws Exception {
        for (int i = 0; i < 4; i++) {
            timePasses(100);
            while (!QUESTIONS.isEmpty()) QUESTIONS.remove().succeed();
            runMails();
        }
    }

    private List<Long> written() {
        List<Long> times = new ArrayList<>();
        for (Object each : harness.getOutput()) {
            if (!(each instanceof StreamRecord<?> record)) continue;
            byte[] element = (byte[]) record.getValue();
            assertEquals(record.getTimestamp(), Long.parseLong(new String(Element.value(element), StandardCharsets.UTF_8)));
            times.add(record.getTimestamp());
        }
        return times;
    }

    @Test
    void behindASilenceARecordWaitsForAnEarlierOneThatWasThereHoweverLongThatTakes() throws Exception {
        open();
        brokersAnswer();
        Partition slow = partitions.get(0);
        Partition quick = partitions.get(1);
        slow.log.add(100L);
        quick.log.add(101L);
        quick.read(1);
        quick.announce();
        deliverAll();
        for (int i = 0; i < 100; i++) brokersAnswer();
        harness.processWatermarkStatus(WatermarkStatus.IDLE);
        assertEquals(List.of(), written());
        slow.read(1);
        deliverAll();
        for (int i = 0; i < 100; i++) brokersAnswer();
        // It is there, and nothing says that no other one is on its way.
        assertEquals(List.of(), written());
        slow.announce();
        deliverAll();
        assertEquals(List.of(100L, 101L), written());
    }

    @Test
    void nobodyWaitsForWhatIsNotThere() throws Exception {
        open();
        partitions.get(1).log.add(101L);
        partitions.get(1).read(1);
        partitions.get(1).announce();
        deliverAll();
        brokersAnswer();
        assertEquals(List.of(101L), written());
        assertEquals(0, QUESTIONS.size());
    }

    @Test
    void brokersThatDoNotAnswerHoldBackWhatOnlyTheyCanLetGo() throws Exception {
        open();
        partitions.get(1).log.addAll(List.of(101L, 102L));
        partitions.get(1).read(1);
        partitions.get(1).announce();
        deliverAll();
        for (int i = 0; i < 50; i++) {
            timePasses(100);
            while (!QUESTIONS.isEmpty()) QUESTIONS.remove().fail();
        }
        assertEquals(List.of(), written());
        // The others have come further than this record.
        for (Partition each : partitions) {
            each.log.add(103L);
            each.read(2);
            each.announce();
        }
        deliverAll();
        assertEquals(List.of(101L, 102L, 103L, 103L, 103L), written());
    }

    @Test
    void aPartitionOfWhichNothingIsKnownIsWaitedFor() throws Exception {
        harness = harness();
        harness.open();
        partitions.get(1).log.add(101L);
        partitions.get(1).read(1);
        for (Partition each : partitions.subList(1, 3)) each.announce();
        deliverAll();
        brokersAnswer();
        assertEquals(List.of(), written());
        partitions.get(0).announce();
        deliverAll();
        assertEquals(List.of(101L), written());
    }

    @Test
    void whatWaitedInTheCheckpointIsAskedForAnew() throws Exception {
        open();
        partitions.get(1).log.add(101L);
        partitions.get(1).read(1);
        assertEquals(List.of(), restarted(new HashMap<>()));
        deliverAll();
        brokersAnswer();
        assertEquals(List.of(101L), written());
    }

    @Test
    void theEndOfTheJobLetsAllGo() throws Exception {
        open();
        partitions.get(1).log.add(101L);
        partitions.get(1).read(1);
        deliverAll();
        harness.processWatermark(Long.MAX_VALUE);
        assertEquals(List.of(101L), written());
    }

    /**
     * Bursts, silences, slow ways, brokers that answer late or not at all, restarts: in any order. Partitions get records with times that
     * ascend; before a record comes, what is in the others is noted, and must be written before it if it is earlier.
     */
    @Test
    void whateverHappensWhatWasInTheTopicsTogetherIsWrittenInOrder() throws Exception {
        long writtenInAll = 0;
        for (int round = 0; round < ROUNDS; round++) {
            begin();
            writtenInAll += anyRound(new Random(round), "round " + round);
            if (round + 1 < ROUNDS) harness.close();
        }
        assertTrue(writtenInAll > ROUNDS * 50, () -> "too little has happened");
    }

    private long anyRound(Random random, String name) throws Exception {
        open();
        /** Each record's time, and how far the logs went when it came. */
        Map<Long, int[]> seen = new HashMap<>();
        List<Long> all = new ArrayList<>();
        long timeMs = 0;
        for (int step = 0; step < STEPS; step++) {
            Partition some = partitions.get(random.nextInt(partitions.size()));
            switch (random.nextInt(20)) {
                case 0, 1, 2 -> {
                    // A burst: on several at once, and nobody has read it yet.
                    for (int i = random.nextInt(6); i >= 0; i--) {
                        partitions.get(random.nextInt(partitions.size())).log.add(++timeMs);
                    }
                }
                case 3, 4, 5, 6 -> some.read(1 + random.nextInt(3));
                case 7, 8, 9 -> some.announce();
                case 10, 11, 12, 13, 14 -> deliver(some, 1 + random.nextInt(4), seen);
                case 15, 16 -> timePasses(100);
                case 17, 18 -> {
                    if (!QUESTIONS.isEmpty()) QUESTIONS.remove().succeed();
                    runMails();
                }
                default -> {
                    if (random.nextInt(4) == 0) {
                        all.addAll(restarted(seen));
                    } else if (!QUESTIONS.isEmpty()) {
                        QUESTIONS.remove().fail();
                        runMails();
                    }
                }
            }
        }
        for (Partition each : partitions) {
            each.read(Integer.MAX_VALUE);
            each.announce();
            deliver(each, Integer.MAX_VALUE, seen);
        }
        brokersAnswer();
        brokersAnswer();
        all.addAll(written());
        assertEquals(timeMs, all.size(), name + ": all is written, and once");
        check(all, seen, name);
        return all.size();
    }

    private void deliver(Partition from, int count, Map<Long, int[]> seen) throws Exception {
        for (int i = 0; i < count && !from.way.isEmpty(); i++) {
            StreamRecord<byte[]> next = from.way.remove();
            if (next.hasTimestamp()) seen.put(next.getTimestamp(), partitions.stream().mapToInt(each -> each.log.size()).toArray());
            harness.processElement(next);
        }
    }

    /** A checkpoint, a crash, and the job goes on from there. @return what had been written */
    private List<Long> restarted(Map<Long, int[]> seen) throws Exception {
        for (Partition each : partitions) deliver(each, Integer.MAX_VALUE, seen);
        OperatorSubtaskState snapshot = harness.snapshot(1, 1);
        List<Long> before = written();
        harness.close();
        QUESTIONS.clear();
        harness = harness();
        harness.initializeState(snapshot);
        harness.setProcessingTime(clockMs);
        harness.open();
        for (Partition each : partitions) {
            // Its source does not know what it had emitted before.
            each.emittedMs = Long.MIN_VALUE;
            each.announce();
        }
        return before;
    }

    private static void check(List<Long> written, Map<Long, int[]> seen, String name) {
        Map<Long, Integer> places = new HashMap<>();
        for (int i = 0; i < written.size(); i++) places.put(written.get(i), i);
        seen.forEach((timeMs, lengths) -> {
            for (int i = 0; i < lengths.length; i++) {
                for (long other : partitions.get(i).log.subList(0, lengths[i])) {
                    if (other >= timeMs) break;
                    assertTrue(places.get(other) < places.get(timeMs), () -> name + ": " + other + " was there when " + timeMs + " came");
                }
            }
        });
    }
}
