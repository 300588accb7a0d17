package streamapps;

import java.io.IOException;

/** A worker reported an error of the job, or does not work as it should. The message says all, the stack in TypeScript too. */
public final class WorkerException extends IOException {
    private static final long serialVersionUID = 1;

    public WorkerException(String message) {
        super(message);
    }
}
