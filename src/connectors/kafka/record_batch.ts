/**
 * Kafka's record batch, version 2, in both directions.
 *
 *     0 base offset | 8 length of the rest | 12 leader epoch | 16 magic = 2 | 17 checksum of all that follows
 *     21 attributes | 23 last offset delta | 27 base timestamp | 35 max timestamp
 *     43 producer id | 51 producer epoch | 53 base sequence | 57 number of records | 61 records
 *
 * kafkajs' codec is not used: it drops the numbers in the batch's header, which say where to read on, and takes several times as
 * long for a record (see bench/NOTES.md).
 *
 * @see https://kafka.apache.org/documentation/#recordbatch
 */

/** Where the fields of a batch begin, counted from its first byte. */
export const LENGTH_AT = 8;
export const MAGIC_AT = 16;
export const CHECKSUM_AT = 17;
export const ATTRIBUTES_AT = 21;
export const RECORDS_AT = 61;

/** The bits of a batch's attributes. */
export const COMPRESSION = 0x07;
export const LOG_APPEND_TIME = 0x08;
export const TRANSACTIONAL = 0x10;
export const CONTROL = 0x20;
