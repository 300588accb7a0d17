//! Fetches one answer ahead of the one that is worked on.
use crate::connection::Connection;
use crate::wire::{Reader, Writer};
use std::collections::VecDeque;

/// A topic and one of its partitions.
pub type Place = (String, usize);

const FETCH: i16 = 1;
/// Bytes of one partition in an answer.
const PARTITION_BYTES: i32 = 1 << 20;
const READ_COMMITTED: i8 = 1;
const COMPRESSION: i16 = 7;
const CONTROL: i16 = 32;

/// Hands over index of the place, timestamp and value of each record, and calls `turn` with the next offsets and which
/// partitions have ended after each answer, until it returns true.
pub fn consume(
    places: &[Place],
    mut each: impl FnMut(usize, i64, &[u8]),
    mut turn: impl FnMut(&[i64], &[bool]) -> bool,
) {
    let mut connection = Connection::open();
    let mut next = vec![0; places.len()];
    let mut ended = vec![false; places.len()];
    // Two halves take turns: while one's answer is worked on, the other's is on its way, so no offset is guessed.
    let halves: [Vec<usize>; 2] = [0, 1].map(|first| (first..places.len()).step_by(2).collect());
    let ask = |connection: &mut Connection, half: &[usize], next: &[i64], ended: &[bool]| {
        let wanted: Vec<_> = half.iter().filter(|&&place| !ended[place]).collect();
        let mut body = Writer::default();
        body.i32(-1).i32(500).i32(1).i32(PARTITION_BYTES * wanted.len() as i32).i8(READ_COMMITTED);
        body.i32(wanted.len() as i32);
        for &&place in &wanted {
            let (topic, partition) = &places[place];
            body.text(topic).i32(1).i32(*partition as i32).i64(next[place]).i32(PARTITION_BYTES);
        }
        if !wanted.is_empty() {
            connection.send(FETCH, 4, &body.0);
        }
        !wanted.is_empty()
    };
    let mut asked: VecDeque<_> =
        [0, 1].into_iter().filter(|&half| ask(&mut connection, &halves[half], &next, &ended)).collect();
    while let Some(half) = asked.pop_front() {
        let mut answer = connection.receive();
        answer.i32();
        for _ in 0..answer.i32() {
            let topic = answer.text();
            for _ in 0..answer.i32() {
                let partition = answer.i32() as usize;
                assert_eq!(answer.i16(), 0, "a fetch was refused");
                let place = places.iter().position(|(t, p)| t.as_bytes() == topic && *p == partition).unwrap();
                answer.i64();
                let stable = answer.i64();
                let aborted = answer.i32().max(0) as usize;
                answer.take(aborted * 16);
                let bytes = answer.i32().max(0) as usize;
                let batches = answer.take(bytes);
                next[place] = read_batches(batches, next[place], |ms, value| each(place, ms, value));
                ended[place] |= next[place] >= stable;
            }
        }
        if turn(&next, &ended) {
            return;
        }
        if ask(&mut connection, &halves[half], &next, &ended) {
            asked.push_back(half);
        }
    }
}

/// Hands over the records from offset `next` on. Returns the offset behind them.
fn read_batches(batches: &[u8], mut next: i64, mut each: impl FnMut(i64, &[u8])) -> i64 {
    let mut rest = Reader(batches);
    while rest.0.len() > 12 {
        let base = rest.i64();
        let length = rest.i32() as usize;
        if rest.0.len() < length {
            break; // the answer ends within the batch
        }
        let mut batch = Reader(rest.take(length));
        batch.i32();
        batch.i8();
        let checksum = batch.i32() as u32;
        assert_eq!(crc32c::crc32c(batch.0), checksum, "a batch is damaged");
        let attributes = batch.i16();
        let last = batch.i32() as i64;
        let first_ms = batch.i64();
        batch.take(22);
        let count = batch.i32();
        assert_eq!(attributes & COMPRESSION, 0, "a batch is compressed");
        if attributes & CONTROL == 0 {
            for _ in 0..count {
                let length = batch.varint() as usize;
                let mut record = Reader(batch.take(length));
                record.i8();
                let timestamp_ms = first_ms + record.varint();
                let offset = base + record.varint();
                let key = record.varint().max(0) as usize;
                record.take(key);
                let value = record.varint().max(0) as usize;
                if offset >= next {
                    each(timestamp_ms, record.take(value));
                }
            }
        }
        next = next.max(base + last + 1);
    }
    next
}
