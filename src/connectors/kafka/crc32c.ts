/** The checksum of Kafka's record batches: CRC-32C (Castagnoli), reflected, polynomial 0x1edc6f41. */

const POLYNOMIAL = 0x82f63b78;

/** How many bytes are processed at once. */
const STEP = 16;

/** `TABLES[n][b]` is the checksum of the byte b with n zero bytes behind it, for {@link STEP} bytes at once. */
const TABLES = makeTables();

const NO_WORDS = new Int32Array(0);

/**
 * The checksum of `bytes`, from 0 to 2^32 − 1.
 *
 * Sixteen bytes at once, read as words, take less than half the time of eight read one by one, and every batch that is read or
 * written is checked. (Words are read as little-endian, which all machines are that Deno runs on.)
 *
 * @see RFC 3720, B.4
 */
export function crc32c(bytes: Uint8Array): number {
  const [t0, t1, t2, t3, t4, t5, t6, t7, t8, t9, t10, t11, t12, t13, t14, t15] = TABLES;
  const end = bytes.length;
  let crc = -1;
  let at = 0;
  for (const aligned = Math.min(-bytes.byteOffset & 3, end); at < aligned; at++) {
    crc = t0[(crc ^ bytes[at]!) & 0xff]! ^ crc >>> 8;
  }
  const steps = Math.floor((end - at) / STEP);
  const words = steps === 0 ? NO_WORDS : new Int32Array(bytes.buffer, bytes.byteOffset + at, steps * STEP / 4);
  for (let i = 0; i < words.length; i += 4) {
    const a = crc ^ words[i]!;
    const b = words[i + 1]!;
    const c = words[i + 2]!;
    const d = words[i + 3]!;
    crc = t15[a & 0xff]! ^ t14[a >>> 8 & 0xff]! ^ t13[a >>> 16 & 0xff]! ^ t12[a >>> 24]! ^
      t11[b & 0xff]! ^ t10[b >>> 8 & 0xff]! ^ t9[b >>> 16 & 0xff]! ^ t8[b >>> 24]! ^
      t7[c & 0xff]! ^ t6[c >>> 8 & 0xff]! ^ t5[c >>> 16 & 0xff]! ^ t4[c >>> 24]! ^
      t3[d & 0xff]! ^ t2[d >>> 8 & 0xff]! ^ t1[d >>> 16 & 0xff]! ^ t0[d >>> 24]!;
  }
  for (at += words.byteLength; at < end; at++) crc = t0[(crc ^ bytes[at]!) & 0xff]! ^ crc >>> 8;
  return ~crc >>> 0;
}

type Table = Int32Array;
type Four = [Table, Table, Table, Table];
type Tables = readonly [...Four, ...Four, ...Four, ...Four];

function makeTables(): Tables {
  const first = new Int32Array(256).map((_, byte) => {
    let crc = byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? crc >>> 1 ^ POLYNOMIAL : crc >>> 1;
    return crc;
  });
  const tables = [first];
  while (tables.length < STEP) tables.push(tables.at(-1)!.map((crc) => first[crc & 0xff]! ^ crc >>> 8));
  return tables as unknown as Tables;
}
