package streamapps;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.flink.api.connector.source.ReaderInfo;
import org.apache.flink.api.connector.source.SplitEnumeratorContext;
import org.apache.flink.connector.kafka.source.KafkaSource;
import org.apache.flink.connector.kafka.source.enumerator.KafkaSourceEnumState;
import org.apache.flink.connector.kafka.source.enumerator.initializer.OffsetsInitializer;
import org.apache.flink.connector.kafka.source.split.KafkaPartitionSplit;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.Test;

class FiniteTopicTest {
    private final List<Integer> ended = new ArrayList<>();

    /** With one reader that is registered. */
    @SuppressWarnings("unchecked")
    private SplitEnumeratorContext<KafkaPartitionSplit> context() {
        return (SplitEnumeratorContext<KafkaPartitionSplit>) Proxy.newProxyInstance(
                getClass().getClassLoader(), new Class<?>[] {SplitEnumeratorContext.class}, (proxy, method, arguments) -> {
                    switch (method.getName()) {
                        case "signalNoMoreSplits":
                            ended.add((Integer) arguments[0]);
                            return null;
                        case "registeredReaders":
                            return Map.of(0, new ReaderInfo(0, "localhost"));
                        case "currentParallelism":
                            return 1;
                        default:
                            return null;
                    }
                });
    }

    private static FiniteTopic topic() {
        return new FiniteTopic(KafkaSource.<byte[]>builder().setBootstrapServers("localhost:1").setTopics("t")
                .setStartingOffsets(OffsetsInitializer.earliest()).setBounded(OffsetsInitializer.latest())
                .setDeserializer(new TopicReading()).build());
    }

    private static KafkaPartitionSplit split(int partition) {
        return new KafkaPartitionSplit(new TopicPartition("t", partition), 0, 10);
    }

    @Test
    void aReaderOfARestoredSourceLearnsThatNoMorePartitionsCome() throws Exception {
        var state = new KafkaSourceEnumState(List.of(split(0)), List.of(), true);
        try (var enumerator = topic().restoreEnumerator(context(), state)) {
            enumerator.start();
            enumerator.addReader(0);
            assertEquals(List.of(0), ended);
            assertEquals(List.of(split(0)), List.copyOf(enumerator.snapshotState(1).assignedSplits()));
        }
    }

    @Test
    void onesThatAreNotAssignedAreLeftToFlink() throws Exception {
        var state = new KafkaSourceEnumState(List.of(split(0)), List.of(split(1)), true);
        try (var enumerator = topic().restoreEnumerator(context(), state)) {
            enumerator.addReader(0);
            assertEquals(List.of(), ended);
        }
    }
}
