package streamapps;

import org.apache.flink.api.common.functions.Partitioner;

/** Sends all records of a partition of a topic to one subtask, and the same number of partitions to each. */
final class ByPartition implements Partitioner<Integer> {
    private static final long serialVersionUID = 1;

    @Override
    public int partition(Integer partition, int subtasks) {
        return subtaskOf(partition, subtasks);
    }

    static int subtaskOf(int partition, int subtasks) {
        return partition % subtasks;
    }
}
