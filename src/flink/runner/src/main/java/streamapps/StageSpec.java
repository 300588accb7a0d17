package streamapps;

import java.io.Serializable;

/**
 * What a stage operator knows of its stage; the worker knows the rest.
 *
 * @param index its place in the plan
 * @param name of its operators, for messages
 * @param keyed whether its input is grouped by key, so that it may have state
 * @param eventTime whether watermarks are event time, which the worker has to know; else they say only how far the order of records
 *     has come
 * @param sorted whether the records of a key are put into the order of time before the worker gets them
 * @param maxAheadMs a record whose time is so far ahead of the clock waits for nothing
 * @param outlets how many ways out it has
 * @param planHash of the description of the job: each worker must come to the same
 * @param lingerMs the longest time that a record waits for others of its batch
 * @param answerWithinMs a worker that takes longer for one frame is held to hang
 */
public record StageSpec(
        int index, String name, boolean keyed, boolean eventTime, boolean sorted, long maxAheadMs, int outlets, String planHash,
        long lingerMs, long answerWithinMs)
        implements Serializable {

    /** The text of {@code OPEN}. */
    String openText(int subtask, int parallelism) {
        return "{\"stage\":" + index + ",\"subtask\":" + subtask + ",\"parallelism\":" + parallelism + ",\"planHash\":\""
                + planHash + "\"}";
    }
}
