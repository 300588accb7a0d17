package streamapps;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import org.apache.flink.api.connector.source.ReaderOutput;
import org.apache.flink.api.connector.source.SourceOutput;
import org.apache.flink.api.connector.source.SourceReader;
import org.apache.flink.connector.kafka.source.split.KafkaPartitionSplit;
import org.apache.flink.core.io.InputStatus;

/**
 * Reads partitions, and marks each idle when it is read to its end, so that the others are not held back by it: {@link IdleAtEnd}. Where
 * records are put into order by positions, it announces these among the records: {@link Progress}.
 */
final class IdleAtEndReader extends ReaderAround {
    private static final int RECORDS_UNANNOUNCED = 500;

    private final String name;
    private final long silentNanos;
    private final PartitionEnds ends;
    private boolean announces;
    private long maxAheadMs = Long.MAX_VALUE;
    private final Map<String, ReadPartition> splits = new HashMap<>();
    /** What the reader writes to, by what it was given. */
    private Output output;
    private PartitionEnds.Answer applied = PartitionEnds.Answer.NOTHING;
    /** Records emitted since the last announcement. */
    private int unannounced;
    /** Completes when something is known that no record shows. */
    private volatile CompletableFuture<Void> news = new CompletableFuture<>();
    private final Runnable wake = () -> news.complete(null);

    /**
     * @param name of the source, as {@link PolledOffsets} knows it
     * @param silentNanos a partition at its end is waited for so long
     */
    IdleAtEndReader(
            SourceReader<byte[], KafkaPartitionSplit> reader, String name, long silentNanos,
            Function<Runnable, PartitionEnds> createEnds) {
        super(reader);
        this.name = name;
        this.silentNanos = silentNanos;
        this.ends = createEnds.apply(wake);
    }

    /** Lets it announce progress. @param maxAheadMs a timestamp so far ahead of the clock is not progress */
    IdleAtEndReader announcing(long maxAheadMs) {
        this.announces = true;
        this.maxAheadMs = maxAheadMs;
        return this;
    }

    @Override
    public InputStatus pollNext(ReaderOutput<byte[]> to) throws Exception {
        if (output == null || output.to != to) output = new Output(to);
        // Before news are looked at: what comes meanwhile completes the new one.
        if (news.isDone()) news = new CompletableFuture<>();
        PartitionEnds.Answer answer = ends.answer();
        if (answer != applied) {
            applied = answer;
            splits.forEach((id, split) -> {
                boolean idle = split.isAtEnd(answer, PolledOffsets.of(name, split.partition), silentNanos);
                // One that has more is waited for before its record is here, and so is one of which nothing is known.
                if (idle) to.createOutputForSplit(id).markIdle();
                else if (split.idle) to.createOutputForSplit(id).markActive();
                split.idle = idle;
            });
        }
        InputStatus status = reader.pollNext(output);
        if (!announces) return status;
        // Between records of a batch nobody waits for it; where there is no record to be had, somebody may.
        if (status != InputStatus.MORE_AVAILABLE || ++unannounced >= RECORDS_UNANNOUNCED) announce(to);
        return status;
    }

    private void announce(ReaderOutput<byte[]> to) {
        unannounced = 0;
        Map<Progress.Input, Progress.Place> changed = new HashMap<>();
        for (ReadPartition split : splits.values()) {
            Progress.Place place = split.place(PolledOffsets.of(name, split.partition));
            if (place.equals(split.announced)) continue;
            split.announced = place;
            changed.put(new Progress.Input(name, split.partition), place);
        }
        if (!changed.isEmpty()) to.collect(Progress.element(changed));
    }

    @Override
    public CompletableFuture<Void> isAvailable() {
        CompletableFuture<Void> available = reader.isAvailable();
        if (available.isDone()) return available;
        return CompletableFuture.anyOf(available, news).thenApply(any -> null);
    }

    @Override
    public void addSplits(List<KafkaPartitionSplit> added) {
        for (KafkaPartitionSplit split : added) {
            PolledOffsets.begin(name, split.getTopicPartition(), wake);
            splits.put(split.splitId(), new ReadPartition(split));
        }
        ends.watch(splits.values().stream().map(split -> split.partition).toList());
        reader.addSplits(added);
    }

    /** Passes records on and notes their offsets. */
    private final class Output extends ReaderOutputAround {
        private final Map<String, SourceOutput<byte[]>> outputs = new HashMap<>();

        Output(ReaderOutput<byte[]> to) {
            super(to);
        }

        @Override
        public SourceOutput<byte[]> createOutputForSplit(String id) {
            return outputs.computeIfAbsent(id, made -> new SplitOutput(to.createOutputForSplit(id), splits.get(id)));
        }

        @Override
        public void releaseOutputForSplit(String id) {
            outputs.remove(id);
            splits.remove(id);
            super.releaseOutputForSplit(id);
        }
    }

    private final class SplitOutput extends OutputAround<SourceOutput<byte[]>> {
        private final ReadPartition split;

        SplitOutput(SourceOutput<byte[]> to, ReadPartition split) {
            super(to);
            this.split = split;
        }

        /** Records of topics have a time. */
        @Override
        public void collect(byte[] element) {
            throw new IllegalStateException("A record of " + split.partition + " without a time");
        }

        @Override
        public void collect(byte[] element, long timestampMs) {
            split.emitted(Element.offset(element), timestampMs, maxAheadMs);
            to.collect(element, timestampMs);
        }
    }

    @Override
    public void close() throws Exception {
        for (ReadPartition split : splits.values()) PolledOffsets.end(name, split.partition, wake);
        ends.close();
        super.close();
    }
}
