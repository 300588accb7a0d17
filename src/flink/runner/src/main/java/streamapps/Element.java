package streamapps;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.utils.Utils;

/**
 * What flows between stages: a record's key, value and, behind them, what else belongs to it, in one array of bytes. Its
 * event time travels beside it, as Flink has it.
 *
 * <pre>
 * i32 length of the key, -1 for null | i32 length of the value, -1 for null | key | value | the rest
 * </pre>
 *
 * The rest is, little endian like all numbers:
 * <ul>
 *   <li>from a topic: i32 partition, f64 offset or what is new of the partition, headers
 *   <li>from a {@link MadeSource}: f64 number
 *   <li>to a topic: i32 partition or -1, headers
 *   <li>from stage to stage: for the workers alone to know
 * </ul>
 * Headers are i32 count, then for each: i32 length of the name, name, i32 length of the value or -1, value.
 */
public final class Element {
    /** In place of an offset: no record follows, but a subtask reads a partition from now on. */
    static final long PARTITION_ADDED = -1;
    /** And this: a partition has come to the end of a bounded run. */
    static final long PARTITION_ENDED = -2;

    private static final int LENGTHS = 8;

    private Element() {}

    public static byte[] key(byte[] element) {
        return slice(element, LENGTHS, intAt(element, 0));
    }

    public static byte[] value(byte[] element) {
        return slice(element, LENGTHS + Math.max(0, intAt(element, 0)), intAt(element, 4));
    }

    /** The key as text, which is what Flink groups by. */
    public static String keyText(byte[] element) {
        return new String(element, LENGTHS, Math.max(0, intAt(element, 0)), StandardCharsets.UTF_8);
    }

    /** A record of a topic. */
    public static byte[] ofRecord(int partition, long offset, byte[] key, byte[] value, Headers headers) {
        int size = LENGTHS + lengthOf(key) + lengthOf(value) + 16;
        for (Header header : headers) size += 8 + utf8(header.key()).length + lengthOf(header.value());
        ByteBuffer buffer = ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN);
        buffer.putInt(key == null ? -1 : key.length).putInt(value == null ? -1 : value.length);
        if (key != null) buffer.put(key);
        if (value != null) buffer.put(value);
        buffer.putInt(partition).putDouble(offset);
        int countAt = buffer.position();
        buffer.putInt(0);
        int count = 0;
        for (Header header : headers) {
            byte[] name = utf8(header.key());
            buffer.putInt(name.length).put(name).putInt(header.value() == null ? -1 : header.value().length);
            if (header.value() != null) buffer.put(header.value());
            count++;
        }
        buffer.putInt(countAt, count);
        return buffer.array();
    }

    /** What a subtask must know of a partition. @param news {@link #PARTITION_ADDED} or {@link #PARTITION_ENDED} */
    static byte[] ofPartition(int partition, long news) {
        return ofRecord(partition, news, null, null, new RecordHeaders());
    }

    /** A record that a worker makes up of its number. */
    static byte[] ofNumber(long number) {
        return ByteBuffer.allocate(LENGTHS + 8).order(ByteOrder.LITTLE_ENDIAN).putInt(-1).putInt(-1).putDouble(number).array();
    }

    /** The offset of a record of a topic. */
    public static long offset(byte[] element) {
        ByteBuffer rest = rest(element);
        rest.getInt();
        return (long) rest.getDouble();
    }

    /** The partition that an element for a topic asks for; null if its key decides. */
    public static Integer wantedPartition(byte[] element) {
        int partition = rest(element).getInt();
        return partition < 0 ? null : partition;
    }

    /**
     * The partition that an element for a topic goes to: the one that it asks for, else by its key as Kafka's producers choose it.
     * One without a key goes by its value, so that it has one too before it is written.
     */
    public static int targetPartition(byte[] element, int partitions) {
        Integer wanted = wantedPartition(element);
        if (wanted != null) return wanted;
        byte[] key = key(element);
        byte[] decides = key == null ? value(element) : key;
        return decides == null ? 0 : Utils.toPositive(Utils.murmur2(decides)) % partitions;
    }

    /** Adds the headers of an element for a topic. */
    public static void addHeaders(byte[] element, Headers headers) {
        ByteBuffer rest = rest(element);
        rest.getInt();
        for (int left = rest.getInt(); left > 0; left--) {
            String name = new String(take(rest, rest.getInt()), StandardCharsets.UTF_8);
            headers.add(name, take(rest, rest.getInt()));
        }
    }

    /** For a topic: the partition left to the key, without headers. */
    static byte[] forTopic(String key, byte[] value) {
        byte[] name = utf8(key);
        return ByteBuffer.allocate(LENGTHS + name.length + value.length + 8).order(ByteOrder.LITTLE_ENDIAN)
                .putInt(name.length).putInt(value.length).put(name).put(value).putInt(-1).putInt(0).array();
    }

    private static ByteBuffer rest(byte[] element) {
        int at = LENGTHS + Math.max(0, intAt(element, 0)) + Math.max(0, intAt(element, 4));
        return ByteBuffer.wrap(element, at, element.length - at).order(ByteOrder.LITTLE_ENDIAN);
    }

    private static byte[] take(ByteBuffer buffer, int length) {
        if (length < 0) return null;
        byte[] bytes = new byte[length];
        buffer.get(bytes);
        return bytes;
    }

    private static byte[] slice(byte[] element, int from, int length) {
        return length < 0 ? null : Arrays.copyOfRange(element, from, from + length);
    }

    private static int intAt(byte[] bytes, int at) {
        return bytes[at] & 0xff | (bytes[at + 1] & 0xff) << 8 | (bytes[at + 2] & 0xff) << 16 | bytes[at + 3] << 24;
    }

    private static int lengthOf(byte[] bytes) {
        return bytes == null ? 0 : bytes.length;
    }

    static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
