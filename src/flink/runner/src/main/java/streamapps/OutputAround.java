package streamapps;

import org.apache.flink.api.common.eventtime.Watermark;
import org.apache.flink.api.connector.source.SourceOutput;

/** What records are written to, which hands all on but for what it overrides. */
abstract class OutputAround<O extends SourceOutput<byte[]>> implements SourceOutput<byte[]> {
    protected final O to;

    OutputAround(O to) {
        this.to = to;
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
