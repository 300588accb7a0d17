package streamapps;

import java.io.IOException;
import java.util.HashMap;
import java.util.Map;
import org.apache.flink.api.common.JobID;

/**
 * The workers of a TaskManager. Stages of a job that may share a worker do so subtask by subtask: that saves a process for each, with
 * its memory, its start and what V8 compiles in it.
 *
 * What is noted is static, as operators know nothing of one another. It belongs to one job, as its classes do.
 */
final class SharedWorkers {
    private static final Map<Place, WorkerProcess> WORKERS = new HashMap<>();

    private SharedWorkers() {}

    /**
     * Which worker serves a stage's subtask.
     *
     * @param attempt a worker whose stages did not all start together is not shared: it may be about to end
     * @param worker its number, as the plan has it
     */
    record Place(JobID job, int subtask, int attempt, int worker) {}

    /** Starts a worker's process. */
    interface Starter {
        WorkerProcess start() throws IOException;
    }

    /** How a stage connects to a process. */
    interface Connector {
        /** @return null if the process has ended, or serves that stage already */
        WorkerConnection connect(WorkerProcess process);
    }

    /** Connects a stage to the worker of its place, which is started if there is none that can be used. */
    static synchronized WorkerConnection join(Place place, Starter starter, Connector connector) throws IOException {
        WorkerProcess there = WORKERS.get(place);
        WorkerConnection connection = there == null ? null : connector.connect(there);
        if (connection != null) return connection;
        WorkerProcess started = starter.start();
        WORKERS.put(place, started);
        connection = connector.connect(started);
        if (connection == null) throw started.whyEnded();
        return connection;
    }

    /** The last stage that leaves ends the process. */
    static void leave(WorkerConnection connection) {
        WorkerProcess process = connection.process();
        boolean isLast;
        synchronized (SharedWorkers.class) {
            isLast = process.disconnect(connection);
            if (isLast) WORKERS.values().remove(process);
        }
        process.closeStage(connection);
        if (isLast) process.end();
    }
}
