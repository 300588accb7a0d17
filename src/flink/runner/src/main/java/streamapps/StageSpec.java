package streamapps;

import java.io.Serializable;
import java.util.Set;

/**
 * What a stage operator knows of its stage; the worker knows the rest.
 *
 * @param index its place in the plan
 * @param worker stages of one number share a worker, subtask by subtask
 * @param name of its operators, for messages
 * @param states what it keeps; with that of keys its input is grouped by them
 * @param time what watermarks mean
 * @param sorted whether the records of a key are put into the order of time before the worker gets them
 * @param maxAheadMs a record whose time is so far ahead of the clock waits for nothing
 * @param outlets how many ways out it has
 * @param planHash of the description of the job: each worker must come to the same
 * @param lingerMs the longest time that a record waits for others of its batch
 * @param answerWithinMs a worker that takes longer for one frame is held to hang
 */
public record StageSpec(
        int index, int worker, String name, Set<State> states, Time time, boolean sorted, long maxAheadMs, int outlets, String planHash,
        long lingerMs, long answerWithinMs)
        implements Serializable {

    /** What a stage keeps from checkpoint to checkpoint. */
    public enum State {
        /** Entries of keys. */
        KEYED,
        /** Entries that belong to no key, and are the same in all subtasks: of a stream that is broadcast. */
        SHARED,
        /** Records at work in asynchronous operators: entries of the subtask, which are dealt out anew when it is rescaled. */
        CALLS
    }

    /** What the watermarks are that come into a stage, and those that leave it. */
    public enum Time {
        /** Event time, which the worker has to know: it answers with that behind the stage. */
        EVENT,
        /** How far the order of records has come, which the worker has no use for. */
        ORDER,
        /** The worker makes event time of the records. Those that come in serve the sources only. */
        WORKER
    }

    boolean keyed() {
        return states.contains(State.KEYED);
    }

    boolean shared() {
        return states.contains(State.SHARED);
    }

    boolean calls() {
        return states.contains(State.CALLS);
    }

    /** The text of {@code OPEN}. */
    String openText(int subtask, int parallelism) {
        return "{\"stage\":" + index + ",\"subtask\":" + subtask + ",\"parallelism\":" + parallelism + ",\"planHash\":\""
                + planHash + "\"}";
    }
}
