package streamapps;

import org.apache.flink.streaming.api.operators.TwoInputStreamOperator;
import org.apache.flink.streaming.api.watermark.Watermark;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;
import org.apache.flink.streaming.runtime.watermarkstatus.WatermarkStatus;

/** A stage with a second input, each of whose records comes to all subtasks. */
public final class BroadcastStageOperator extends StageOperator implements TwoInputStreamOperator<byte[], byte[], byte[]> {
    private static final long serialVersionUID = 1;

    /** @param initial null if it begins without state */
    BroadcastStageOperator(StageSpec spec, WorkerLauncher launcher, StageState initial) {
        super(spec, launcher, initial);
    }

    @Override
    public void processElement1(StreamRecord<byte[]> record) throws Exception {
        processElement(record);
    }

    @Override
    public void processElement2(StreamRecord<byte[]> record) throws Exception {
        add(record);
    }

    /** Flink's own would hand the status on before the records that it must not overtake. */
    @Override
    protected void processWatermarkStatus(WatermarkStatus status, int input) throws Exception {
        boolean wasIdle = combinedWatermark.isIdle();
        boolean hasAdvanced = combinedWatermark.updateStatus(input, status.isIdle());
        if (hasAdvanced) processWatermark(new Watermark(combinedWatermark.getCombinedWatermark()));
        if (wasIdle != combinedWatermark.isIdle()) processWatermarkStatus(status);
    }
}
