/**
 * The record batch codec against bytes that Kafka's own Java library (4.1.0) has made: MemoryRecords.withRecords() and
 * its like.
 */
import { assert, assertEquals, assertMatch, assertStringIncludes, assertThrows } from "@std/assert";
import type { BrokerRecord, OutgoingRecord } from "../../src/connectors/broker.ts";
import { BrokerError } from "../../src/connectors/broker_errors.ts";
import { ByteReader, ByteWriter, sizeOfVarint, sizeOfVarlong } from "../../src/connectors/kafka/bytes.ts";
import { loadCodec } from "../../src/connectors/kafka/compression.ts";
import { crc32c } from "../../src/connectors/kafka/crc32c.ts";
import type { AbortedTransaction } from "../../src/connectors/kafka/fetch_response.ts";
import { committedRecords, readFetchResponse } from "../../src/connectors/kafka/fetch_response.ts";
import { FOREIGN_BATCHES, foreignRecords } from "./foreign_batches/mod.ts";
import { readHeader } from "../../src/connectors/kafka/batch_reader.ts";
import { sizeOfRecord, writeBatch } from "../../src/connectors/kafka/batch_writer.ts";

/** The three records of {@link RECORDS} by producer 4000, epoch 7, from sequence 42 on. */
const PLAIN =
  "000000000000000000000065ffffffff025e09559300000000000200000199c82cc07b000002d7651ca4000000000000000fa0000700" +
  "00002a0000000314000000046b310476310030002d02010c6e6f206b657904026802780c68c3b6686572001e008a8effceb34f0408676f6e650100";

/** The same in a transaction, from offset 100 on. */
const TRANSACTIONAL =
  "000000000000006400000065ffffffff02f5fee02b00100000000200000199c82cc07b000002d7651ca4000000000000000fa000070000002a0000" +
  "000314000000046b310476310030002d02010c6e6f206b657904026802780c68c3b6686572001e008a8effceb34f0408676f6e650100";

/** The end of that transaction at offset 103. */
const ABORT =
  "000000000000006700000042000000000262f0a8a500300000000000000199c82cc0c800000199c82cc0c80000000000000fa00007ff" +
  "ffffff000000012000000008000000000c00000000000300";
const COMMIT =
  "000000000000006700000042000000000296ce7eed00300000000000000199c82cc0c800000199c82cc0c80000000000000fa00007ff" +
  "ffffff000000012000000008000000010c00000000000300";

/** The three records from offset 5 on, without a producer. */
const GZIP =
  "000000000000000500000079ffffffff028f2e9bf200010000000200000199c82cc07b000002d7651ca400ffffffffffffffffffffff" +
  "ffffff000000031f8b08000000000000ff1361606060c936642933643060d06562e4c9cb57c84ead6461ca60aae0c938bc2d23b588418ea1abef" +
  "ffb9cdfe2c1ce9f979a98c0c0068357f2534000000";
const LZ4 =
  "000000000000000500000074ffffffff02f9c4fa9c00030000000200000199c82cc07b000002d7651ca400ffffffffffffffffffffffff" +
  "ffff0000000304224d186040823400008014000000046b310476310030002d02010c6e6f206b657904026802780c68c3b6686572001e008a8eff" +
  "ceb34f0408676f6e65010000000000";

/** The first record at offset 9, in a topic whose broker sets the time, here 1770000000000. */
const APPEND_TIME =
  "00000000000000090000003cffffffff024463ceff00080000000000000199c82cc07b0000019c1c38a400ffffffffffffffff" +
  "ffffffffffff0000000114000000046b3104763100";

/** Offsets 200 to 209, all of whose records were compacted away. */
const EMPTY =
  "00000000000000c800000031ffffffff028c7af358000000000009ffffffffffffffff00000199c82cc0000000000000000fa0000700" +
  "00002a00000000";

/** Offsets 300 to 309, of which 300 and 305 are left: the first and the third record. */
const COMPACTED =
  "000000000000012c0000004cffffffff02dde7461b00000000000900000199c82cc07b000002d7651ca400ffffffffffffffffff" +
  "ffffffffff0000000214000000046b31047631001e008a8effceb34f0a08676f6e650100";

/** A record in the format before 0.11. */
const OLD = "000000000000000000000023a9d745bf01000000000000000005000000036f6c640000000a6f6c6420666f726d6174";

const SOURCE = { topic: "t", partition: 3 };
const PRODUCER = { producerId: 4000n, producerEpoch: 7, transactional: false };

const RECORDS: readonly OutgoingRecord[] = [
  { topic: "t", key: utf8("k1"), value: utf8("v1"), timestampMs: 1_760_000_000_123 },
  {
    topic: "t",
    key: null,
    value: utf8("no key"),
    timestampMs: 1_760_000_000_100,
    headers: [["h", utf8("x")], ["höher", new Uint8Array(0)]],
  },
  { topic: "t", key: utf8("gone"), value: null, timestampMs: 3_124_137_600_000 },
];

Deno.test("writeBatch() writes the bytes that Kafka's Java client writes", () => {
  const writer = new ByteWriter(1);
  writeBatch(writer, RECORDS, PRODUCER, 42);
  assertEquals(writer.written().toHex(), PLAIN);
});

Deno.test("writeBatch() marks a batch of a transaction", () => {
  const writer = new ByteWriter();
  writer.int32(0x01020304); // the bytes before it do not matter
  writeBatch(writer, RECORDS, { ...PRODUCER, transactional: true }, 42);
  const atOffset100 = writer.written(4);
  atOffset100[7] = 100; // the broker sets the offset, which the checksum leaves out
  assertEquals(atOffset100.toHex(), TRANSACTIONAL);
});

Deno.test("sizeOfRecord() is never below what a record takes", () => {
  for (const record of RECORDS) {
    const writer = new ByteWriter();
    writeBatch(writer, [{ ...record, timestampMs: 0 }, record], PRODUCER, 0);
    assertEquals(writer.length - 61 <= 2 * sizeOfRecord(record), true);
  }
});

Deno.test("committedRecords() reads what Kafka's Java client wrote", () => {
  assertEquals(read(PLAIN, 0), { records: expected(0), nextOffset: 3 });
});

Deno.test("committedRecords() inflates gzip", () => {
  assertEquals(read(GZIP, 5), { records: expected(5), nextOffset: 8 });
});

Deno.test("committedRecords() decompresses lz4", async () => {
  await loadCodec("lz4");
  assertEquals(read(LZ4, 5), { records: expected(5), nextOffset: 8 });
});

for (const { client, compression, bytes } of FOREIGN_BATCHES) {
  Deno.test(`committedRecords() reads 200 records that ${client} compressed with ${compression}`, async () => {
    await loadCodec(compression);
    const found = committedRecords(bytes, 0, [], SOURCE);
    assertEquals(plain(found), plain({ records: foreignRecords(), nextOffset: 200 }));
    // Whoever queues records knows what they take in memory, not what they took on their way.
    assert(found.bytes > 40_000, `${found.bytes} bytes`);
  });

  Deno.test(`committedRecords() says which batch of ${client} is damaged inside, and that it is ${compression}`, async () => {
    await loadCodec(compression);
    for (const spoil of [cutShort, withoutBegin, withMore]) {
      const error = assertThrows(() => committedRecords(spoil(bytes), 0, [], SOURCE), BrokerError);
      assertMatch(
        error.message,
        new RegExp(
          `^Cannot read "t" partition 3 offset 0: its batch, compressed with ${compression}, (cannot be decompressed|holds no \\d+ records), though its checksum is right`,
        ),
        spoil.name,
      );
    }
  });
}

Deno.test("committedRecords() says of a batch that is not compressed, too, when it holds fewer records than it says", () => {
  const error = assertThrows(() => committedRecords(withMore(Uint8Array.fromHex(PLAIN)), 0, [], SOURCE), BrokerError);
  assertEquals(
    error.message,
    'Cannot read "t" partition 3 offset 0: its batch holds no 4 records, though its checksum is right: its producer ' +
      "has written it so; to begin behind it, start with --reset --from TIME",
  );
});

Deno.test("committedRecords() names the number of a codec that nobody knows", () => {
  const batch = resealed(Uint8Array.fromHex(PLAIN), (view) => view.setInt16(21, 5));
  const error = assertThrows(() => committedRecords(batch, 0, [], SOURCE), BrokerError);
  assertStringIncludes(
    error.message,
    "offset 0: its batch is compressed with codec 5, which Kafka does not have; known are gzip",
  );
});

Deno.test("committedRecords() begins in the middle of a batch", () => {
  assertEquals(read(PLAIN, 2), { records: expected(0).slice(2), nextOffset: 3 });
  // A batch that lies before the position altogether, as after a jump.
  assertEquals(read(PLAIN + GZIP, 6), { records: expected(5).slice(1), nextOffset: 8 });
});

Deno.test("committedRecords() steps over control batches", () => {
  assertEquals(read(TRANSACTIONAL + COMMIT, 100), { records: expected(100), nextOffset: 104 });
  assertEquals(read(COMMIT, 103), { records: [], nextOffset: 104 });
});

Deno.test("committedRecords() steps over the control batch that compaction leaves without its marker", () => {
  const empty = resealed(Uint8Array.fromHex(ABORT), (view) => view.setInt32(57, 0), 61);
  assertEquals(read(empty.toHex() + shifted(TRANSACTIONAL, 104), 103), { records: expected(104), nextOffset: 107 });
});

Deno.test("committedRecords() leaves out an aborted transaction, up to its abort", () => {
  const aborted = [{ producerId: 4000n, firstOffset: 100 }];
  assertEquals(read(TRANSACTIONAL + ABORT, 100, aborted), { records: [], nextOffset: 104 });
  // The producer's next transaction counts again.
  const next = shifted(TRANSACTIONAL, 104);
  assertEquals(read(TRANSACTIONAL + ABORT + next, 100, aborted), { records: expected(104), nextOffset: 107 });
  // An answer may begin in the middle of it.
  assertEquals(read(TRANSACTIONAL + ABORT, 101, aborted), { records: [], nextOffset: 104 });
});

Deno.test("committedRecords() keeps what other producers wrote between the records of an aborted transaction", () => {
  const between = shifted(GZIP, 103);
  const abort = shifted(ABORT, 106);
  const aborted = [{ producerId: 9n, firstOffset: 500 }, { producerId: 4000n, firstOffset: 100 }];
  assertEquals(read(TRANSACTIONAL + between + abort, 100, aborted), { records: expected(103), nextOffset: 107 });
});

Deno.test("committedRecords() reads no further batch than it is asked for, and goes on where it stopped", () => {
  const between = shifted(GZIP, 103);
  const abort = shifted(ABORT, 106);
  const behind = shifted(TRANSACTIONAL, 107);
  const bytes = Uint8Array.fromHex(TRANSACTIONAL + between + abort + behind);
  const aborted = [{ producerId: 4000n, firstOffset: 100 }];
  const first = committedRecords(bytes, 100, aborted, { ...SOURCE, endOffset: 110, chunkBytes: 1 });
  assertEquals(plain(first), { records: expected(103), nextOffset: 106 });
  // The abort lies in the next part, and ends the transaction that the first part began with.
  const second = first.readOn!();
  assertEquals(plain(second), { records: expected(107), nextOffset: 110 });
  const third = second.readOn!();
  assertEquals(plain(third), { records: [], nextOffset: 110 });
  assertEquals([third.readOn, first.endOffset, third.endOffset], [undefined, 110, 110]);
});

Deno.test("a producer's id keeps all of its 64 bits, on its way out and back", () => {
  const [wide, next] = [6_200_247_837_853_629_924n, 6_200_247_837_853_629_925n]; // the same number as doubles
  const written = (producerId: bigint, offset: number) => {
    const writer = new ByteWriter();
    writeBatch(writer, RECORDS, { producerId, producerEpoch: 7, transactional: true }, 42);
    return shifted(writer.written().toHex(), offset);
  };
  assertEquals(written(wide, 0).slice(2 * 43, 2 * 51), "560bb48ee6a63de4");
  // One of the two was aborted, so only the other's records are there.
  const both = written(wide, 100) + written(next, 103);
  assertEquals(read(both, 100, [{ producerId: wide, firstOffset: 100 }]), {
    records: expected(103),
    nextOffset: 106,
  });
});

Deno.test("committedRecords() goes on behind what was compacted away", () => {
  assertEquals(read(EMPTY, 203), { records: [], nextOffset: 210 });
  const [first, , third] = expected(0);
  assertEquals(read(COMPACTED, 300), {
    records: [{ ...first!, offset: 300 }, { ...third!, offset: 305 }],
    nextOffset: 310,
  });
  assertEquals(read(COMPACTED, 306), { records: [], nextOffset: 310 });
});

Deno.test("committedRecords() takes the broker's time where the topic says so", () => {
  const [first] = expected(9);
  assertEquals(read(APPEND_TIME, 9), { records: [{ ...first!, timestampMs: 1_770_000_000_000 }], nextOffset: 10 });
});

Deno.test("committedRecords() stops at a batch that is cut off", () => {
  for (const missing of [1, 30, 60, 100]) {
    const cut = GZIP.slice(0, -2 * missing);
    assertEquals(read(PLAIN + cut, 0), { records: expected(0), nextOffset: 3 });
    assertEquals(read(cut, 5), { records: [], nextOffset: 5 });
  }
});

Deno.test("readHeader() refuses damaged bytes and the old format", () => {
  const damaged = Uint8Array.fromHex(PLAIN);
  damaged[80]! ^= 1;
  const error = assertThrows(() => readHeader(damaged, 0, SOURCE), BrokerError);
  assertStringIncludes(error.message, 'Cannot read "t" partition 3 offset 0: its batch has a wrong checksum');
  // An old batch can be shorter than a new one's header.
  assertThrows(() => read(OLD, 0), BrokerError, "format 1");
});

Deno.test("readFetchResponse() reads every version from 4 to 10", async () => {
  for (let version = 4; version <= 10; version++) {
    const writer = new ByteWriter();
    writer.int32(17); // throttle
    if (version >= 7) {
      writer.int16(0);
      writer.int32(0);
    }
    writer.int32(1);
    writer.string("t");
    writer.int32(2);
    for (const [partition, code, batch] of [[3, 0, PLAIN], [4, 6, ""]] as const) {
      writer.int32(partition);
      writer.int16(code);
      writer.int64(3);
      writer.int64(3);
      if (version >= 5) writer.int64(0);
      writer.int32(-1); // aborted transactions: null
      writer.int32(batch.length / 2);
      writer.put(Uint8Array.fromHex(batch));
    }
    const { partitions, errorCode } = await readFetchResponse(writer.written(), version, { asked: () => 1 });
    assertEquals(errorCode, 0);
    assertEquals(partitions.map((one) => ({ ...one, found: one.found && plain(one.found) })), [
      { topic: "t", partition: 3, errorCode: 0, found: { records: expected(0).slice(1), nextOffset: 3 } },
      { topic: "t", partition: 4, errorCode: 6, found: undefined },
    ]);
  }
});

Deno.test("variable-length numbers survive, in as few bytes as they say", () => {
  const ints = [0, -1, 1, 63, 64, -64, -65, 8191, 8192, 2 ** 31 - 1, -(2 ** 31)];
  const longs = [...ints, 2 ** 31, -(2 ** 31) - 1, 2 ** 40, -(2 ** 40), 8_640_000_000_000_000, -8_640_000_000_000_000];
  for (const value of ints) {
    const writer = new ByteWriter();
    writer.varint(value);
    assertEquals(writer.length, sizeOfVarint(value), `size of ${value}`);
    assertEquals(new ByteReader(writer.written()).varint(), value);
  }
  for (const value of longs) {
    const writer = new ByteWriter();
    writer.varlong(value);
    assertEquals(writer.length, sizeOfVarlong(value), `size of ${value}`);
    assertEquals(new ByteReader(writer.written()).varlong(), value);
  }
});

Deno.test("int64() survives for any offset and timestamp", () => {
  for (const value of [0, -1, -2, 4000, 2 ** 32, -(2 ** 32) - 1, 2 ** 53 - 1, -(2 ** 53) + 1]) {
    const writer = new ByteWriter();
    writer.int64(value);
    assertEquals(new ByteReader(writer.written()).int64(), value);
  }
});

Deno.test("crc32c() gives the values of RFC 3720", () => {
  assertEquals(crc32c(utf8("123456789")), 0xe3069283);
  assertEquals(crc32c(new Uint8Array(32)), 0x8a9136aa);
  assertEquals(crc32c(new Uint8Array(32).fill(0xff)), 0x62a8ab43);
  assertEquals(crc32c(new Uint8Array(0)), 0);
});

Deno.test("crc32c() is the same wherever the bytes begin in their buffer, and however many there are", () => {
  const text = utf8("Rise & shine, 747: 1234567890 flights!");
  for (let length = 0; length <= text.length; length++) {
    const expected = crc32c(text.slice(0, length));
    for (let at = 1; at < 8; at++) {
      const buffer = new Uint8Array(at + length);
      buffer.set(text.subarray(0, length), at);
      assertEquals(crc32c(buffer.subarray(at)), expected, `${length} bytes from ${at} on`);
    }
  }
});

function read(hex: string, offset: number, aborted: readonly AbortedTransaction[] = []): unknown {
  return plain(committedRecords(Uint8Array.fromHex(hex), offset, aborted, SOURCE));
}

/** The batch changed, with a checksum that is right. */
function resealed(batch: Uint8Array, change: (view: DataView) => void, length = batch.length): Uint8Array {
  const bytes = batch.slice(0, length);
  const view = new DataView(bytes.buffer);
  view.setInt32(8, length - 12);
  change(view);
  view.setUint32(17, crc32c(bytes.subarray(21)));
  return bytes;
}

function cutShort(batch: Uint8Array): Uint8Array {
  return resealed(batch, () => {}, batch.length - 100);
}

function withoutBegin(batch: Uint8Array): Uint8Array {
  return resealed(batch, (view) => new Uint8Array(view.buffer).fill(0xff, 61, 90));
}

function withMore(batch: Uint8Array): Uint8Array {
  return resealed(batch, (view) => view.setInt32(57, view.getInt32(57) + 1));
}

/** Comparable, whatever the bytes are views of. */
function plain(found: { readonly records: readonly BrokerRecord[]; readonly nextOffset: number }): unknown {
  const records = found.records.map((record) => ({
    ...record,
    key: record.key && Uint8Array.from(record.key),
    value: record.value && Uint8Array.from(record.value),
    headers: record.headers &&
      record.headers.map(([name, bytes]) => [name, bytes && Uint8Array.from(bytes)]),
  }));
  return { records, nextOffset: found.nextOffset };
}

/** The three records as they are read, from `offset` on. */
function expected(offset: number): BrokerRecord[] {
  return RECORDS.map(({ key, value, timestampMs, headers }, index) => {
    return { offset: offset + index, timestampMs, key, value, headers };
  });
}

/** The batch at another offset; the checksum leaves it out. */
function shifted(hex: string, offset: number): string {
  return offset.toString(16).padStart(16, "0") + hex.slice(16);
}

function utf8(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
