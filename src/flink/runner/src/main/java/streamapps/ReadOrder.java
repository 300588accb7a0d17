package streamapps;

import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.apache.kafka.common.TopicPartition;

/**
 * Up to which time records may be written that are put into order: by positions alone, so neither a slow machine nor a silence makes a
 * difference.
 *
 * A record may be written when every partition has either emitted a later one, or all that was in it when the brokers were asked for
 * its end after the record had come. So what was in the topics together is written in the order of time, as a job at home does it:
 * nobody waits for what is not there.
 *
 * That a partition has emitted it shows by its {@link Progress}, which comes behind the records.
 */
final class ReadOrder {
    private static final long NO_RECORD = Long.MAX_VALUE;

    private final Map<Progress.Input, Progress.Place> places = new HashMap<>();
    /** By the last answer. */
    private final Map<TopicPartition, Long> ends = new HashMap<>();

    /**
     * The least times of records that came since the last question, between that and the one before, and before that one, as far as no
     * answer covers them. What came since the question before the last is not covered by an answer: one producer writes to several
     * partitions one after the other, and it would make no difference to have asked in between.
     */
    private long newestMs = NO_RECORD;
    private long newerMs = NO_RECORD;
    private long askedMs = NO_RECORD;

    ReadOrder(Collection<Progress.Input> inputs) {
        for (Progress.Input each : inputs) places.put(each, Progress.Place.UNKNOWN);
    }

    /** All that are read, also those that have been added since the job was submitted. */
    Set<TopicPartition> partitions() {
        return places.keySet().stream().map(Progress.Input::partition).collect(Collectors.toSet());
    }

    void progress(Map<Progress.Input, Progress.Place> some) {
        places.putAll(some);
    }

    /** A record has come. */
    void arrived(long timestampMs) {
        newestMs = Math.min(newestMs, timestampMs);
    }

    /** Whether the brokers must be asked, now or later. */
    boolean isOpen() {
        return uncoveredMs() != NO_RECORD;
    }

    private long uncoveredMs() {
        return Math.min(Math.min(newestMs, newerMs), askedMs);
    }

    /** The brokers are asked for the ends of all partitions. @return whether that would cover a record */
    boolean ask() {
        askedMs = Math.min(askedMs, newerMs);
        newerMs = newestMs;
        newestMs = NO_RECORD;
        return askedMs != NO_RECORD;
    }

    /** They have answered. */
    void answered(Map<TopicPartition, Long> answer) {
        ends.putAll(answer);
        askedMs = NO_RECORD;
    }

    /** Records up to this time may be written. */
    long limitMs() {
        long allMs = Long.MAX_VALUE;
        long behindMs = Long.MAX_VALUE;
        for (var each : places.entrySet()) {
            Progress.Place place = each.getValue();
            allMs = Math.min(allMs, place.timeMs());
            Long end = ends.get(each.getKey().partition());
            boolean isAtEnd = end != null && place.nextOffset() >= end;
            if (!isAtEnd) behindMs = Math.min(behindMs, place.timeMs());
        }
        // A partition that is at its end may have got more before a record came that no answer covers.
        long uncoveredMs = uncoveredMs();
        long coveredMs = uncoveredMs == NO_RECORD ? behindMs : Math.min(behindMs, uncoveredMs - 1);
        return Math.max(allMs, coveredMs);
    }
}
