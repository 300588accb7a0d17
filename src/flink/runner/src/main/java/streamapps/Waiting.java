package streamapps;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;

/** Elements that wait for event time to come to theirs: the earliest first, and those of one time in the order in which they came. */
final class Waiting {
    private static final Comparator<Timed> BY_TIME =
            Comparator.comparingLong(Timed::timestampMs).thenComparingLong(Timed::order);

    private final PriorityQueue<Timed> queue = new PriorityQueue<>(BY_TIME);
    private long added;

    /** An element with its time. */
    record Timed(long timestampMs, long order, byte[] element) {}

    /** Takes what leaves. */
    interface Output {
        void accept(long timestampMs, byte[] element) throws Exception;
    }

    void add(long timestampMs, byte[] element) {
        queue.add(new Timed(timestampMs, added++, element));
    }

    int size() {
        return queue.size();
    }

    /** Lets those go whose time has come. */
    void release(long untilMs, Output output) throws Exception {
        for (Timed first = queue.peek(); first != null && first.timestampMs <= untilMs; first = queue.peek()) {
            queue.remove();
            output.accept(first.timestampMs, first.element);
        }
    }

    /** For a checkpoint: each with its time before it, those of one time in their order. */
    List<byte[]> snapshot() {
        List<Timed> all = new ArrayList<>(queue);
        all.sort(BY_TIME);
        List<byte[]> snapshot = new ArrayList<>(all.size());
        for (Timed each : all) {
            snapshot.add(ByteBuffer.allocate(8 + each.element.length).putLong(each.timestampMs).put(each.element).array());
        }
        return snapshot;
    }

    /** Adds one of a {@link #snapshot()}. */
    void restore(byte[] saved) {
        add(timestampOf(saved), elementOf(saved));
    }

    static long timestampOf(byte[] saved) {
        return ByteBuffer.wrap(saved).getLong();
    }

    static byte[] elementOf(byte[] saved) {
        return java.util.Arrays.copyOfRange(saved, 8, saved.length);
    }
}
