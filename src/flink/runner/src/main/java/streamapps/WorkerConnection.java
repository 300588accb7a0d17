package streamapps;

import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.LinkedBlockingQueue;

/** A stage's way to its worker, whose process may serve other stages of the job too. */
public final class WorkerConnection implements AutoCloseable {
    private final WorkerProcess process;
    private final int stage;
    private final String name;
    private final Duration answerWithin;
    private final Runnable onPush;
    private final LinkedBlockingQueue<Object> received = new LinkedBlockingQueue<>();
    private volatile boolean closed;

    /**
     * @param name of the stage and subtask, for messages
     * @param answerWithin a worker that takes longer for one frame is held to hang
     * @param onPush called when something has come that was not asked for, or a failure; by another thread
     */
    WorkerConnection(WorkerProcess process, int stage, String name, Duration answerWithin, Runnable onPush) {
        this.process = process;
        this.stage = stage;
        this.name = name;
        this.answerWithin = answerWithin;
        this.onPush = onPush;
    }

    int stage() {
        return stage;
    }

    String name() {
        return name;
    }

    Duration answerWithin() {
        return answerWithin;
    }

    WorkerProcess process() {
        return process;
    }

    /** Sends a frame; its answer comes from {@link #receive()}, in the order of sending. */
    public void send(FrameBuffer frame) throws IOException {
        process.ask(this, frame);
    }

    /**
     * The next frame: an answer, or what comes without being asked for.
     *
     * @throws WorkerException if it is a failure, or the worker has ended
     * @throws JobFailedException if it is a failure that ends the job
     */
    public Frame receive() throws IOException, InterruptedException {
        return frame(received.take());
    }

    /** Whether there is a frame, or the news that none will come. */
    public boolean hasReceived() {
        return !received.isEmpty();
    }

    private Frame frame(Object answer) throws IOException {
        if (answer instanceof WorkerException failure) {
            // Nothing else comes, whoever asks next.
            received.add(failure);
            throw failure;
        }
        Frame frame = (Frame) answer;
        if (frame.type() == Frame.FAILURE) throw new WorkerException(frame.text());
        if (frame.type() == Frame.FATAL) throw new JobFailedException(frame.text());
        return frame;
    }

    /** Called by the thread that reads what the process writes. */
    void take(Frame frame) {
        received.add(frame);
        if (frame.type() == Frame.PUSH || frame.type() == Frame.FAILURE || frame.type() == Frame.FATAL) onPush.run();
    }

    /** No frame will come any more; called by that thread too. */
    void fail(WorkerException failure) {
        received.add(failure);
        onPush.run();
    }

    /** Ends the process at once unless this connection is closed; whoever waits for an answer gets an exception. */
    public void kill() {
        if (!closed) process.kill();
    }

    /** The stage ends in the worker, and with the last one the process. */
    @Override
    public void close() {
        closed = true;
        SharedWorkers.leave(this);
    }
}
