package streamapps;

import java.io.IOException;
import java.io.Serializable;
import java.nio.file.Path;
import org.apache.flink.configuration.ReadableConfig;

/** Starts the process of a worker; travels with the job to the TaskManagers. */
public interface WorkerLauncher extends Serializable {
    /**
     * Starts a process that speaks the protocol over its standard input and output.
     *
     * @param settings the TaskManager's
     * @param temporary a folder of the TaskManager for files that may be lost
     * @throws IOException in one sentence if it cannot be started
     */
    Process start(ReadableConfig settings, Path temporary) throws IOException;
}
