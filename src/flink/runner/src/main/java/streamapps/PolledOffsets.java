package streamapps;

import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.kafka.clients.consumer.ConsumerInterceptor;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;

/**
 * Notes how far the consumers of a source have come. The records alone do not show it: behind the last one there may be offsets
 * without a record, the marks of transactions and what was aborted or compacted away.
 *
 * Kafka makes these itself, as its settings name the class, so what they note is static. It belongs to one job, as its classes
 * do.
 */
public final class PolledOffsets implements ConsumerInterceptor<byte[], byte[]> {
    /** The setting that names the source. */
    static final String SOURCE = "stream-apps.source";

    private static final Map<Place, Polled> KNOWN = new ConcurrentHashMap<>();
    private static final Map<Place, Runnable> READERS = new ConcurrentHashMap<>();

    private String source;

    private record Place(String source, TopicPartition partition) {}

    /**
     * @param nextOffset all before it has been polled
     * @param lastRecord offset of the last record before it, -1 if none has come
     */
    record Polled(long nextOffset, long lastRecord) {}

    /** How far a source's consumer has come in a partition; null before its first answer. */
    static Polled of(String source, TopicPartition partition) {
        return KNOWN.get(new Place(source, partition));
    }

    /**
     * A consumer will begin anew with a partition.
     * @param onProgress called in another thread when it has come further without a record
     */
    static void begin(String source, TopicPartition partition, Runnable onProgress) {
        Place place = new Place(source, partition);
        KNOWN.remove(place);
        READERS.put(place, onProgress);
    }

    /** Nobody reads a partition any more. */
    static void end(String source, TopicPartition partition, Runnable onProgress) {
        READERS.remove(new Place(source, partition), onProgress);
    }

    @Override
    public void configure(Map<String, ?> settings) {
        source = (String) settings.get(SOURCE);
    }

    @Override
    public ConsumerRecords<byte[], byte[]> onConsume(ConsumerRecords<byte[], byte[]> records) {
        records.nextOffsets().forEach((partition, next) -> {
            List<ConsumerRecord<byte[], byte[]>> some = records.records(partition);
            long last = some.isEmpty() ? -1 : some.get(some.size() - 1).offset();
            Place place = new Place(source, partition);
            KNOWN.merge(
                    place, new Polled(next.offset(), last),
                    (before, now) -> new Polled(now.nextOffset, Math.max(before.lastRecord, now.lastRecord)));
            Runnable reader = some.isEmpty() ? READERS.get(place) : null;
            if (reader != null) reader.run();
        });
        return records;
    }

    @Override
    public void onCommit(Map<TopicPartition, OffsetAndMetadata> offsets) {
        // Positions are in Flink's checkpoints.
    }

    @Override
    public void close() {
        // Nothing is open.
    }
}
