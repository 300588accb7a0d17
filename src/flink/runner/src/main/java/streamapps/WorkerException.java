package streamapps;

import java.io.IOException;

/** A worker reported an error that may pass, or does not work as it should: Flink's restart strategy decides. */
public final class WorkerException extends IOException {
    private static final long serialVersionUID = 1;

    private final boolean lasting;

    public WorkerException(String message) {
        this(message, false);
    }

    /** @param lasting whether another attempt would most likely meet it again, as a worker that cannot be started */
    public WorkerException(String message, boolean lasting) {
        super(message);
        this.lasting = lasting;
    }

    public boolean isLasting() {
        return lasting;
    }
}
