package streamapps;

import org.apache.flink.api.common.eventtime.Watermark;
import org.apache.flink.api.common.eventtime.WatermarkGenerator;
import org.apache.flink.api.common.eventtime.WatermarkGeneratorSupplier;
import org.apache.flink.api.common.eventtime.WatermarkOutput;

/**
 * How far a partition has come, for the order of what is written behind it; not for windows. It is the largest timestamp that had
 * been seen at the emission before: a record that another partition gets at the same time, and that takes longer to be read, is
 * still in time then.
 *
 * @param maxAheadMs how far a timestamp may be ahead of the clock to count; Long.MAX_VALUE for any
 */
record OrderTime(long maxAheadMs) implements WatermarkGeneratorSupplier<byte[]> {

    @Override
    public WatermarkGenerator<byte[]> createWatermarkGenerator(Context context) {
        return new Generator(maxAheadMs);
    }

    private static final class Generator implements WatermarkGenerator<byte[]> {
        private final long maxAheadMs;
        private long maxMs = Long.MIN_VALUE + 1;
        /** At the last emission. */
        private long lastMaxMs = maxMs;
        private long emittedMs = maxMs;

        Generator(long maxAheadMs) {
            this.maxAheadMs = maxAheadMs;
        }

        @Override
        public void onEvent(byte[] element, long timestampMs, WatermarkOutput output) {
            if (timestampMs <= maxMs || isTooFarAhead(timestampMs, maxAheadMs)) return;
            maxMs = timestampMs;
        }

        @Override
        public void onPeriodicEmit(WatermarkOutput output) {
            // Each emission makes the partition active, so one that is silent emits no more.
            if (emittedMs == maxMs) return;
            output.emitWatermark(new Watermark(lastMaxMs - 1));
            emittedMs = lastMaxMs;
            lastMaxMs = maxMs;
        }
    }

    /** Whether a timestamp is so far ahead of the clock that nothing waits for it, and it does not wait. */
    static boolean isTooFarAhead(long timestampMs, long maxAheadMs) {
        return maxAheadMs != Long.MAX_VALUE && timestampMs - maxAheadMs > System.currentTimeMillis();
    }
}
