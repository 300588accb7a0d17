package streamapps;

import java.io.IOException;
import org.apache.flink.runtime.throwable.ThrowableAnnotation;
import org.apache.flink.runtime.throwable.ThrowableType;

/** A worker reported an error that another attempt would meet again: Flink ends the job, whatever its restart strategy. */
@ThrowableAnnotation(ThrowableType.NonRecoverableError)
public final class JobFailedException extends IOException {
    private static final long serialVersionUID = 1;

    public JobFailedException(String message) {
        super(message);
    }
}
