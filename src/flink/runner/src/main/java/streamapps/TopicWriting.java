package streamapps;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.concurrent.ExecutionException;
import org.apache.flink.connector.kafka.sink.KafkaRecordSerializationSchema;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.errors.TopicExistsException;

/** Elements as records of a topic, as the worker has encoded them. */
final class TopicWriting implements KafkaRecordSerializationSchema<byte[]> {
    private static final long serialVersionUID = 1;
    /** A dead letter holds a record of the largest usual size, and headers beside it. */
    private static final Map<String, String> DEAD_LETTER_SETTINGS =
            Map.of("max.message.bytes", String.valueOf(8 << 20), "retention.ms", "-1");

    private final String topic;
    private final int partitions;
    /** Set for a topic that is made when its first record is written: a job without dead letters leaves none behind. */
    private final Properties created;
    private transient boolean exists;

    TopicWriting(String topic, int partitions, Properties created) {
        this.topic = topic;
        this.partitions = partitions;
        this.created = created;
    }

    @Override
    public ProducerRecord<byte[], byte[]> serialize(byte[] element, KafkaSinkContext context, Long timestampMs) {
        if (created != null && !exists) create();
        ProducerRecord<byte[], byte[]> record = new ProducerRecord<>(
                topic, Element.targetPartition(element, partitions), timestampMs, Element.key(element), Element.value(element));
        Element.addHeaders(element, record.headers());
        return record;
    }

    private void create() {
        try (Admin admin = Admin.create(created)) {
            NewTopic spec = new NewTopic(topic, Optional.of(1), Optional.empty()).configs(DEAD_LETTER_SETTINGS);
            admin.createTopics(List.of(spec)).all().get();
        } catch (ExecutionException failed) {
            if (!(failed.getCause() instanceof TopicExistsException)) {
                throw new IllegalStateException("Cannot create topic \"" + topic + "\": " + failed.getCause().getMessage(), failed);
            }
        } catch (InterruptedException cancelled) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("Cannot create topic \"" + topic + "\": the task was cancelled", cancelled);
        }
        exists = true;
    }
}
