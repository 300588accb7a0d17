package streamapps;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/** A frame that is being written, in memory that serves one frame after the other. */
public final class FrameBuffer {
    /** Of a row: the length of what follows, the outlet, two bytes that are zero, the timestamp. */
    static final int ROW_HEADER_BYTES = 16;

    private ByteBuffer buffer = allocate(1 << 16);
    private int rows;
    private int lastRowAt;

    /** Begins a frame without a body. */
    public FrameBuffer begin(int type) {
        buffer.clear();
        buffer.put(Frame.MAGIC_0).put(Frame.MAGIC_1).put((byte) type).put(Frame.VERSION).putInt(0).putInt(0);
        return this;
    }

    /** Begins a {@code BATCH} without rows. */
    public FrameBuffer beginBatch() {
        begin(Frame.BATCH).putInt(0);
        rows = 0;
        return this;
    }

    /** Adds a row to a {@code BATCH}. @param timestampMs minus infinity if it has none */
    public void addRow(double timestampMs, byte[] element) {
        room(ROW_HEADER_BYTES + element.length);
        lastRowAt = buffer.position();
        buffer.putInt(ROW_HEADER_BYTES - 4 + element.length).putInt(0).putDouble(timestampMs).put(element);
        buffer.putInt(Frame.HEADER_BYTES, ++rows);
    }

    /** By which outlet the row leaves that was added last. */
    public void setOutlet(int outlet) {
        buffer.putShort(lastRowAt + 4, (short) outlet);
    }

    /** Adds the rows of a batch, and their number before them. */
    public FrameBuffer putRowsOf(FrameBuffer batch) {
        int length = batch.bytes() - Frame.HEADER_BYTES;
        room(length);
        buffer.put(batch.buffer.array(), Frame.HEADER_BYTES, length);
        return this;
    }

    public int rows() {
        return rows;
    }

    /** Length of the whole frame. */
    public int bytes() {
        return buffer.position();
    }

    public FrameBuffer putInt(int value) {
        room(4);
        buffer.putInt(value);
        return this;
    }

    public FrameBuffer putDouble(double value) {
        room(8);
        buffer.putDouble(value);
        return this;
    }

    /** Adds the bytes of a text, without their length. */
    public FrameBuffer putText(String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        room(bytes.length);
        buffer.put(bytes);
        return this;
    }

    /** Adds one text of a list, or null, with its length before it. */
    public FrameBuffer putListText(String text) {
        if (text == null) return putInt(-1);
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        room(4 + bytes.length);
        buffer.putInt(bytes.length).put(bytes);
        return this;
    }

    /** Writes the frame, which may be written again. @param stage to or from which it goes */
    public void writeTo(OutputStream out, int stage) throws IOException {
        buffer.putInt(4, stage).putInt(8, buffer.position() - Frame.HEADER_BYTES);
        out.write(buffer.array(), 0, buffer.position());
    }

    private void room(int more) {
        if (buffer.remaining() >= more) return;
        ByteBuffer larger = allocate(Math.max(2 * buffer.capacity(), buffer.position() + more));
        buffer.flip();
        buffer = larger.put(buffer);
    }

    private static ByteBuffer allocate(int bytes) {
        return ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
    }
}
