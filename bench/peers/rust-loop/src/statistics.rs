//! s20: what is counted, when a window is over, and all that a commit has to keep.
use crate::records::{checked_times, put_text, Flight, Made};
use rustc_hash::FxHashMap;
use std::collections::BTreeMap;
use std::io::Write;

const MINUTE_MS: i64 = 60_000;

/// Minutes and flights of each traveller in one window, by the traveller's number; without flights he is not in it.
#[derive(Default)]
struct Window {
    sums: Vec<(u32, u32)>,
    /// The travellers in it, in the order of their first flights.
    travellers: Vec<u32>,
}

pub struct Statistics {
    numbers: FxHashMap<Box<str>, u32>,
    names: Vec<Box<str>>,
    /// Minutes and flights of all windows that are over.
    totals: Vec<(i64, i64)>,
    /// By start.
    windows: BTreeMap<i64, Window>,
    /// Event time of each partition.
    marks: Vec<i64>,
    /// End of the last window that is over.
    over: i64,
    pub late: u64,
}

impl Statistics {
    pub fn new(partitions: usize) -> Self {
        Statistics {
            numbers: Default::default(),
            names: vec![],
            totals: vec![],
            windows: Default::default(),
            marks: vec![i64::MIN; partitions],
            over: i64::MIN,
            late: 0,
        }
    }

    /// Counts one flight. A bad record is an error.
    pub fn add(&mut self, partition: usize, timestamp_ms: i64, json: &[u8]) -> Result<(), String> {
        let flight: Flight = sonic_rs::from_slice(json).map_err(|e| e.to_string())?;
        let (departure, arrival) = checked_times(&flight)?;
        self.marks[partition] = self.marks[partition].max(timestamp_ms);
        let start = timestamp_ms - timestamp_ms.rem_euclid(MINUTE_MS);
        if start < self.over {
            self.late += 1;
            return Ok(());
        }
        let number = self.number(&flight.email_address);
        let window = self.windows.entry(start).or_default();
        if window.sums.len() <= number as usize {
            window.sums.resize(number as usize + 1, (0, 0));
        }
        let sum = &mut window.sums[number as usize];
        if sum.1 == 0 {
            window.travellers.push(number);
        }
        sum.0 += ((arrival - departure) / 60) as u32;
        sum.1 += 1;
        Ok(())
    }

    fn number(&mut self, email: &str) -> u32 {
        if let Some(&number) = self.numbers.get(email) {
            return number;
        }
        let number = self.names.len() as u32;
        self.numbers.insert(email.into(), number);
        self.names.push(email.into());
        self.totals.push((0, 0));
        number
    }

    /// No more records come from this partition.
    pub fn end(&mut self, partition: usize) {
        self.marks[partition] = i64::MAX;
    }

    /// Closes all windows that are over, and emits each traveller's record with its timestamp.
    pub fn fire(&mut self, made: &mut Made, mut emit: impl FnMut(i64, &Made)) {
        let mark = *self.marks.iter().min().unwrap();
        while let Some((&start, _)) = self.windows.first_key_value() {
            if mark < start + MINUTE_MS {
                return;
            }
            let window = self.windows.pop_first().unwrap().1;
            for number in window.travellers {
                let (minutes, flights) = window.sums[number as usize];
                let total = &mut self.totals[number as usize];
                total.0 += minutes as i64;
                total.1 += flights as i64;
                put_record(&self.names[number as usize], *total, made);
                emit(start + MINUTE_MS - 1, made);
            }
            self.over = start + MINUTE_MS;
        }
    }

    /// All of it, and the positions: what a restart needs.
    pub fn snapshot(&self, positions: &[i64]) -> Vec<u8> {
        let mut out = Vec::with_capacity(64 + self.names.len() * 40);
        let mut put = |numbers: &[i64]| numbers.iter().for_each(|n| out.extend_from_slice(&n.to_le_bytes()));
        put(&[self.over, positions.len() as i64]);
        put(positions);
        put(&self.marks);
        put(&[self.names.len() as i64]);
        for (minutes, flights) in &self.totals {
            put(&[*minutes, *flights]);
        }
        put(&[self.windows.len() as i64]);
        for (start, window) in &self.windows {
            put(&[*start, window.travellers.len() as i64]);
            for &number in &window.travellers {
                let (minutes, flights) = window.sums[number as usize];
                put(&[number as i64, minutes as i64, flights as i64]);
            }
        }
        // Names last: the numbers before them have fixed widths.
        for name in &self.names {
            out.push(name.len() as u8);
            out.extend_from_slice(name.as_bytes());
        }
        out
    }

    /// Goes on from a snapshot. Returns its positions.
    pub fn restore(&mut self, snapshot: &[u8]) -> Vec<i64> {
        let mut rest = snapshot;
        let mut take = || {
            let (number, behind) = rest.split_at(8);
            rest = behind;
            i64::from_le_bytes(number.try_into().unwrap())
        };
        self.over = take();
        let positions = (0..take()).map(|_| take()).collect();
        self.marks.iter_mut().for_each(|mark| *mark = take());
        self.totals = (0..take()).map(|_| (take(), take())).collect();
        for _ in 0..take() {
            let window = self.windows.entry(take()).or_default();
            window.sums.resize(self.totals.len(), (0, 0));
            for _ in 0..take() {
                let number = take();
                window.travellers.push(number as u32);
                window.sums[number as usize] = (take() as u32, take() as u32);
            }
        }
        for number in 0..self.totals.len() {
            let (name, behind) = rest[1..].split_at(rest[0] as usize);
            rest = behind;
            let name = std::str::from_utf8(name).unwrap();
            self.numbers.insert(name.into(), number as u32);
            self.names.push(name.into());
        }
        positions
    }
}

fn put_record(email: &str, (minutes, flights): (i64, i64), made: &mut Made) {
    made.clear();
    made.value.extend_from_slice(b"{\"email_address\":");
    put_text(&mut made.value, email);
    write!(made.value, ",\"total_flight_duration\":{minutes},\"number_of_flights\":{flights}}}").unwrap();
    made.key.extend_from_slice(b"{\"email_address\":");
    put_text(&mut made.key, email);
    made.key.push(b'}');
}
