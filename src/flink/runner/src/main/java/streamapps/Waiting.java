package streamapps;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;

/**
 * Elements that wait for event time to come to theirs: the earliest first, and those of one time in the order in which they came.
 *
 * They come nearly in order, since each partition is in order by itself. So they are kept as runs, each of which ascends, and the
 * runs are merged when elements leave: there are few of them, where a heap of all elements would be deep.
 */
final class Waiting {
    private static final Comparator<Timed> BY_TIME =
            Comparator.comparingLong(Timed::timestampMs).thenComparingLong(Timed::order);

    /** None is empty, and the one whose last element is the latest comes first: so an element finds its run by halving. */
    private final List<Run> runs = new ArrayList<>();
    /** While elements leave: the runs that have more of them. */
    private final PriorityQueue<Run> leaving = new PriorityQueue<>(Run::compareFirst);
    private long added;
    private int size;

    /** An element with its time. */
    private record Timed(long timestampMs, long order, byte[] element) {}

    /** Takes what leaves. */
    interface Output {
        void accept(long timestampMs, byte[] element) throws Exception;
    }

    void add(long timestampMs, byte[] element) {
        int at = runFor(timestampMs);
        if (at == runs.size()) runs.add(new Run());
        runs.get(at).add(timestampMs, added++, element);
        size++;
    }

    /** The run whose last element is the latest that is not later than this; behind all runs if there is none. */
    private int runFor(long timestampMs) {
        int from = 0;
        int to = runs.size();
        while (from < to) {
            int middle = (from + to) >>> 1;
            if (runs.get(middle).lastMs() <= timestampMs) to = middle;
            else from = middle + 1;
        }
        return from;
    }

    int size() {
        return size;
    }

    /** The least time of those that wait; Long.MAX_VALUE if nothing does. */
    long firstMs() {
        long firstMs = Long.MAX_VALUE;
        for (Run run : runs) firstMs = Math.min(firstMs, run.firstMs());
        return firstMs;
    }

    /** Lets those go whose time has come. */
    void release(long untilMs, Output output) throws Exception {
        for (Run run : runs) if (run.firstMs() <= untilMs) leaving.add(run);
        if (leaving.isEmpty()) return;
        for (Run run = leaving.poll(); run != null; run = leaving.poll()) {
            Run next = leaving.peek();
            do {
                size--;
                output.accept(run.firstMs(), run.take());
            } while (run.hasUntil(untilMs) && (next == null || run.compareFirst(next) < 0));
            if (run.hasUntil(untilMs)) leaving.add(run);
        }
        runs.removeIf(Run::isEmpty);
    }

    /** For a checkpoint: each with its time before it, those of one time in their order. */
    List<byte[]> snapshot() {
        List<Timed> all = new ArrayList<>(size);
        for (Run run : runs) run.addTo(all);
        all.sort(BY_TIME);
        List<byte[]> snapshot = new ArrayList<>(size);
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
        return Arrays.copyOfRange(saved, 8, saved.length);
    }

    /** Elements whose times ascend, in the order in which they came. */
    private static final class Run {
        private long[] timesMs = new long[16];
        private long[] orders = new long[16];
        private byte[][] elements = new byte[16][];
        private int from;
        private int to;

        void add(long timestampMs, long order, byte[] element) {
            if (to == elements.length) makeRoom();
            timesMs[to] = timestampMs;
            orders[to] = order;
            elements[to++] = element;
        }

        private void makeRoom() {
            int count = to - from;
            int length = 2 * count > elements.length ? 2 * elements.length : elements.length;
            timesMs = moved(timesMs, new long[length], count);
            orders = moved(orders, new long[length], count);
            elements = moved(elements, new byte[length][], count);
            from = 0;
            to = count;
        }

        private <T> T moved(T old, T moved, int count) {
            System.arraycopy(old, from, moved, 0, count);
            return moved;
        }

        boolean isEmpty() {
            return from == to;
        }

        boolean hasUntil(long untilMs) {
            return from < to && timesMs[from] <= untilMs;
        }

        long firstMs() {
            return timesMs[from];
        }

        long lastMs() {
            return timesMs[to - 1];
        }

        int compareFirst(Run other) {
            int byTime = Long.compare(timesMs[from], other.timesMs[other.from]);
            return byTime != 0 ? byTime : Long.compare(orders[from], other.orders[other.from]);
        }

        byte[] take() {
            byte[] element = elements[from];
            elements[from++] = null;
            return element;
        }

        void addTo(List<Timed> all) {
            for (int i = from; i < to; i++) all.add(new Timed(timesMs[i], orders[i], elements[i]));
        }
    }
}
