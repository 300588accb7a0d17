package streamapps;

import java.io.Serializable;
import java.util.Collection;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import org.apache.kafka.common.TopicPartition;

/** Where partitions end, asked when somebody wants to know. */
interface Ends extends AutoCloseable {
    /** Makes one in each subtask. */
    interface Factory extends Serializable {
        Ends open();
    }

    /** Behind the last committed record of each. It completes in any thread, exceptionally if not all brokers answer. */
    CompletionStage<Map<TopicPartition, Long>> ask(Collection<TopicPartition> partitions);

    @Override
    void close();
}
