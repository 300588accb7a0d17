package streamapps;

import java.io.BufferedReader;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A process that runs a stage's operators. Frames go to its standard input and come from its standard output; what it writes to
 * standard error goes to the TaskManager's log.
 *
 * A thread reads the answers as they come, so that the task may send a frame while the worker still writes its answer to the one
 * before: with both waiting for the other to read, neither would go on.
 */
public final class WorkerProcess implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(WorkerProcess.class);
    private static final int KEPT_LINES = 20;
    /** What a pipe holds; Java copies all that it is asked for through memory of its own. */
    private static final int READ_BYTES = 1 << 16;
    private static final Duration CLOSE_WITHIN = Duration.ofSeconds(3);

    private final Process process;
    private final String name;
    private final String jobId;
    private final Duration answerWithin;
    private final OutputStream toWorker;
    private final LinkedBlockingQueue<Object> answers = new LinkedBlockingQueue<>();
    /** Called when something has come that was not asked for. */
    private final Runnable onPush;
    private final Deque<String> lastLines = new ArrayDeque<>();
    private final Thread errorReader;

    /**
     * @param name of the stage and subtask, for messages and the log
     * @param jobId stands in every line of the log, by which {@code deno task flink logs} finds the lines of a job
     * @param answerWithin a worker that takes longer for one frame is held to hang
     * @param onPush called when the worker has sent something without being asked, or has failed so; by another thread
     */
    public WorkerProcess(Process process, String name, String jobId, Duration answerWithin, Runnable onPush) {
        this.process = process;
        this.name = name;
        this.jobId = jobId;
        this.answerWithin = answerWithin;
        this.onPush = onPush;
        this.toWorker = process.getOutputStream();
        thread("answers of " + name, this::readAnswers);
        this.errorReader = thread("log of " + name, this::readErrors);
        LOG.info("[{}] worker {} of {} started", jobId, process.pid(), name);
    }

    public long pid() {
        return process.pid();
    }

    /** Sends a frame; its answer comes from {@link #receive()}, in the order of sending. */
    public void send(FrameBuffer frame) throws IOException {
        try {
            frame.writeTo(toWorker);
            toWorker.flush();
        } catch (IOException broken) {
            // Why it has ended is what the reader of its answers found, or will.
            throw ended();
        }
    }

    /**
     * The next answer.
     *
     * @throws WorkerException if it is a failure, none comes in time, or the worker has ended
     * @throws JobFailedException if it is a failure that ends the job
     */
    public Frame receive() throws IOException, InterruptedException {
        Object answer = answers.poll(answerWithin.toMillis(), TimeUnit.MILLISECONDS);
        if (answer == null) {
            kill();
            throw new WorkerException(
                    "The worker of " + name + " did not answer for " + answerWithin.toSeconds()
                            + " s and was ended: a function of the job may not block that long");
        }
        return frame(answer);
    }

    /** The next frame whenever it comes: no answer is due. */
    public Frame receivePushed() throws IOException, InterruptedException {
        return frame(answers.take());
    }

    /** Whether there is a frame, or the news that none will come. */
    public boolean hasReceived() {
        return !answers.isEmpty();
    }

    private static Frame frame(Object answer) throws IOException {
        if (answer instanceof WorkerException failure) throw failure;
        Frame frame = (Frame) answer;
        if (frame.type() == Frame.FAILURE) throw new WorkerException(frame.text());
        if (frame.type() == Frame.FATAL) throw new JobFailedException(frame.text());
        return frame;
    }

    /** Ends it at once; whoever waits for an answer gets an exception. */
    public void kill() {
        process.destroyForcibly();
    }

    /** Ends it: it is asked to, and killed if it does not. */
    @Override
    public void close() throws IOException {
        try {
            if (process.isAlive()) send(new FrameBuffer().begin(Frame.CLOSE));
            toWorker.close();
        } catch (IOException gone) {
            // It has ended by itself.
        }
        try {
            if (!process.waitFor(CLOSE_WITHIN.toMillis(), TimeUnit.MILLISECONDS)) kill();
        } catch (InterruptedException cancelled) {
            kill();
            Thread.currentThread().interrupt();
        }
        LOG.info("[{}] worker {} of {} ended", jobId, process.pid(), name);
    }

    private void readAnswers() {
        try (InputStream in = process.getInputStream()) {
            while (true) {
                Frame frame = readFrame(in);
                answers.add(frame);
                if (frame.type() == Frame.PUSH || frame.type() == Frame.FAILURE || frame.type() == Frame.FATAL) onPush.run();
            }
        } catch (WorkerException notAFrame) {
            answers.add(notAFrame);
            kill();
        } catch (IOException end) {
            answers.add(ended());
            onPush.run();
        }
    }

    private Frame readFrame(InputStream in) throws IOException {
        byte[] header = in.readNBytes(Frame.HEADER_BYTES);
        if (header.length == 0) throw new EOFException();
        if (header.length < Frame.HEADER_BYTES || header[0] != Frame.MAGIC_0 || header[1] != Frame.MAGIC_1) {
            throw new WorkerException(
                    "The worker of " + name + " wrote to standard output what is no answer, beginning with \""
                            + new String(header, StandardCharsets.UTF_8).strip()
                            + "\": a job may not write there; use console.log(), which goes to the log");
        }
        if (header[3] != Frame.VERSION) {
            throw new WorkerException(
                    "The worker of " + name + " speaks version " + header[3] + " of the protocol, the runner version "
                            + Frame.VERSION + ": submit the job again");
        }
        int length = ByteBuffer.wrap(header).order(ByteOrder.LITTLE_ENDIAN).getInt(4);
        byte[] body = new byte[length];
        for (int at = 0; at < length;) {
            int read = in.read(body, at, Math.min(length - at, READ_BYTES));
            if (read < 0) throw new EOFException();
            at += read;
        }
        return new Frame(header[2] & 0xff, ByteBuffer.wrap(body));
    }

    /** Waits for the end of the process and of what it wrote. */
    private WorkerException ended() {
        try {
            int code = process.waitFor();
            errorReader.join(1_000);
            boolean killed = code > 128;
            String how = killed ? "by signal " + (code - 128) : "with exit code " + code;
            synchronized (lastLines) {
                String lines = lastLines.isEmpty() ? "" : ":\n" + String.join("\n", lastLines);
                return new WorkerException("The worker of " + name + " ended " + how + lines, !killed);
            }
        } catch (InterruptedException cancelled) {
            Thread.currentThread().interrupt();
            return new WorkerException("The worker of " + name + " ended");
        }
    }

    private void readErrors() {
        try (BufferedReader lines =
                new BufferedReader(new InputStreamReader(process.getErrorStream(), StandardCharsets.UTF_8))) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                LOG.info("[{}] {}: {}", jobId, name, line);
                synchronized (lastLines) {
                    lastLines.add(line);
                    if (lastLines.size() > KEPT_LINES) lastLines.remove();
                }
            }
        } catch (IOException closed) {
            // The worker has ended.
        }
    }

    private static Thread thread(String name, Runnable work) {
        Thread thread = new Thread(work, name);
        thread.setDaemon(true);
        thread.start();
        return thread;
    }
}
