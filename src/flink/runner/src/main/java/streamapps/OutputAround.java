package streamapps;

import org.apache.flink.api.common.eventtime.Watermark;
import org.apache.flink.api.connector.source.ReaderOutput;
import org.apache.flink.api.connector.source.SourceOutput;

/** What a reader writes to, which hands all on but for what it overrides. */
class OutputAround implements ReaderOutput<byte[]> {
    protected final ReaderOutput<byte[]> to;

    OutputAround(ReaderOutput<byte[]> to) {
        this.to = to;
    }

    @Override
    public SourceOutput<byte[]> createOutputForSplit(String id) {
        return to.createOutputForSplit(id);
    }

    @Override
    public void releaseOutputForSplit(String id) {
        to.releaseOutputForSplit(id);
    }

    @Override
    public void collect(byte[] element) {
        to.collect(element);
    }

    @Override
    public void collect(byte[] element, long timestampMs) {
        to.collect(element, timestampMs);
    }

    @Override
    public void emitWatermark(Watermark watermark) {
        to.emitWatermark(watermark);
    }

    @Override
    public void markIdle() {
        to.markIdle();
    }

    @Override
    public void markActive() {
        to.markActive();
    }
}
