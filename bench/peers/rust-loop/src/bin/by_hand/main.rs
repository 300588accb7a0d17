//! `by-hand s16|s20`: the jobs on Kafka's protocol, spoken by hand over blocking sockets in one thread, without a client library:
//! the least that the work can cost. Exactly once: each second a transaction with the outputs, the positions and, of s20, the
//! state as one record of the topic STATE. It ends at the end of its topics.
//!
//! What it lacks of a real client: it knows one broker and no other, restores nothing at its start, and panics at any error.
mod connection;
mod consumer;
mod producer;
mod wire;

use consumer::{consume, Place};
use producer::Producer;
use rust_loop::partition::partition;
use rust_loop::records::{import_flight, Made};
use rust_loop::statistics::Statistics;
use rust_loop::{setting, COMMIT_INTERVAL, PARTITIONS};
use std::cell::RefCell;
use std::time::Instant;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn places_of(topics: &[String]) -> Vec<Place> {
    topics.iter().flat_map(|topic| (0..PARTITIONS).map(move |partition| (topic.clone(), partition))).collect()
}

fn s16(id: &str) {
    let now: i64 = setting("NOW_S").parse().unwrap();
    let places = places_of(&[setting("PEER_SKYONE"), setting("PEER_SUNSET")]);
    let producer = RefCell::new(Producer::open(id, &[(setting("PEER_FLIGHTDATA"), PARTITIONS)]));
    let (mut made, mut bad, mut began) = (Made::default(), 0, Instant::now());
    let each = |place, timestamp_ms, value: &[u8]| match import_flight(place < PARTITIONS, value, now, &mut made) {
        Ok(true) => {
            let to = partition(&made.key, PARTITIONS);
            producer.borrow_mut().add(to, timestamp_ms, &made.key, &made.value);
        }
        Ok(false) => {}
        Err(_) => bad += 1,
    };
    consume(&places, each, |next, ended| {
        let all = ended.iter().all(|ended| *ended);
        if all || began.elapsed() > COMMIT_INTERVAL {
            producer.borrow_mut().commit(&places, next);
            began = Instant::now();
        }
        all
    });
    report(bad, 0);
}

fn s20(id: &str) {
    let places = places_of(&[setting("PEER_FLIGHTDATA")]);
    let mut producer = Producer::open(id, &[(setting("PEER_USERSTATISTICS"), PARTITIONS), (setting("STATE"), 1)]);
    let statistics = RefCell::new(Statistics::new(PARTITIONS));
    let (mut made, mut bad, mut began) = (Made::default(), 0, Instant::now());
    let each = |place, timestamp_ms, value: &[u8]| {
        if statistics.borrow_mut().add(place, timestamp_ms, value).is_err() {
            bad += 1;
        }
    };
    consume(&places, each, |next, ended| {
        let mut statistics = statistics.borrow_mut();
        ended.iter().enumerate().filter(|(_, ended)| **ended).for_each(|(place, _)| statistics.end(place));
        statistics.fire(&mut made, |timestamp_ms, made| {
            producer.add(partition(&made.key, PARTITIONS), timestamp_ms, &made.key, &made.value);
        });
        let all = ended.iter().all(|ended| *ended);
        if all || began.elapsed() > COMMIT_INTERVAL {
            producer.add(PARTITIONS, 0, b"state", &statistics.snapshot(next));
            producer.commit(&places, next);
            began = Instant::now();
        }
        all
    });
    report(bad, statistics.borrow().late);
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
        _ => panic!("by-hand s16|s20"),
    }
}
