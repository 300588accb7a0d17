package streamapps;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class WaitingTest {
    /** An element as text, with its time. */
    private record Given(long timestampMs, String text) {}

    private final Waiting waiting = new Waiting();
    private final List<Given> left = new ArrayList<>();

    private void add(Given given) {
        waiting.add(given.timestampMs, given.text.getBytes(StandardCharsets.UTF_8));
    }

    private void release(long untilMs) throws Exception {
        waiting.release(untilMs, (timestampMs, element) ->
                left.add(new Given(timestampMs, new String(element, StandardCharsets.UTF_8))));
    }

    @Test
    void whateverTheOrderInWhichTheyComeTheyLeaveByTimeAndThoseOfOneTimeAsTheyCame() throws Exception {
        Random random = new Random(1);
        List<Given> wait = new ArrayList<>();
        List<Given> expected = new ArrayList<>();
        for (int round = 0; round < 300; round++) {
            long aroundMs = 10L * round;
            // Some rounds ascend, some descend, most are mixed; times repeat.
            for (int i = 0; i < 40; i++) {
                long step = round % 3 == 0 ? i : round % 3 == 1 ? -i : random.nextInt(60);
                Given given = new Given(aroundMs + step, round + "/" + i);
                wait.add(given);
                add(given);
            }
            List<Given> due = wait.stream().filter(given -> given.timestampMs <= aroundMs)
                    .sorted(Comparator.comparingLong(Given::timestampMs)).toList();
            expected.addAll(due);
            wait.removeAll(due);
            release(aroundMs);
            assertEquals(wait.size(), waiting.size());
        }
        release(Long.MAX_VALUE);
        wait.sort(Comparator.comparingLong(Given::timestampMs));
        expected.addAll(wait);
        assertEquals(expected, left);
        assertEquals(0, waiting.size());
    }

    @Test
    void aSnapshotHasWhatWaitsInTheOrderInWhichItWouldLeave() throws Exception {
        for (long timestampMs : new long[] {5, 3, 9, 3, 5, 1}) add(new Given(timestampMs, "at " + timestampMs + ", " + waiting.size()));
        release(1);
        Waiting restored = new Waiting();
        for (byte[] saved : waiting.snapshot()) restored.restore(saved);
        List<Given> before = List.copyOf(left);
        release(Long.MAX_VALUE);
        List<Given> expected = left.subList(before.size(), left.size());
        List<Given> afterRestore = new ArrayList<>();
        restored.release(Long.MAX_VALUE, (timestampMs, element) ->
                afterRestore.add(new Given(timestampMs, new String(element, StandardCharsets.UTF_8))));
        assertEquals(expected, afterRestore);
        assertEquals(List.of("at 3, 1", "at 3, 3", "at 5, 0", "at 5, 4", "at 9, 2"), afterRestore.stream().map(Given::text).toList());
    }

    @Test
    void blocksHaveAllThatWaitsInItsOrderWhateverItsSize() {
        for (int bytes : new int[] {0, 1, 300, 70_000}) {
            for (int i = 0; i < 500; i++) waiting.add(i % 7, new byte[bytes]);
        }
        List<byte[]> expected = waiting.snapshot();
        List<byte[]> blocks = WaitingBlock.pack(expected);
        List<byte[]> unpacked = new ArrayList<>();
        blocks.forEach(block -> WaitingBlock.unpack(block, unpacked::add));
        assertEquals(2_000, unpacked.size());
        for (int i = 0; i < unpacked.size(); i++) assertArrayEquals(expected.get(i), unpacked.get(i));
        assertEquals(List.of(), WaitingBlock.pack(List.of()));
    }

    @Test
    void anElementAloneStandsForABlock() {
        add(new Given(200, "b"));
        List<byte[]> unpacked = new ArrayList<>();
        WaitingBlock.unpack(waiting.snapshot().get(0), unpacked::add);
        assertEquals(200, Waiting.timestampOf(unpacked.get(0)));
        assertEquals("b", new String(Waiting.elementOf(unpacked.get(0)), StandardCharsets.UTF_8));
    }
}
