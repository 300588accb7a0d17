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
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A process that runs the operators of stages. Frames go to its standard input and come from its standard output; what it writes to
 * standard error goes to the TaskManager's log.
 *
 * A thread reads the answers as they come, so that a task may send a frame while the worker still writes its answer to the one
 * before: with both waiting for the other to read, neither would go on.
 */
public final class WorkerProcess {
    private static final Logger LOG = LoggerFactory.getLogger(WorkerProcess.class);
    private static final int KEPT_LINES = 20;
    /** What a pipe holds; Java copies all that it is asked for through memory of its own. */
    private static final int READ_BYTES = 1 << 16;
    private static final Duration CLOSE_WITHIN = Duration.ofSeconds(3);
    /** Between two looks whether it hangs. */
    private static final long LOOK_MS = 200;

    private final Process process;
    private final int subtask;
    private final String jobId;
    private final OutputStream toWorker;
    private final Map<Integer, WorkerConnection> connections = new ConcurrentHashMap<>();
    /** Names of all stages that it has served, for messages and the log. */
    private final Queue<String> stages = new ConcurrentLinkedQueue<>();
    /** Whose frames it has not answered, in the order of sending: it is at work for the first one. */
    private final Queue<WorkerConnection> asked = new ConcurrentLinkedQueue<>();
    /** How many of them it has answered. */
    private volatile long answered;
    /** Set once it was ended because it hung. */
    private volatile WorkerException hung;
    private final Deque<String> lastLines = new ArrayDeque<>();
    private final Thread errorReader;
    /** Set when no frame will come any more. */
    private WorkerException failure;

    /**
     * @param subtask of its stages, for messages and the log
     * @param jobId stands in every line of the log, by which {@code deno task flink logs} finds the lines of a job
     */
    public WorkerProcess(Process process, int subtask, String jobId) {
        this.process = process;
        this.subtask = subtask;
        this.jobId = jobId;
        this.toWorker = process.getOutputStream();
        thread("answers of worker " + process.pid(), this::readAnswers);
        this.errorReader = thread("log of worker " + process.pid(), this::readErrors);
        thread("watch over worker " + process.pid(), this::watch);
    }

    public long pid() {
        return process.pid();
    }

    /** @return null if it has ended, or serves that stage already */
    public synchronized WorkerConnection connect(int stage, String stageName, Duration answerWithin, Runnable onPush) {
        if (failure != null || connections.containsKey(stage)) return null;
        String name = "\"" + stageName + "\", subtask " + subtask;
        WorkerConnection connection = new WorkerConnection(this, stage, name, answerWithin, onPush);
        connections.put(stage, connection);
        stages.add(stageName);
        LOG.info("[{}] worker {} serves {}", jobId, process.pid(), name);
        return connection;
    }

    /** @return whether it serves no stage any more */
    boolean disconnect(WorkerConnection connection) {
        connections.remove(connection.stage(), connection);
        return connections.isEmpty();
    }

    /** Sends a frame that will be answered. */
    void ask(WorkerConnection from, FrameBuffer frame) throws IOException {
        try {
            synchronized (toWorker) {
                asked.add(from);
                write(from, frame);
            }
        } catch (IOException broken) {
            // Why it has ended is what the reader of its answers found, or will.
            throw ended();
        }
    }

    private void write(WorkerConnection from, FrameBuffer frame) throws IOException {
        frame.writeTo(toWorker, from.stage());
        toWorker.flush();
    }

    /**
     * Ends it when it takes too long for a frame. Whoever waits cannot see to that: a worker that hangs takes nothing from its pipe
     * either, so that a task may be waiting to write to it.
     */
    private void watch() {
        long seen = 0;
        long lookedMs = 0;
        try {
            while (!process.waitFor(LOOK_MS, TimeUnit.MILLISECONDS)) {
                // Looks are counted, as this process may have been stopped itself for a while.
                lookedMs = asked.isEmpty() || answered != seen ? 0 : lookedMs + LOOK_MS;
                seen = answered;
                Duration limit = asked.stream().map(WorkerConnection::answerWithin).min(Duration::compareTo).orElse(null);
                if (limit != null && lookedMs >= limit.toMillis()) hangs(limit);
            }
        } catch (InterruptedException ended) {
            Thread.currentThread().interrupt();
        }
    }

    private void hangs(Duration limit) {
        WorkerConnection atWorkFor = asked.peek();
        hung = new WorkerException(
                "The worker of " + (atWorkFor == null ? name() : atWorkFor.name()) + " did not answer for " + limit.toSeconds()
                        + " s and was ended: a function of the job may not block that long");
        kill();
    }

    /** Ends it at once; whoever waits for an answer gets an exception. */
    public void kill() {
        process.destroyForcibly();
    }

    /** The stage's functions are closed in it. */
    void closeStage(WorkerConnection connection) {
        try {
            if (!process.isAlive()) return;
            synchronized (toWorker) {
                write(connection, new FrameBuffer().begin(Frame.CLOSE));
            }
        } catch (IOException gone) {
            // It has ended by itself.
        }
    }

    /** Ends it: it is asked to, and killed if it does not. */
    void end() {
        try {
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
        LOG.info("[{}] worker {} of {} ended", jobId, process.pid(), name());
    }

    private void readAnswers() {
        try (InputStream in = process.getInputStream()) {
            while (true) readAnswer(in);
        } catch (WorkerException notAFrame) {
            fail(notAFrame);
            kill();
        } catch (IOException end) {
            fail(ended());
        } catch (RuntimeException | Error unexpected) {
            // As when there is no memory for an answer: without this thread, all would wait for ever.
            fail(new WorkerException("Cannot read an answer of the worker of " + name() + ": " + unexpected));
            kill();
        }
    }

    private synchronized void fail(WorkerException why) {
        failure = why;
        for (WorkerConnection each : connections.values()) each.fail(why);
    }

    /** Why no stage can be served. */
    synchronized WorkerException whyEnded() {
        return failure;
    }

    private void readAnswer(InputStream in) throws IOException {
        byte[] header = in.readNBytes(Frame.HEADER_BYTES);
        if (header.length == 0) throw new EOFException();
        if (header.length < Frame.HEADER_BYTES || header[0] != Frame.MAGIC_0 || header[1] != Frame.MAGIC_1) {
            throw new WorkerException(
                    "The worker of " + name() + " wrote to standard output what is no answer, beginning with \""
                            + new String(header, StandardCharsets.UTF_8).strip()
                            + "\": a job may not write there; use console.log(), which goes to the log");
        }
        if (header[3] != Frame.VERSION) {
            throw new WorkerException(
                    "The worker of " + name() + " speaks version " + header[3] + " of the protocol, the runner version "
                            + Frame.VERSION + ": submit the job again");
        }
        ByteBuffer numbers = ByteBuffer.wrap(header).order(ByteOrder.LITTLE_ENDIAN);
        byte[] body = new byte[numbers.getInt(8)];
        for (int at = 0; at < body.length;) {
            int read = in.read(body, at, Math.min(body.length - at, READ_BYTES));
            if (read < 0) throw new EOFException();
            at += read;
        }
        route(numbers.getInt(4), new Frame(header[2] & 0xff, ByteBuffer.wrap(body)));
    }

    private void route(int stage, Frame frame) {
        WorkerConnection first = asked.peek();
        if (frame.type() != Frame.PUSH && first != null && first.stage() == stage) {
            asked.remove();
            answered++;
        }
        WorkerConnection connection = connections.get(stage);
        // A stage that has ended waits for nothing any more.
        if (connection != null) connection.take(frame);
    }

    /** Waits for the end of the process and of what it wrote. */
    private WorkerException ended() {
        try {
            int code = process.waitFor();
            errorReader.join(1_000);
            if (hung != null) return hung;
            boolean killed = code > 128;
            String how = killed ? "by signal " + (code - 128) : "with exit code " + code;
            synchronized (lastLines) {
                String lines = lastLines.isEmpty() ? "" : ":\n" + String.join("\n", lastLines);
                return new WorkerException("The worker of " + name() + " ended " + how + lines, !killed);
            }
        } catch (InterruptedException cancelled) {
            Thread.currentThread().interrupt();
            return new WorkerException("The worker of " + name() + " ended");
        }
    }

    private void readErrors() {
        try (BufferedReader lines =
                new BufferedReader(new InputStreamReader(process.getErrorStream(), StandardCharsets.UTF_8))) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                LOG.info("[{}] {}: {}", jobId, name(), line);
                synchronized (lastLines) {
                    lastLines.add(line);
                    if (lastLines.size() > KEPT_LINES) lastLines.remove();
                }
            }
        } catch (IOException closed) {
            // The worker has ended.
        }
    }

    /** {@code "first stage", "second stage", subtask 1} */
    private String name() {
        return stages.stream().map(stage -> "\"" + stage + "\", ").collect(Collectors.joining()) + "subtask " + subtask;
    }

    private static Thread thread(String name, Runnable work) {
        Thread thread = new Thread(work, name);
        thread.setDaemon(true);
        thread.start();
        return thread;
    }
}
