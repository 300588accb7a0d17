package streamapps;

import org.apache.flink.connector.kafka.source.split.KafkaPartitionSplit;
import org.apache.kafka.common.TopicPartition;

/** What is known of a partition that is read. */
final class ReadPartition {
    final TopicPartition partition;
    /** By the last answer of the brokers. */
    boolean idle;
    /** Null before the first time. */
    Progress.Place announced;
    /** Where it began; below 0: at the place that Kafka's source means by that. */
    private long startOffset;
    private long emittedOffset = -1;
    private long emittedAtNanos = System.nanoTime();
    private long timeMs = Long.MIN_VALUE;

    ReadPartition(KafkaPartitionSplit split) {
        partition = split.getTopicPartition();
        startOffset = split.getStartingOffset();
    }

    /** A record has left the reader. */
    void emitted(long offset, long timestampMs, long maxAheadMs) {
        emittedOffset = offset;
        emittedAtNanos = System.nanoTime();
        if (timestampMs > timeMs && !OrderTime.isTooFarAhead(timestampMs, maxAheadMs)) timeMs = timestampMs;
    }

    /** Whether all that was there when the answer was asked for has left the reader, so long ago. */
    boolean isAtEnd(PartitionEnds.Answer answer, PolledOffsets.Polled polled, long silentNanos) {
        Long end = answer.ends().get(partition);
        if (end == null) return false;
        if (startOffset == KafkaPartitionSplit.LATEST_OFFSET) startOffset = end;
        // EARLIEST_OFFSET is below 0, and what has expired since a checkpoint is not read.
        startOffset = Math.max(startOffset, answer.beginnings().get(partition));
        return nextOffset(polled) >= end && answer.askedAtNanos() - emittedAtNanos > silentNanos;
    }

    Progress.Place place(PolledOffsets.Polled polled) {
        return new Progress.Place(nextOffset(polled), timeMs);
    }

    /** All before it has left the reader. */
    private long nextOffset(PolledOffsets.Polled polled) {
        if (polled != null && emittedOffset >= polled.lastRecord()) return polled.nextOffset();
        return emittedOffset < 0 ? startOffset : emittedOffset + 1;
    }
}
