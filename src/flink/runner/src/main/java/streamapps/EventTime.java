package streamapps;

import org.apache.flink.api.common.eventtime.Watermark;
import org.apache.flink.api.common.eventtime.WatermarkGenerator;
import org.apache.flink.api.common.eventtime.WatermarkGeneratorSupplier;
import org.apache.flink.api.common.eventtime.WatermarkOutput;

/**
 * Event time of a partition: the largest timestamp seen, less how far records may be behind one another, less 1 ms. A record whose
 * timestamp is too far ahead of the clock moves no event time, as in a job at home: one wrong time would make all others late.
 *
 * @param outOfOrdernessMs 0 for timestamps that never go back
 * @param maxAheadMs Long.MAX_VALUE for any
 */
record EventTime(long outOfOrdernessMs, long maxAheadMs) implements WatermarkGeneratorSupplier<byte[]> {

    @Override
    public WatermarkGenerator<byte[]> createWatermarkGenerator(Context context) {
        return new Generator(outOfOrdernessMs, maxAheadMs);
    }

    private static final class Generator implements WatermarkGenerator<byte[]> {
        private final long outOfOrdernessMs;
        private final long maxAheadMs;
        private long maxMs;
        private boolean hadRecords;

        Generator(long outOfOrdernessMs, long maxAheadMs) {
            this.outOfOrdernessMs = outOfOrdernessMs;
            this.maxAheadMs = maxAheadMs;
            // So that nothing is below the least of all watermarks.
            this.maxMs = Long.MIN_VALUE + outOfOrdernessMs + 1;
        }

        @Override
        public void onEvent(byte[] element, long timestampMs, WatermarkOutput output) {
            hadRecords = true;
            if (timestampMs <= maxMs || OrderTime.isTooFarAhead(timestampMs, maxAheadMs)) return;
            maxMs = timestampMs;
        }

        @Override
        public void onPeriodicEmit(WatermarkOutput output) {
            // Each emission makes the partition active, so one that is silent emits no more.
            if (!hadRecords) return;
            hadRecords = false;
            output.emitWatermark(new Watermark(maxMs - outOfOrdernessMs - 1));
        }
    }
}
