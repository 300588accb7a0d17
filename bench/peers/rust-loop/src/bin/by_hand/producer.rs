//! A transactional producer on a connection of its own.
use crate::connection::Connection;
use crate::consumer::Place;
use crate::wire::{put_varint, size_of_varint, Writer};
use std::time::Duration;

const PRODUCE: i16 = 0;
const FIND_COORDINATOR: i16 = 10;
const INIT_PRODUCER_ID: i16 = 22;
const ADD_PARTITIONS_TO_TXN: i16 = 24;
const ADD_OFFSETS_TO_TXN: i16 = 25;
const END_TXN: i16 = 26;
const TXN_OFFSET_COMMIT: i16 = 28;

const GROUP: i8 = 0;
const TRANSACTION: i8 = 1;

/// The last transaction is still being written down.
const CONCURRENT_TRANSACTIONS: i16 = 51;
const COORDINATOR_LOAD_IN_PROGRESS: i16 = 14;
const UNKNOWN_TOPIC_OR_PARTITION: i16 = 3;

/// A batch is sent when it has so many bytes.
const BATCH_BYTES: usize = 256 * 1024;
/// Batches that may be on their way at once.
const MOST_FLYING: usize = 5;
const TRANSACTIONAL: u8 = 16;

struct Batch {
    topic: usize,
    partition: usize,
    records: Vec<u8>,
    count: i32,
    first_ms: i64,
    last_ms: i64,
    sequence: i32,
}

pub struct Producer {
    connection: Connection,
    /// Transactional id and group.
    id: String,
    producer_id: i64,
    epoch: i16,
    topics: Vec<String>,
    batches: Vec<Batch>,
    is_open: bool,
    flying: usize,
}

impl Producer {
    /// Topics with their numbers of partitions; all partitions of all topics have a batch, in this order.
    pub fn open(id: &str, topics: &[(String, usize)]) -> Self {
        let mut connection = Connection::open();
        for kind in [TRANSACTION, GROUP] {
            let mut body = Writer::default();
            body.text(id).i8(kind);
            until_done(|| {
                let mut answer = connection.ask(FIND_COORDINATOR, 1, &body.0);
                answer.i32();
                (answer.i16() == 0).then_some(())
            });
        }
        let mut body = Writer::default();
        body.text(id).i32(60_000);
        let (producer_id, epoch) = until_done(|| {
            let mut answer = connection.ask(INIT_PRODUCER_ID, 0, &body.0);
            answer.i32();
            let error = answer.i16();
            let found = (answer.i64(), answer.i16());
            (error == 0).then_some(found)
        });
        let batch = |topic, partition| {
            let (records, count, first_ms, last_ms, sequence) = (vec![], 0, 0, 0, 0);
            Batch { topic, partition, records, count, first_ms, last_ms, sequence }
        };
        let batches =
            topics.iter().enumerate().flat_map(|(topic, (_, n))| (0..*n).map(move |p| batch(topic, p))).collect();
        let topics = topics.iter().map(|(name, _)| name.clone()).collect();
        Producer { connection, id: id.into(), producer_id, epoch, topics, batches, is_open: false, flying: 0 }
    }

    pub fn add(&mut self, to: usize, timestamp_ms: i64, key: &[u8], value: &[u8]) {
        let batch = &mut self.batches[to];
        if batch.count == 0 {
            batch.first_ms = timestamp_ms;
            batch.last_ms = timestamp_ms;
        }
        batch.last_ms = batch.last_ms.max(timestamp_ms);
        let numbers = [timestamp_ms - batch.first_ms, batch.count as i64];
        let sized = [key, value];
        let sizes = numbers.iter().map(|n| size_of_varint(*n)).sum::<usize>()
            + sized.iter().map(|bytes| size_of_varint(bytes.len() as i64) + bytes.len()).sum::<usize>();
        let out = &mut batch.records;
        put_varint(out, sizes as i64 + 2);
        out.push(0); // attributes
        numbers.iter().for_each(|n| put_varint(out, *n));
        for bytes in sized {
            put_varint(out, bytes.len() as i64);
            out.extend_from_slice(bytes);
        }
        out.push(0); // headers
        batch.count += 1;
        if out.len() >= BATCH_BYTES {
            self.write(to);
        }
    }

    /// Outputs that have not been sent yet, positions, and the end of the transaction.
    pub fn commit(&mut self, places: &[Place], next: &[i64]) {
        self.begin();
        for at in 0..self.batches.len() {
            if self.batches[at].count > 0 {
                self.write(at);
            }
        }
        while self.flying > 0 {
            self.acknowledge();
        }
        let mut body = self.transaction();
        body.text(&self.id);
        self.ask(ADD_OFFSETS_TO_TXN, &body);

        let mut body = Writer::default();
        body.text(&self.id).text(&self.id).i64(self.producer_id).i16(self.epoch).i32(places.len() as i32);
        for ((topic, partition), offset) in places.iter().zip(next) {
            body.text(topic).i32(1).i32(*partition as i32).i64(*offset).i16(-1);
        }
        let passing = [CONCURRENT_TRANSACTIONS, COORDINATOR_LOAD_IN_PROGRESS, UNKNOWN_TOPIC_OR_PARTITION];
        self.ask_of_partitions(TXN_OFFSET_COMMIT, &body, &passing);

        let mut body = self.transaction();
        body.i8(1);
        self.ask(END_TXN, &body);
        self.is_open = false;
    }

    fn begin(&mut self) {
        if self.is_open {
            return;
        }
        self.is_open = true;
        let mut body = self.transaction();
        body.i32(self.topics.len() as i32);
        for (topic, name) in self.topics.iter().enumerate() {
            let partitions: Vec<_> = self.batches.iter().filter(|batch| batch.topic == topic).collect();
            body.text(name).i32(partitions.len() as i32);
            partitions.iter().for_each(|batch| _ = body.i32(batch.partition as i32));
        }
        self.ask_of_partitions(ADD_PARTITIONS_TO_TXN, &body, &[CONCURRENT_TRANSACTIONS]);
    }

    fn write(&mut self, at: usize) {
        self.begin();
        while self.flying >= MOST_FLYING {
            self.acknowledge();
        }
        let batch = &mut self.batches[at];
        let mut head = Writer(Vec::with_capacity(64));
        head.i16(TRANSACTIONAL as i16).i32(batch.count - 1).i64(batch.first_ms).i64(batch.last_ms);
        head.i64(self.producer_id).i16(self.epoch).i32(batch.sequence).i32(batch.count);
        let checksum = crc32c::crc32c_append(crc32c::crc32c(&head.0), &batch.records);
        let size = 61 + batch.records.len();
        let mut body = Writer(Vec::with_capacity(size + 64));
        body.text(&self.id).i16(-1).i32(30_000);
        body.i32(1).text(&self.topics[batch.topic]).i32(1).i32(batch.partition as i32).i32(size as i32);
        body.i64(0).i32(size as i32 - 12).i32(-1).i8(2).i32(checksum as i32);
        body.0.extend_from_slice(&head.0);
        body.0.extend_from_slice(&batch.records);
        batch.sequence = batch.sequence.wrapping_add(batch.count);
        batch.records.clear();
        batch.count = 0;
        self.connection.send(PRODUCE, 3, &body.0);
        self.flying += 1;
    }

    fn acknowledge(&mut self) {
        let mut answer = self.connection.receive();
        for _ in 0..answer.i32() {
            answer.text();
            for _ in 0..answer.i32() {
                answer.i32();
                assert_eq!(answer.i16(), 0, "a batch was refused");
                answer.i64();
                answer.i64();
            }
        }
        self.flying -= 1;
    }

    /// What every request of a transaction begins with.
    fn transaction(&self) -> Writer {
        let mut body = Writer::default();
        body.text(&self.id).i64(self.producer_id).i16(self.epoch);
        body
    }

    fn ask(&mut self, api: i16, body: &Writer) {
        let mut answer = self.connection.ask(api, 0, &body.0);
        answer.i32();
        assert_eq!(answer.i16(), 0, "request {api} was refused");
    }

    fn ask_of_partitions(&mut self, api: i16, body: &Writer, passing: &[i16]) {
        while self.flying > 0 {
            self.acknowledge();
        }
        until_done(|| {
            let mut answer = self.connection.ask(api, 0, &body.0);
            answer.i32();
            let mut worst = 0;
            for _ in 0..answer.i32() {
                answer.text();
                for _ in 0..answer.i32() {
                    answer.i32();
                    let error = answer.i16();
                    if error != 0 {
                        worst = error;
                    }
                }
            }
            assert!(worst == 0 || passing.contains(&worst), "request {api} was refused: {worst}");
            (worst == 0).then_some(())
        })
    }
}

fn until_done<R>(mut attempt: impl FnMut() -> Option<R>) -> R {
    for _ in 0..5_000 {
        if let Some(found) = attempt() {
            return found;
        }
        std::thread::sleep(Duration::from_millis(2));
    }
    panic!("the broker is not ready");
}
