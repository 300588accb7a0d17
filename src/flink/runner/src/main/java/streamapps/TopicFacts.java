package streamapps;

import java.util.concurrent.ExecutionException;

/** What the runner has to know of topics before it makes a job of a plan. */
interface TopicFacts extends AutoCloseable {
    int partitions(String topic) throws ExecutionException, InterruptedException;

    /** By what is in the topic now; 0 without records of different times. */
    double recordsPerMs(String topic) throws ExecutionException, InterruptedException;

    @Override
    void close();
}
