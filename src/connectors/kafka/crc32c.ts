/** The checksum of Kafka's record batches: CRC-32C (Castagnoli), reflected, polynomial 0x1edc6f41. */

const POLYNOMIAL = 0x82f63b78;

/** Eight tables: `TABLES[n][b]` is the checksum of the byte b with n zero bytes behind it, so that eight bytes go at once. */
const TABLES = makeTables();

/**
 * The checksum of `bytes`, from 0 to 2^32 − 1.
 *
 * @see RFC 3720, B.4
 */
export function crc32c(bytes: Uint8Array): number {
  const [t0, t1, t2, t3, t4, t5, t6, t7] = TABLES;
  const end = bytes.length;
  let crc = -1;
  let at = 0;
  for (; at + 8 <= end; at += 8) {
    crc ^= bytes[at]! | bytes[at + 1]! << 8 | bytes[at + 2]! << 16 | bytes[at + 3]! << 24;
    crc = t7[crc & 0xff]! ^ t6[crc >>> 8 & 0xff]! ^ t5[crc >>> 16 & 0xff]! ^ t4[crc >>> 24]! ^
      t3[bytes[at + 4]!]! ^ t2[bytes[at + 5]!]! ^ t1[bytes[at + 6]!]! ^ t0[bytes[at + 7]!]!;
  }
  for (; at < end; at++) crc = t0[(crc ^ bytes[at]!) & 0xff]! ^ crc >>> 8;
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
