package streamapps;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/**
 * A message between the runner and a worker. The layout of each kind is in {@code src/flink/protocol/frame.ts}, whose codec
 * is tested against this one by the same golden frames.
 */
public record Frame(int type, ByteBuffer body) {
    /** What every frame begins with: "SA", the type, the version of the protocol, the stage, and the length of the body. */
    public static final int HEADER_BYTES = 12;
    public static final byte MAGIC_0 = 'S';
    public static final byte MAGIC_1 = 'A';
    public static final byte VERSION = 3;

    /** From the runner; each is answered by one frame. */
    public static final int OPEN = 1;
    public static final int RESTORE = 2;
    public static final int START = 3;
    public static final int BATCH = 4;
    public static final int WATERMARK = 5;
    public static final int PROCESSING_TIME = 6;
    public static final int COMMIT = 7;
    public static final int CLOSE = 8;

    /** From the worker. */
    public static final int RESULT = 129;
    public static final int CHANGES = 130;
    public static final int FAILURE = 131;
    public static final int FATAL = 132;
    /** Comes without being asked for; its body is that of a {@code RESULT}. */
    public static final int PUSH = 133;

    /** What a worker reports, in the order of {@code RESULT}: totals so far, when its first timer of event time is due, and states. */
    public static final String[] COUNTERS = {"in", "out", "filtered", "late", "dead", "pending", "firesAtMs", "idle", "full"};
    private static final int PENDING = 5;
    private static final int IDLE = 7;
    private static final int FULL = 8;

    /** Behind a body's counters the number of its rows. */
    private static final int RESULT_ROWS_AT = 16 + 8 * COUNTERS.length;

    public Frame {
        body.order(ByteOrder.LITTLE_ENDIAN);
    }

    /** Event time behind the stage, ms; NaN as long as there is none. */
    public double watermarkMs() {
        return body.getDouble(0);
    }

    /** When the stage's next timer of processing time is due, ms; infinite if it has none. */
    public double nextTimerMs() {
        return body.getDouble(8);
    }

    /** The value of {@link #COUNTERS}{@code [index]}. */
    public double counter(int index) {
        return body.getDouble(16 + 8 * index);
    }

    /** Whether the stage makes event time and no partition holds that back. */
    public boolean idle() {
        return counter(IDLE) != 0;
    }

    /** Whether the stage can take no more records for now. */
    public boolean full() {
        return counter(FULL) != 0;
    }

    /** Whether records are at work in it, whose results come later. */
    public boolean pending() {
        return counter(PENDING) != 0;
    }

    /** The rows of a {@code RESULT}. */
    public Rows resultRows() {
        return new Rows(body, RESULT_ROWS_AT);
    }

    /** The rows of a {@code BATCH}. */
    public Rows batchRows() {
        return new Rows(body, 0);
    }

    /** The whole body as text. */
    public String text() {
        return new String(body.array(), body.arrayOffset(), body.limit(), StandardCharsets.UTF_8);
    }

    /** The body as a list of texts, of which any may be null: {@code RESTORE} and {@code CHANGES}. */
    public String[] texts() {
        ByteBuffer buffer = body.duplicate().order(ByteOrder.LITTLE_ENDIAN);
        String[] texts = new String[buffer.getInt()];
        for (int i = 0; i < texts.length; i++) {
            int length = buffer.getInt();
            if (length < 0) continue;
            texts[i] = new String(buffer.array(), buffer.arrayOffset() + buffer.position(), length, StandardCharsets.UTF_8);
            buffer.position(buffer.position() + length);
        }
        return texts;
    }

    /** Goes through rows one after the other; {@link #next()} moves to each. */
    public static final class Rows {
        private final ByteBuffer body;
        private final int count;
        private int taken;
        private int at;
        private int nextAt;

        Rows(ByteBuffer body, int countAt) {
            this.body = body;
            this.count = body.getInt(countAt);
            this.nextAt = countAt + 4;
        }

        public int count() {
            return count;
        }

        public boolean next() {
            if (taken == count) return false;
            taken++;
            at = nextAt;
            nextAt = at + 4 + body.getInt(at);
            return true;
        }

        /** By which of the stage's outlets it leaves. */
        public int outlet() {
            return body.getShort(at + 4) & 0xffff;
        }

        /** Event time, ms; minus infinity if it has none. */
        public double timestampMs() {
            return body.getDouble(at + 8);
        }

        /** A copy of the row's {@link Element}. */
        public byte[] element() {
            int from = body.arrayOffset() + at + FrameBuffer.ROW_HEADER_BYTES;
            return java.util.Arrays.copyOfRange(body.array(), from, body.arrayOffset() + nextAt);
        }
    }
}
