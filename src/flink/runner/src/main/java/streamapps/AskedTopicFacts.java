package streamapps;

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

/** Asks the brokers. */
final class AskedTopicFacts implements TopicFacts {
    private final Admin admin;

    AskedTopicFacts(Properties kafka) {
        admin = Admin.create(kafka);
    }

    @Override
    public int partitions(String topic) throws ExecutionException, InterruptedException {
        return admin.describeTopics(List.of(topic)).allTopicNames().get().get(topic).partitions().size();
    }

    @Override
    public double recordsPerMs(String topic) throws ExecutionException, InterruptedException {
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
