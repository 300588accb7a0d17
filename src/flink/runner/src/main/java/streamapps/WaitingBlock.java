package streamapps;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;

/**
 * Elements that wait, as a checkpoint has them: many in one array. Each array costs Flink more than its bytes do, and while a job
 * catches up every checkpoint has all that waits.
 *
 * <pre>
 * i64 Long.MIN_VALUE, at which nothing waits | for each: i32 length, what {@link Waiting#snapshot()} has of it
 * </pre>
 *
 * Instead of a block there may be one element alone, as {@link Waiting#snapshot()} has it.
 */
final class WaitingBlock {
    private static final int HEAD_BYTES = 8;
    /** A block is full when it has so many. */
    private static final int FULL_BYTES = 1 << 16;

    private WaitingBlock() {}

    static List<byte[]> pack(List<byte[]> waiting) {
        List<byte[]> blocks = new ArrayList<>();
        int bytes = HEAD_BYTES;
        int from = 0;
        for (int i = 0; i < waiting.size(); i++) {
            bytes += 4 + waiting.get(i).length;
            if (bytes < FULL_BYTES && i + 1 < waiting.size()) continue;
            ByteBuffer block = ByteBuffer.allocate(bytes).putLong(Long.MIN_VALUE);
            for (byte[] each : waiting.subList(from, i + 1)) block.putInt(each.length).put(each);
            blocks.add(block.array());
            bytes = HEAD_BYTES;
            from = i + 1;
        }
        return blocks;
    }

    static void unpack(byte[] saved, Consumer<byte[]> waiting) {
        ByteBuffer block = ByteBuffer.wrap(saved);
        if (block.getLong() != Long.MIN_VALUE) {
            waiting.accept(saved);
            return;
        }
        while (block.hasRemaining()) {
            int length = block.getInt();
            int at = block.position();
            waiting.accept(Arrays.copyOfRange(saved, at, at + length));
            block.position(at + length);
        }
    }
}
