package streamapps;

import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.CompletionStage;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ListOffsetsOptions;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.TopicPartition;

/** Asks the brokers. */
final class AskedEnds implements Ends {
    private static final ListOffsetsOptions COMMITTED = new ListOffsetsOptions(IsolationLevel.READ_COMMITTED);

    private final Admin admin;

    AskedEnds(Properties kafka) {
        admin = Admin.create(kafka);
    }

    @Override
    public CompletionStage<Map<TopicPartition, Long>> ask(Collection<TopicPartition> partitions) {
        return offsets(admin, partitions, OffsetSpec.latest(), COMMITTED).toCompletionStage();
    }

    /** The offset of a place in each partition. */
    static KafkaFuture<Map<TopicPartition, Long>> offsets(
            Admin admin, Collection<TopicPartition> partitions, OffsetSpec place, ListOffsetsOptions which) {
        Map<TopicPartition, OffsetSpec> question = new HashMap<>();
        for (TopicPartition each : partitions) question.put(each, place);
        return admin.listOffsets(question, which).all().thenApply(found -> {
            Map<TopicPartition, Long> offsets = new HashMap<>();
            found.forEach((each, offset) -> offsets.put(each, offset.offset()));
            return offsets;
        });
    }

    @Override
    public void close() {
        admin.close(Duration.ofSeconds(1));
    }
}
