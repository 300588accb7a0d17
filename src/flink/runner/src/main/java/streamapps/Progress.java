package streamapps;

import java.io.Serializable;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import org.apache.kafka.common.TopicPartition;

/**
 * How far partitions have been read, as an element among the records that were read of them: whatever lies before these places stands
 * in front of it. It goes with the records from a source to where they are put into order, by every way that they go.
 *
 * <pre>
 * i32 -2 where records have the length of their key | i32 -1 | i32 the subtask that it goes to | i32 count | for each:
 *     i32 length of the source's uid, uid, i32 length of the topic's name, name, i32 partition, i64 next offset, i64 ms
 * </pre>
 *
 * The subtask stands where an {@link Element} has the partition that it asks for, as records go by that.
 */
final class Progress {
    private static final int MARK = -2;
    private static final int SUBTASK_AT = 8;

    private Progress() {}

    /** A partition as a source reads it: two sources may read one topic. @param source its uid */
    record Input(String source, TopicPartition partition) implements Serializable {}

    /**
     * @param nextOffset all before it has been emitted; below 0 as long as it is not known
     * @param timeMs the largest timestamp of what has been emitted; Long.MIN_VALUE before the first
     */
    record Place(long nextOffset, long timeMs) {
        static final Place UNKNOWN = new Place(-1, Long.MIN_VALUE);
    }

    static boolean isProgress(byte[] element) {
        // The bytes of -2, the lowest first; no record has a key of less than -1 bytes.
        return element[0] == MARK && element[3] == -1;
    }

    static byte[] element(Map<Input, Place> places) {
        int size = SUBTASK_AT + 8;
        for (Input each : places.keySet()) {
            size += 28 + Element.utf8(each.source).length + Element.utf8(each.partition.topic()).length;
        }
        ByteBuffer buffer = ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN)
                .putInt(MARK).putInt(-1).putInt(0).putInt(places.size());
        places.forEach((input, place) -> {
            put(buffer, input.source);
            put(buffer, input.partition.topic());
            buffer.putInt(input.partition.partition()).putLong(place.nextOffset).putLong(place.timeMs);
        });
        return buffer.array();
    }

    private static void put(ByteBuffer to, String text) {
        byte[] bytes = Element.utf8(text);
        to.putInt(bytes.length).put(bytes);
    }

    /** A copy of the element that goes to a subtask. */
    static byte[] to(int subtask, byte[] element) {
        byte[] copy = element.clone();
        ByteBuffer.wrap(copy).order(ByteOrder.LITTLE_ENDIAN).putInt(SUBTASK_AT, subtask);
        return copy;
    }

    static Map<Input, Place> places(byte[] element) {
        ByteBuffer buffer = ByteBuffer.wrap(element).order(ByteOrder.LITTLE_ENDIAN).position(SUBTASK_AT + 4);
        Map<Input, Place> places = new HashMap<>();
        for (int left = buffer.getInt(); left > 0; left--) {
            Input input = new Input(take(buffer), new TopicPartition(take(buffer), buffer.getInt()));
            places.put(input, new Place(buffer.getLong(), buffer.getLong()));
        }
        return places;
    }

    private static String take(ByteBuffer from) {
        byte[] bytes = new byte[from.getInt()];
        from.get(bytes);
        return new String(bytes, StandardCharsets.UTF_8);
    }
}
