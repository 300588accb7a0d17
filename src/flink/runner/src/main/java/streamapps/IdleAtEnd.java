package streamapps;

import java.io.Serializable;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.common.IsolationLevel;

/**
 * When a partition counts as idle: it is read to its end, and was silent for so long.
 *
 * Flink's own idleness goes by silence alone, and a broker that is slow or away is silent, too: what it has held back then comes behind
 * records of later times. That is late, or out of order.
 *
 * @param silentMs what one producer writes to several partitions comes to them one after the other, so one that is at its end is
 *     waited for so long
 * @param end whether records of transactions that are still open count as being there
 */
record IdleAtEnd(long silentMs, IsolationLevel end) implements Serializable {
    /** For the order of what is written: it waits for what is committed, as a job at home. */
    static final IdleAtEnd ORDER = new IdleAtEnd(1_000, IsolationLevel.READ_COMMITTED);

    /**
     * For event time. A transaction that has begun holds it back, however long its writer takes to end it: a job that starts again may
     * take minutes, and then has records for windows that are open here.
     */
    static IdleAtEnd forEventTime(long idleMs) {
        return new IdleAtEnd(idleMs, IsolationLevel.READ_UNCOMMITTED);
    }

    long silentNanos() {
        return TimeUnit.MILLISECONDS.toNanos(silentMs);
    }

    /** Between two questions where partitions end. */
    long askEveryMs() {
        return Math.max(50, Math.min(silentMs / 10, 1_000));
    }
}
