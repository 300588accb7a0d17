/** The checksum of Kafka's record batches: CRC-32C (Castagnoli), reflected, polynomial 0x1edc6f41. */

const POLYNOMIAL = 0x82f63b78;

/** Eight tables: `TABLES[n][b]` is the checksum of the byte b with n zero bytes behind it, so that eight bytes go at once. */
const TABLES = makeTables();

const NO_WORDS = new Int32Array(0);

/**
 * The checksum of `bytes`, from 0 to 2^32 − 1.
 *
 * Read as words they take 0.6 ns a byte in place of 1.2; each batch that comes or goes passes by here. (Words are taken as
 * little-endian: no machine that Deno runs on has them otherwise.)
 *
 * @see RFC 3720, B.4
 */
export function crc32c(bytes: Uint8Array): number {
  const [t0, t1, t2, t3, t4, t5, t6, t7] = TABLES;
  const end = bytes.length;
  let crc = -1;
  let at = 0;
  for (const aligned = Math.min(-bytes.byteOffset & 3, end); at < aligned; at++) {
    crc = t0[(crc ^ bytes[at]!) & 0xff]! ^ crc >>> 8;
  }
  const pairs = (end - at) >>> 3;
  const words = pairs === 0 ? NO_WORDS : new Int32Array(bytes.buffer, bytes.byteOffset + at, 2 * pairs);
  for (let i = 0; i < words.length; i += 2) {
    const a = crc ^ words[i]!;
    const b = words[i + 1]!;
    crc = t7[a & 0xff]! ^ t6[a >>> 8 & 0xff]! ^ t5[a >>> 16 & 0xff]! ^ t4[a >>> 24]! ^
      t3[b & 0xff]! ^ t2[b >>> 8 & 0xff]! ^ t1[b >>> 16 & 0xff]! ^ t0[b >>> 24]!;
  }
  for (at += words.byteLength; at < end; at++) crc = t0[(crc ^ bytes[at]!) & 0xff]! ^ crc >>> 8;
  return ~crc >>> 0;
}

type Tables = readonly [Table, Table, Table, Table, Table, Table, Table, Table];
type Table = Int32Array;

function makeTables(): Tables {
  const first = new Int32Array(256).map((_, byte) => {
    let crc = byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? crc >>> 1 ^ POLYNOMIAL : crc >>> 1;
    return crc;
  });
  const tables = [first];
  while (tables.length < 8) tables.push(tables.at(-1)!.map((crc) => first[crc & 0xff]! ^ crc >>> 8));
  return tables as unknown as Tables;
}
