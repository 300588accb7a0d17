//! `librdkafka s16|s20`: the jobs as loops around librdkafka, exactly once: each second a transaction with the outputs, the
//! positions and, of s20, the state as one record of the topic STATE. It goes on where its last commit ended, and ends at the end of
//! its topics.
use rdkafka::client::ClientContext;
use rdkafka::config::ClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::KafkaError;
use rdkafka::message::Message;
use rdkafka::producer::{BaseProducer, BaseRecord, Producer};
use rdkafka::{Offset, TopicPartitionList};
use rdkafka_sys as sys;
use rust_loop::partition::partition;
use rust_loop::records::{import_flight, Made};
use rust_loop::statistics::Statistics;
use rust_loop::{setting, COMMIT_INTERVAL, PARTITIONS};
use std::time::{Duration, Instant};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const PATIENCE: Duration = Duration::from_secs(30);
const STEP: Duration = Duration::from_millis(5);

/// A topic and one of its partitions.
type Place = (String, usize);

fn consumer(group: &str) -> BaseConsumer {
    let settings = [
        ("bootstrap.servers", setting("BOOTSTRAP_SERVERS").as_str()),
        ("group.id", group),
        ("enable.auto.commit", "false"),
        ("auto.offset.reset", "earliest"),
        ("isolation.level", "read_committed"),
        ("enable.partition.eof", "true"),
        ("check.crcs", "true"),
        ("queued.max.messages.kbytes", "32768"),
        ("fetch.queue.backoff.ms", "5"),
        ("fetch.message.max.bytes", "1048576"),
    ]
    .map(|(name, value)| (name.to_string(), value.to_string()));
    ClientConfig::from_iter(settings).create().unwrap()
}

fn producer(transactional_id: &str) -> BaseProducer {
    let settings = [
        ("bootstrap.servers", setting("BOOTSTRAP_SERVERS").as_str()),
        ("transactional.id", transactional_id),
        ("linger.ms", "20"),
        ("batch.size", "262144"),
        ("batch.num.messages", "10000"),
        ("queue.buffering.max.messages", "100000"),
        ("delivery.report.only.error", "true"),
    ]
    .map(|(name, value)| (name.to_string(), value.to_string()));
    let producer: BaseProducer = ClientConfig::from_iter(settings).create().unwrap();
    producer.init_transactions(PATIENCE).unwrap();
    producer
}

fn send(producer: &BaseProducer, topic: &str, to: usize, timestamp_ms: i64, key: &[u8], value: &[u8]) {
    let mut record = BaseRecord::to(topic).key(key).payload(value).partition(to as i32).timestamp(timestamp_ms);
    while let Err((_, back)) = producer.send(record) {
        record = back; // the queue is full
        producer.poll(STEP);
    }
}

fn assign(consumer: &BaseConsumer, places: &[Place], from: &[Offset]) {
    let mut list = TopicPartitionList::new();
    for ((topic, partition), offset) in places.iter().zip(from) {
        list.add_partition_offset(topic, *partition as i32, *offset).unwrap();
    }
    consumer.assign(&list).unwrap();
}

/// Where the group has committed; the beginning where it has not.
fn committed(consumer: &BaseConsumer, places: &[Place]) -> Vec<Offset> {
    let mut list = TopicPartitionList::new();
    for (topic, partition) in places {
        list.add_partition(topic, *partition as i32);
    }
    let found = loop {
        match consumer.committed_offsets(list.clone(), PATIENCE) {
            Ok(found) => break found,
            Err(_) => std::thread::sleep(STEP), // the coordinator is being looked for
        }
    };
    let offset = |(topic, partition): &Place| found.find_partition(topic, *partition as i32).unwrap().offset();
    places
        .iter()
        .map(|place| match offset(place) {
            Offset::Offset(offset) => Offset::Offset(offset),
            _ => Offset::Beginning,
        })
        .collect()
}

fn commit(producer: &BaseProducer, consumer: &BaseConsumer, places: &[Place], next: &[i64]) {
    let mut list = TopicPartitionList::new();
    for ((topic, partition), offset) in places.iter().zip(next).filter(|(_, &offset)| offset > 0) {
        list.add_partition_offset(topic, *partition as i32, Offset::Offset(*offset)).unwrap();
    }
    producer.send_offsets_to_transaction(&list, &consumer.group_metadata().unwrap(), PATIENCE).unwrap();
    producer.commit_transaction(PATIENCE).unwrap();
}

/// Takes messages by the thousand, as the safe wrapper hands them over one by one.
struct Batches {
    queue: *mut sys::rd_kafka_queue_t,
    messages: Vec<*mut sys::rd_kafka_message_t>,
    /// The handles of topics that have been seen, and where their places begin.
    topics: Vec<(*mut sys::rd_kafka_topic_t, usize)>,
    names: Vec<String>,
}

impl Batches {
    fn of<C: ClientContext + rdkafka::consumer::ConsumerContext>(consumer: &BaseConsumer<C>, names: &[String]) -> Self {
        let queue = unsafe { sys::rd_kafka_queue_get_consumer(consumer.client().native_ptr()) };
        Batches { queue, messages: vec![std::ptr::null_mut(); 1000], topics: vec![], names: names.to_vec() }
    }

    /// Hands over index of the place, offset, timestamp and value of each message; no value is the end of a partition.
    fn take(&mut self, wait_ms: i32, mut each: impl FnMut(usize, i64, i64, Option<&[u8]>)) {
        let (buffer, length) = (self.messages.as_mut_ptr(), self.messages.len());
        let taken = unsafe { sys::rd_kafka_consume_batch_queue(self.queue, wait_ms, buffer, length) };
        assert!(taken >= 0, "cannot consume");
        for at in 0..taken as usize {
            let message = self.messages[at];
            let raw = unsafe { &*message };
            let place = self.first_place(raw.rkt) + raw.partition as usize;
            match raw.err {
                sys::rd_kafka_resp_err_t::RD_KAFKA_RESP_ERR_NO_ERROR => {
                    let mut kind = sys::rd_kafka_timestamp_type_t::RD_KAFKA_TIMESTAMP_CREATE_TIME;
                    let timestamp_ms = unsafe { sys::rd_kafka_message_timestamp(message, &mut kind) };
                    let value = unsafe { std::slice::from_raw_parts(raw.payload as *const u8, raw.len) };
                    each(place, raw.offset, timestamp_ms, Some(value));
                }
                sys::rd_kafka_resp_err_t::RD_KAFKA_RESP_ERR__PARTITION_EOF => each(place, raw.offset, 0, None),
                error => panic!("cannot consume: {error:?}"),
            }
            unsafe { sys::rd_kafka_message_destroy(message) };
        }
    }

    fn first_place(&mut self, topic: *mut sys::rd_kafka_topic_t) -> usize {
        if let Some((_, first)) = self.topics.iter().find(|(known, _)| *known == topic) {
            return *first;
        }
        let name = unsafe { std::ffi::CStr::from_ptr(sys::rd_kafka_topic_name(topic)) }.to_str().unwrap();
        let first = self.names.iter().position(|known| known == name).unwrap() * PARTITIONS;
        self.topics.push((topic, first));
        first
    }
}

impl Drop for Batches {
    fn drop(&mut self) {
        unsafe { sys::rd_kafka_queue_destroy(self.queue) }
    }
}

fn places_of(topics: &[String]) -> Vec<Place> {
    topics.iter().flat_map(|topic| (0..PARTITIONS).map(move |partition| (topic.clone(), partition))).collect()
}

fn s16(id: &str) {
    let topics = [setting("PEER_SKYONE"), setting("PEER_SUNSET")];
    let output = setting("PEER_FLIGHTDATA");
    let now: i64 = setting("NOW_S").parse().unwrap();
    let places = places_of(&topics);
    let (consumer, producer) = (consumer(id), producer(id));
    assign(&consumer, &places, &committed(&consumer, &places));
    let mut batches = Batches::of(&consumer, &topics);
    let mut next = vec![0; places.len()];
    let mut ended = vec![false; places.len()];
    let (mut made, mut bad, mut began) = (Made::default(), 0, Instant::now());
    producer.begin_transaction().unwrap();
    loop {
        batches.take(100, |place, offset, timestamp_ms, value| {
            let Some(value) = value else {
                ended[place] = true;
                return;
            };
            next[place] = offset + 1;
            match import_flight(place < PARTITIONS, value, now, &mut made) {
                Ok(true) => {
                    let to = partition(&made.key, PARTITIONS);
                    send(&producer, &output, to, timestamp_ms, &made.key, &made.value);
                }
                Ok(false) => {}
                Err(_) => bad += 1,
            }
        });
        producer.poll(Duration::ZERO);
        let all = ended.iter().all(|ended| *ended);
        if all || began.elapsed() > COMMIT_INTERVAL {
            commit(&producer, &consumer, &places, &next);
            if all {
                break;
            }
            producer.begin_transaction().unwrap();
            began = Instant::now();
        }
    }
    report(bad, 0);
}

/// The value of the last record of the topic STATE.
fn last_state(id: &str, topic: &str) -> Option<Vec<u8>> {
    let consumer = consumer(&format!("{id}-state"));
    assign(&consumer, &[(topic.to_string(), 0)], &[Offset::Beginning]);
    let mut last = None;
    loop {
        match consumer.poll(PATIENCE).expect("the topic STATE does not answer") {
            Ok(message) => last = message.payload().map(|value| value.to_vec()),
            Err(KafkaError::PartitionEOF(_)) => return last,
            Err(error) => panic!("{error}"),
        }
    }
}

fn s20(id: &str) {
    let topics = [setting("PEER_FLIGHTDATA")];
    let (output, state) = (setting("PEER_USERSTATISTICS"), setting("STATE"));
    let places = places_of(&topics);
    let producer = producer(id); // before the state is read: its predecessor can commit no more
    let mut statistics = Statistics::new(PARTITIONS);
    let mut next = last_state(id, &state).map_or(vec![0; PARTITIONS], |snapshot| statistics.restore(&snapshot));
    let consumer = consumer(id);
    assign(&consumer, &places, &next.iter().map(|offset| Offset::Offset(*offset)).collect::<Vec<_>>());
    let mut batches = Batches::of(&consumer, &topics);
    let mut ended = [false; PARTITIONS];
    let (mut made, mut bad, mut began) = (Made::default(), 0, Instant::now());
    producer.begin_transaction().unwrap();
    loop {
        batches.take(50, |place, offset, timestamp_ms, value| {
            let Some(value) = value else {
                statistics.end(place);
                ended[place] = true;
                return;
            };
            next[place] = offset + 1;
            if statistics.add(place, timestamp_ms, value).is_err() {
                bad += 1;
            }
        });
        statistics.fire(&mut made, |timestamp_ms, made| {
            send(&producer, &output, partition(&made.key, PARTITIONS), timestamp_ms, &made.key, &made.value);
        });
        producer.poll(Duration::ZERO);
        let all = ended.iter().all(|ended| *ended);
        if all || began.elapsed() > COMMIT_INTERVAL {
            send(&producer, &state, 0, 0, b"state", &statistics.snapshot(&next));
            commit(&producer, &consumer, &places, &next);
            if all {
                break;
            }
            producer.begin_transaction().unwrap();
            began = Instant::now();
        }
    }
    report(bad, statistics.late);
}

fn report(bad: u64, late: u64) {
    if bad + late > 0 {
        eprintln!("{bad} bad records, {late} late ones");
    }
}

fn main() {
    let id = setting("PEER_ID");
    match std::env::args().nth(1).as_deref() {
        Some("s16") => s16(&id),
        Some("s20") => s20(&id),
        _ => panic!("librdkafka s16|s20"),
    }
    // Everything is committed: the library's threads need not be waited for.
    std::process::exit(0);
}
