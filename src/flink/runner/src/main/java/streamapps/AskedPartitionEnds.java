package streamapps;

import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ListOffsetsOptions;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.common.TopicPartition;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Asks the brokers again and again where partitions end, in a thread of its own. */
final class AskedPartitionEnds implements PartitionEnds {
    private static final Logger LOG = LoggerFactory.getLogger(AskedPartitionEnds.class);

    private final Admin admin;
    private final ListOffsetsOptions which;
    private final Runnable onAnswer;
    private final ScheduledThreadPoolExecutor thread;
    private final Map<TopicPartition, Long> beginnings = new HashMap<>();
    private volatile Collection<TopicPartition> watched = List.of();
    private volatile Answer answer = Answer.NOTHING;

    /** @param onAnswer called in another thread */
    AskedPartitionEnds(Properties kafka, IdleAtEnd rule, Runnable onAnswer) {
        this.admin = Admin.create(kafka);
        this.which = new ListOffsetsOptions(rule.end());
        this.onAnswer = onAnswer;
        thread = new ScheduledThreadPoolExecutor(1, work -> {
            Thread made = new Thread(work, "ends of partitions");
            made.setDaemon(true);
            return made;
        });
        thread.scheduleWithFixedDelay(this::ask, 0, rule.askEveryMs(), TimeUnit.MILLISECONDS);
    }

    @Override
    public void watch(Collection<TopicPartition> partitions) {
        watched = List.copyOf(partitions);
    }

    @Override
    public Answer answer() {
        return answer;
    }

    private void ask() {
        Collection<TopicPartition> partitions = watched;
        if (partitions.isEmpty()) return;
        try {
            if (!beginnings.keySet().containsAll(partitions)) beginnings.putAll(ask(partitions, OffsetSpec.earliest()));
            long askedAtNanos = System.nanoTime();
            answer = new Answer(askedAtNanos, Map.copyOf(beginnings), ask(partitions, OffsetSpec.latest()));
        } catch (ExecutionException away) {
            LOG.debug("the ends of {} are not known", partitions, away.getCause());
            answer = Answer.NOTHING;
        } catch (InterruptedException closed) {
            Thread.currentThread().interrupt();
            return;
        }
        onAnswer.run();
    }

    private Map<TopicPartition, Long> ask(Collection<TopicPartition> partitions, OffsetSpec place)
            throws ExecutionException, InterruptedException {
        return AskedEnds.offsets(admin, partitions, place, which).get();
    }

    @Override
    public void close() {
        thread.shutdownNow();
        admin.close(Duration.ofSeconds(1));
    }
}
