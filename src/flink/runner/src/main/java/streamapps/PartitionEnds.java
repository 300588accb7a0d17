package streamapps;

import java.util.Collection;
import java.util.Map;
import org.apache.kafka.common.TopicPartition;

/** Where partitions end, asked again and again. */
interface PartitionEnds extends AutoCloseable {
    /**
     * @param askedAtNanos before the question went out: what has been committed since is not in it
     * @param beginnings of the partitions, when they were first asked for
     * @param ends behind the last record
     */
    record Answer(long askedAtNanos, Map<TopicPartition, Long> beginnings, Map<TopicPartition, Long> ends) {
        /** Nothing is known, so nothing counts as read to its end. */
        static final Answer NOTHING = new Answer(0, Map.of(), Map.of());
    }

    /** Asks for these from now on. */
    void watch(Collection<TopicPartition> partitions);

    /** The last one. */
    Answer answer();

    @Override
    void close();
}
