package streamapps;

import java.util.Arrays;
import org.apache.flink.api.common.eventtime.Watermark;
import org.apache.flink.api.common.eventtime.WatermarkGenerator;
import org.apache.flink.api.common.eventtime.WatermarkGeneratorSupplier;
import org.apache.flink.api.common.eventtime.WatermarkOutput;

/**
 * How far a partition has come, for the order of what is written behind it; not for windows. It is the largest timestamp that had
 * been seen some emissions before: a record that another partition gets at the same time, and that takes longer to be read, is
 * still in time then.
 *
 * A partition that was silent begins with the time of its first record, at once: nobody waits for one that is silent, and from then on
 * the others wait for this one.
 *
 * @param maxAheadMs how far a timestamp may be ahead of the clock to count; Long.MAX_VALUE for any
 */
record OrderTime(long maxAheadMs) implements WatermarkGeneratorSupplier<byte[]> {
    private static final int EMISSIONS_BEHIND = 2;

    @Override
    public WatermarkGenerator<byte[]> createWatermarkGenerator(Context context) {
        return new Generator(maxAheadMs);
    }

    private static final class Generator implements WatermarkGenerator<byte[]> {
        private final long maxAheadMs;
        private long maxMs = Long.MIN_VALUE + 1;
        private long emittedMs = maxMs;
        /** The largest timestamp at the last emissions, the oldest at {@code next}. */
        private final long[] seenMs = new long[EMISSIONS_BEHIND];
        private int next;

        Generator(long maxAheadMs) {
            this.maxAheadMs = maxAheadMs;
        }

        @Override
        public void onEvent(byte[] element, long timestampMs, WatermarkOutput output) {
            if (timestampMs <= maxMs || isTooFarAhead(timestampMs, maxAheadMs)) return;
            if (emittedMs == maxMs) {
                Arrays.fill(seenMs, timestampMs);
                output.emitWatermark(new Watermark(timestampMs - 1));
            }
            maxMs = timestampMs;
        }

        @Override
        public void onPeriodicEmit(WatermarkOutput output) {
            // Each emission makes the partition active, so one that is silent emits no more.
            if (emittedMs == maxMs) return;
            emittedMs = seenMs[next];
            seenMs[next] = maxMs;
            next = (next + 1) % EMISSIONS_BEHIND;
            output.emitWatermark(new Watermark(emittedMs - 1));
        }
    }

    /** Whether a timestamp is so far ahead of the clock that nothing waits for it, and it does not wait. */
    static boolean isTooFarAhead(long timestampMs, long maxAheadMs) {
        return maxAheadMs != Long.MAX_VALUE && timestampMs - maxAheadMs > System.currentTimeMillis();
    }
}
