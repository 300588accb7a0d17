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
        Map<TopicPartition, OffsetSpec> question = new HashMap<>();
        for (TopicPartition each : partitions) question.put(each, OffsetSpec.latest());
        return admin.listOffsets(question, COMMITTED).all().toCompletionStage().thenApply(found -> {
            Map<TopicPartition, Long> ends = new HashMap<>();
            found.forEach((each, end) -> ends.put(each, end.offset()));
            return ends;
        });
    }

    @Override
    public void close() {
        admin.close(Duration.ofSeconds(1));
    }
}
