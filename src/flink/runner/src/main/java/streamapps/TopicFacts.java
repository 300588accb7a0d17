package streamapps;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.ExecutionException;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ListOffsetsResult.ListOffsetsResultInfo;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.common.TopicPartition;

/** What the runner asks of the topics before it makes a job of a plan. */
final class TopicFacts implements AutoCloseable {
    /** So many records may wait for those of partitions that are behind. */
    private static final double WAITING_RECORDS = 50_000;
    private static final Duration LEAST_DRIFT = Duration.ofSeconds(1);
    private static final Duration LARGEST_DRIFT = Duration.ofDays(1);

    private final Admin admin;

    TopicFacts(Properties kafka) {
        admin = Admin.create(kafka);
    }

    int partitions(String topic) throws ExecutionException, InterruptedException {
        return admin.describeTopics(List.of(topic)).allTopicNames().get().get(topic).partitions().size();
    }

    /**
     * How far apart in time sources may be that read these topics. What matters is how much memory that takes, so it is the time in
     * which the topics have {@link #WAITING_RECORDS}, by what is in them now.
     */
    Duration drift(Iterable<String> topics) throws ExecutionException, InterruptedException {
        double recordsPerMs = 0;
        for (String topic : topics) recordsPerMs += recordsPerMs(topic);
        Duration drift = Duration.ofMillis((long) Math.min(WAITING_RECORDS / recordsPerMs, LARGEST_DRIFT.toMillis()));
        return drift.compareTo(LEAST_DRIFT) < 0 ? LEAST_DRIFT : drift;
    }

    private double recordsPerMs(String topic) throws ExecutionException, InterruptedException {
        List<TopicPartition> all =
                IntStream.range(0, partitions(topic)).mapToObj(each -> new TopicPartition(topic, each)).toList();
        long records = sum(offsets(all, OffsetSpec.latest())) - sum(offsets(all, OffsetSpec.earliest()));
        // That of the first record with a time from 1970 on; -1 in a partition without one.
        long firstMs = times(all, OffsetSpec.forTimestamp(0)).min().orElse(0);
        long lastMs = times(all, OffsetSpec.maxTimestamp()).max().orElse(0);
        return lastMs <= firstMs ? 0 : (double) records / (lastMs - firstMs);
    }

    private java.util.stream.LongStream times(List<TopicPartition> partitions, OffsetSpec which)
            throws ExecutionException, InterruptedException {
        return offsets(partitions, which).values().stream().mapToLong(ListOffsetsResultInfo::timestamp).filter(ms -> ms >= 0);
    }

    private static long sum(Map<TopicPartition, ListOffsetsResultInfo> offsets) {
        return offsets.values().stream().mapToLong(ListOffsetsResultInfo::offset).sum();
    }

    private Map<TopicPartition, ListOffsetsResultInfo> offsets(List<TopicPartition> partitions, OffsetSpec which)
            throws ExecutionException, InterruptedException {
        Map<TopicPartition, OffsetSpec> question =
                partitions.stream().collect(Collectors.toMap(each -> each, each -> which));
        return admin.listOffsets(question).all().get();
    }

    @Override
    public void close() {
        admin.close();
    }
}
