package streamapps;

import java.io.IOException;

/** A worker reported an error that may pass, or does not work as it should: Flink's restart strategy decides. */
public final class WorkerException extends IOException {
    private static final long serialVersionUID = 1;

    public WorkerException(String message) {
        super(message);
    }
}
