package streamapps;

import java.io.DataInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.Serializable;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.flink.configuration.ReadableConfig;

/**
 * A worker that counts the records of each key. Records with certain values make it misbehave, and those that begin with "side"
 * leave by the second outlet.
 */
public final class FakeWorker {
    private static final Map<String, Integer> COUNTS = new TreeMap<>();
    private static final Map<String, Integer> CHANGED = new TreeMap<>();
    /** What belongs to no key, by name; those that have changed. */
    private static final Map<String, Integer> RULES = new TreeMap<>();
    private static final FrameBuffer ROWS = new FrameBuffer();
    /** Keys of records at work; "call" makes one so, and "answer" and "answer later" have their results pushed. */
    private static final List<String> CALLS = new ArrayList<>();
    private static double watermarkMs = Double.NaN;
    private static double timerMs = Double.POSITIVE_INFINITY;
    private static int in;
    /** Of the frame at work. */
    private static int stage;
    private static boolean idle;
    private static boolean pushes;
    private static int failure = Frame.FATAL;

    private FakeWorker() {}

    /** Starts it as a process of its own. */
    public static final class Launcher implements WorkerLauncher, Serializable {
        private static final long serialVersionUID = 1;

        @Override
        public Process start(ReadableConfig settings, Path temporary) throws IOException {
            return new ProcessBuilder(
                            "java", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xshare:auto", "-cp",
                            System.getProperty("java.class.path"), FakeWorker.class.getName())
                    .start();
        }
    }

    public static void main(String[] arguments) throws Exception {
        DataInputStream input = new DataInputStream(System.in);
        while (true) {
            byte[] header = input.readNBytes(Frame.HEADER_BYTES);
            if (header.length == 0) return;
            byte[] body = new byte[ByteBuffer.wrap(header).order(ByteOrder.LITTLE_ENDIAN).getInt(8)];
            input.readFully(body);
            Frame frame = new Frame(header[2] & 0xff, ByteBuffer.wrap(body));
            stage = ByteBuffer.wrap(header).order(ByteOrder.LITTLE_ENDIAN).getInt(4);
            if (frame.type() == Frame.CLOSE) continue;
            synchronized (FakeWorker.class) {
                answer(frame);
            }
        }
    }

    private static void answer(Frame frame) throws Exception {
        ROWS.beginBatch();
        OutputStream out = System.out;
        if (frame.type() == Frame.COMMIT) changes().writeTo(out, stage);
        else if (!work(frame)) new FrameBuffer().begin(failure).putText("Operator \"count\" failed: boom").writeTo(out, stage);
        else result(Frame.RESULT).writeTo(out, stage);
        out.flush();
        if (pushes) push();
        pushes = false;
        if (frame.type() == Frame.COMMIT) FakeWorker.class.notifyAll();
    }

    /** Behind the next checkpoint, or after a while without one. */
    private static void pushLater() {
        Thread thread = new Thread(() -> {
            try {
                synchronized (FakeWorker.class) {
                    FakeWorker.class.wait(2_000);
                    push();
                }
            } catch (Exception failed) {
                failed.printStackTrace();
            }
        });
        thread.setDaemon(true);
        thread.start();
    }

    /** Without being asked. */
    private static void push() throws Exception {
        OutputStream out = System.out;
        ROWS.beginBatch();
        for (String call : CALLS) emit(0, 7, call, "answered");
        CALLS.clear();
        result(Frame.PUSH).writeTo(out, stage);
        out.flush();
    }

    /** @return whether all went well */
    private static boolean work(Frame frame) throws Exception {
        switch (frame.type()) {
            case Frame.OPEN:
                if (frame.text().contains("\"planHash\":\"unloadable\"")) {
                    System.err.println("error: Uncaught SyntaxError");
                    System.exit(1);
                }
                return frame.text().contains("\"planHash\":\"abc\"");
            case Frame.RESTORE:
                String[] texts = frame.texts();
                for (int i = 0; i < texts.length; i += 2) {
                    if (texts[i].startsWith("call ")) CALLS.add(texts[i + 1]);
                    else if (!texts[i].equals("[\"job\"]")) COUNTS.put(texts[i], Integer.valueOf(texts[i + 1]));
                }
                return true;
            case Frame.BATCH:
                Frame.Rows rows = frame.batchRows();
                while (rows.next()) if (!count(rows.timestampMs(), rows.element())) return false;
                return true;
            case Frame.WATERMARK:
                watermarkMs = frame.body().getDouble(0) - 10;
                return true;
            case Frame.PROCESSING_TIME:
                timerMs = Double.POSITIVE_INFINITY;
                emit(0, Double.NEGATIVE_INFINITY, "timer", "fired");
                return true;
            default:
                return true;
        }
    }

    private static boolean count(double timestampMs, byte[] element) throws Exception {
        String key = Element.keyText(element);
        String value = new String(Element.value(element), StandardCharsets.UTF_8);
        in++;
        switch (value) {
            case "away":
                failure = Frame.FAILURE;
                return false;
            case "boom":
                return false;
            case "die":
                System.err.println("out of memory");
                System.exit(7);
                return false;
            case "hang":
                Thread.sleep(Long.MAX_VALUE);
                return false;
            case "no length":
                System.out.write(new byte[] {'S', 'A', (byte) Frame.RESULT, Frame.VERSION, 0, 0, 0, 0, -1, -1, -1, -1});
                System.out.flush();
                return true;
            case "print":
                System.out.print("hello, world");
                System.out.flush();
                return true;
            case "idle":
            case "active":
                // As a worker that makes event time.
                idle = value.equals("idle");
                watermarkMs = timestampMs;
                return true;
            case "call":
                CALLS.add(key);
                return true;
            case "answer":
                pushes = true;
                return true;
            case "answer later":
                pushLater();
                return true;
            case "rule":
                RULES.put("rule " + key, COUNTS.merge("rule " + key, 1, Integer::sum));
                return true;
            case "rules":
                long rules = COUNTS.keySet().stream().filter(name -> name.startsWith("rule ")).count();
                emit(0, timestampMs, key, String.valueOf(rules));
                return true;
            case "timer":
                timerMs = 5_000;
                return true;
            default:
                int count = COUNTS.merge(key, 1, Integer::sum);
                CHANGED.put(key, count);
                emit(value.startsWith("side") ? 1 : 0, timestampMs, key, value + " " + count);
                return true;
        }
    }

    private static void emit(int outlet, double timestampMs, String key, String value) {
        ROWS.addRow(timestampMs, element(key, value));
        ROWS.setOutlet(outlet);
    }

    private static FrameBuffer result(int type) {
        FrameBuffer result = new FrameBuffer().begin(type).putDouble(watermarkMs).putDouble(timerMs);
        for (String counter : Frame.COUNTERS) {
            result.putDouble(switch (counter) {
                case "in" -> in;
                case "idle" -> idle ? 1 : 0;
                case "pending" -> CALLS.size();
                case "full" -> CALLS.size() >= 3 ? 1 : 0;
                default -> 0;
            });
        }
        return result.putRowsOf(ROWS);
    }

    private static FrameBuffer changes() {
        int size = 1 + 3 * (CHANGED.size() + RULES.size());
        FrameBuffer changes = new FrameBuffer().begin(Frame.CHANGES).putInt(size + 1 + 2 * CALLS.size());
        changes.putListText("{\"format\":1}").putListText(String.valueOf(CALLS.size()));
        for (String call : CALLS) changes.putListText("call " + call).putListText(call);
        CHANGED.forEach((key, count) -> changes.putListText(key).putListText(key).putListText(String.valueOf(count)));
        CHANGED.clear();
        RULES.forEach((name, count) -> changes.putListText(null).putListText(name).putListText(String.valueOf(count)));
        RULES.clear();
        return changes;
    }

    /** A record of a key. */
    static byte[] element(String key, String value) {
        List<byte[]> parts = List.of(key.getBytes(StandardCharsets.UTF_8), value.getBytes(StandardCharsets.UTF_8));
        return ByteBuffer.allocate(8 + parts.get(0).length + parts.get(1).length).order(ByteOrder.LITTLE_ENDIAN)
                .putInt(parts.get(0).length).putInt(parts.get(1).length).put(parts.get(0)).put(parts.get(1)).array();
    }
}
