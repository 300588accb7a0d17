package streamapps;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import org.apache.flink.api.common.eventtime.Watermark;
import org.apache.flink.api.connector.source.ReaderOutput;
import org.apache.flink.api.connector.source.SourceOutput;
import org.apache.flink.api.connector.source.SourceReader;
import org.apache.flink.connector.kafka.source.split.KafkaPartitionSplit;
import org.apache.flink.core.io.InputStatus;
import org.apache.kafka.common.TopicPartition;

/** Reads partitions, and says of each when it is read to its end, so that nobody waits for it any longer: {@link IdleAtEnd}. */
final class IdleAtEndReader extends ReaderAround {
    private final String name;
    private final long silentNanos;
    private final PartitionEnds ends;
    private final Map<String, Split> splits = new HashMap<>();
    /** What the reader writes to, by what it was given. */
    private Output output;
    private PartitionEnds.Answer applied = PartitionEnds.Answer.NOTHING;
    private volatile CompletableFuture<Void> answered = new CompletableFuture<>();

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
        this.ends = createEnds.apply(() -> answered.complete(null));
    }

    /** What is known of a partition. */
    private static final class Split {
        final TopicPartition partition;
        /** Where it began; below 0: at the place that Kafka's source means by that. */
        long startOffset;
        long emittedOffset = -1;
        long emittedAtNanos = System.nanoTime();
        /** By the last answer. */
        boolean idle;

        Split(KafkaPartitionSplit split) {
            partition = split.getTopicPartition();
            startOffset = split.getStartingOffset();
        }

        /** Whether all that was there when the answer was asked for has left the reader, so long ago. */
        boolean isAtEnd(PartitionEnds.Answer answer, PolledOffsets.Polled polled, long silentNanos) {
            Long end = answer.ends().get(partition);
            if (end == null) return false;
            if (startOffset == KafkaPartitionSplit.LATEST_OFFSET) startOffset = end;
            if (startOffset == KafkaPartitionSplit.EARLIEST_OFFSET) startOffset = answer.beginnings().get(partition);
            long next = polled == null ? startOffset : polled.nextOffset();
            boolean allEmitted = polled == null || emittedOffset >= polled.lastRecord();
            return next >= end && allEmitted && answer.askedAtNanos() - emittedAtNanos > silentNanos;
        }
    }

    @Override
    public InputStatus pollNext(ReaderOutput<byte[]> to) throws Exception {
        if (output == null || output.to != to) output = new Output(to);
        // Before the answer is looked at: one that comes meanwhile completes the new one.
        if (answered.isDone()) answered = new CompletableFuture<>();
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
        return reader.pollNext(output);
    }

    @Override
    public CompletableFuture<Void> isAvailable() {
        CompletableFuture<Void> available = reader.isAvailable();
        if (available.isDone()) return available;
        return CompletableFuture.anyOf(available, answered).thenApply(any -> null);
    }

    @Override
    public void addSplits(List<KafkaPartitionSplit> added) {
        for (KafkaPartitionSplit split : added) {
            PolledOffsets.forget(name, split.getTopicPartition());
            splits.put(split.splitId(), new Split(split));
        }
        ends.watch(splits.values().stream().map(split -> split.partition).toList());
        reader.addSplits(added);
    }

    /** Passes records on and notes their offsets. */
    private final class Output extends OutputAround {
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

    private record SplitOutput(SourceOutput<byte[]> to, Split split) implements SourceOutput<byte[]> {
        @Override
        public void collect(byte[] element) {
            note(element);
            to.collect(element);
        }

        @Override
        public void collect(byte[] element, long timestampMs) {
            note(element);
            to.collect(element, timestampMs);
        }

        private void note(byte[] element) {
            split.emittedOffset = Element.offset(element);
            split.emittedAtNanos = System.nanoTime();
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

    @Override
    public void close() throws Exception {
        ends.close();
        super.close();
    }
}
