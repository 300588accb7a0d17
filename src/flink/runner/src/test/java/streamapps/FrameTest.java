package streamapps;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.junit.jupiter.api.Test;

/** Frames as bytes: the golden ones are written and read by the TypeScript part too (tests/flink/protocol_test.ts). */
class FrameTest {
    private static byte[] golden(String name) throws IOException {
        try (var in = FrameTest.class.getResourceAsStream("/frames.txt")) {
            for (String line : new String(in.readAllBytes(), StandardCharsets.UTF_8).split("\n")) {
                if (line.startsWith(name + " ")) return HexFormat.of().parseHex(line.substring(name.length() + 1));
            }
        }
        throw new IllegalArgumentException("frames.txt has no " + name);
    }

    private static Frame frame(byte[] bytes) {
        return new Frame(bytes[2] & 0xff, ByteBuffer.wrap(Arrays.copyOfRange(bytes, Frame.HEADER_BYTES, bytes.length)));
    }

    private static byte[] bytes(FrameBuffer frame) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        frame.writeTo(out, 258);
        return out.toByteArray();
    }

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    @Test
    void aBatchIsAsAWorkerReadsIt() throws IOException {
        Headers headers = new RecordHeaders();
        headers.add("trace", utf8("x"));
        headers.add("empty", null);
        FrameBuffer batch = new FrameBuffer().beginBatch();
        batch.addRow(1_700_000_000_123.0, Element.ofRecord(3, 1L << 32, utf8("k1"), utf8("{\"a\":\"ü\"}"), headers));
        batch.addRow(Double.NEGATIVE_INFINITY, Element.ofRecord(0, 0, null, null, new RecordHeaders()));
        assertArrayEquals(golden("batch"), bytes(batch));
    }

    @Test
    void aResultIsAsAWorkerWritesIt() throws IOException {
        Frame result = frame(golden("result"));
        assertEquals(Frame.RESULT, result.type());
        assertEquals(42.5, result.watermarkMs());
        assertEquals(Double.POSITIVE_INFINITY, result.nextTimerMs());
        for (int i = 0; i < 9; i++) assertEquals(new double[] {5, 2, 1, 1, 1, 0, 60_000, 1, 0}[i], result.counter(i));
        Frame.Rows rows = result.resultRows();
        assertEquals(2, rows.count());
        assertTrue(rows.next());
        assertEquals(0, rows.outlet());
        assertEquals(10, rows.timestampMs());
        assertEquals("a", Element.keyText(rows.element()));
        assertArrayEquals(utf8("1"), Element.value(rows.element()));
        assertTrue(rows.next());
        assertEquals(258, rows.outlet());
        assertEquals(Double.NEGATIVE_INFINITY, rows.timestampMs());
        assertNull(Element.key(rows.element()));
        assertNull(Element.wantedPartition(rows.element()));
        assertFalse(rows.next());
    }

    @Test
    void changesAreAsAWorkerWritesThem() throws IOException {
        Frame changes = frame(golden("changes"));
        String[] texts = {"{\"format\":1}", "\"ä@x\"", "[\"state\",\"u\",\"total\",\"\",0]", null, "", "😀"};
        assertArrayEquals(texts, changes.texts());
        FrameBuffer written = new FrameBuffer().begin(Frame.CHANGES).putInt(texts.length);
        for (String text : texts) written.putListText(text);
        assertArrayEquals(golden("changes"), bytes(written));
    }

    @Test
    void headersOfAnElementComeBack() {
        Headers headers = new RecordHeaders();
        headers.add("a", utf8("1"));
        headers.add("a", null);
        byte[] read = Element.ofRecord(7, 0, utf8("k"), utf8("v"), headers);
        // To a topic there is no offset between partition and headers.
        byte[] written = new byte[read.length - 8];
        System.arraycopy(read, 0, written, 0, 8 + 2 + 4);
        System.arraycopy(read, 8 + 2 + 12, written, 8 + 2 + 4, written.length - (8 + 2 + 4));
        Headers found = new RecordHeaders();
        Element.addHeaders(written, found);
        assertEquals(headers, found);
        assertEquals(7, Element.wantedPartition(written));
    }
}
