package streamapps;

import java.util.Collection;
import java.util.List;
import org.apache.flink.api.common.typeinfo.PrimitiveArrayTypeInfo;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.api.connector.source.Boundedness;
import org.apache.flink.api.connector.source.ReaderOutput;
import org.apache.flink.api.connector.source.Source;
import org.apache.flink.api.connector.source.SourceReader;
import org.apache.flink.api.connector.source.SourceReaderContext;
import org.apache.flink.api.connector.source.SplitEnumerator;
import org.apache.flink.api.connector.source.SplitEnumeratorContext;
import org.apache.flink.api.connector.source.lib.NumberSequenceSource;
import org.apache.flink.api.connector.source.lib.NumberSequenceSource.NumberSequenceSplit;
import org.apache.flink.api.connector.source.lib.util.IteratorSourceEnumerator;
import org.apache.flink.api.connector.source.lib.util.IteratorSourceReaderBase;
import org.apache.flink.api.connector.source.util.ratelimit.RateLimitedSourceReader;
import org.apache.flink.api.connector.source.util.ratelimit.RateLimiterStrategy;
import org.apache.flink.api.java.typeutils.ResultTypeQueryable;
import org.apache.flink.core.io.InputStatus;
import org.apache.flink.core.io.SimpleVersionedSerializer;
import org.apache.flink.util.NumberSequenceIterator;

/**
 * Numbers of records that a worker makes up: of a collection, a sequence or a generator. All in one order, so it has one split and
 * runs in one subtask.
 *
 * @param first of the first record
 * @param end behind the last one; Long.MAX_VALUE if there is no last one
 * @param ratePerSecond infinite for as fast as they are taken
 * @param timed whether the worker makes event time of the records; else nothing waits for this source
 */
record MadeSource(long first, long end, double ratePerSecond, boolean timed)
        implements Source<byte[], NumberSequenceSplit, Collection<NumberSequenceSplit>>, ResultTypeQueryable<byte[]> {

    @Override
    public SourceReader<byte[], NumberSequenceSplit> createReader(SourceReaderContext context) {
        Reader reader = new Reader(context, timed);
        if (Double.isInfinite(ratePerSecond)) return reader;
        return new RateLimitedSourceReader<>(
                reader, RateLimiterStrategy.<NumberSequenceSplit>perSecond(ratePerSecond).createRateLimiter(1));
    }

    @Override
    public SplitEnumerator<NumberSequenceSplit, Collection<NumberSequenceSplit>> createEnumerator(
            SplitEnumeratorContext<NumberSequenceSplit> context) {
        List<NumberSequenceSplit> all = first < end ? List.of(new NumberSequenceSplit("0", first, end - 1)) : List.of();
        return new IteratorSourceEnumerator<>(context, all);
    }

    @Override
    public SplitEnumerator<NumberSequenceSplit, Collection<NumberSequenceSplit>> restoreEnumerator(
            SplitEnumeratorContext<NumberSequenceSplit> context, Collection<NumberSequenceSplit> unassigned) {
        return new IteratorSourceEnumerator<>(context, unassigned);
    }

    @Override
    public Boundedness getBoundedness() {
        return end == Long.MAX_VALUE ? Boundedness.CONTINUOUS_UNBOUNDED : Boundedness.BOUNDED;
    }

    @Override
    public TypeInformation<byte[]> getProducedType() {
        return PrimitiveArrayTypeInfo.BYTE_PRIMITIVE_ARRAY_TYPE_INFO;
    }

    @Override
    public SimpleVersionedSerializer<NumberSequenceSplit> getSplitSerializer() {
        return new NumberSequenceSource(0, 0).getSplitSerializer();
    }

    @Override
    public SimpleVersionedSerializer<Collection<NumberSequenceSplit>> getEnumeratorCheckpointSerializer() {
        return new NumberSequenceSource(0, 0).getEnumeratorCheckpointSerializer();
    }

    private static final class Reader
            extends IteratorSourceReaderBase<Long, byte[], NumberSequenceIterator, NumberSequenceSplit> {
        private boolean holdsTime;

        Reader(SourceReaderContext context, boolean timed) {
            super(context);
            holdsTime = !timed;
        }

        @Override
        public InputStatus pollNext(ReaderOutput<byte[]> output) {
            if (holdsTime) output.markIdle();
            holdsTime = false;
            return super.pollNext(output);
        }

        @Override
        protected byte[] convert(Long number) {
            return Element.ofNumber(number);
        }
    }
}
