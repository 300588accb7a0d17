//! The records as they lie in the topics, and s16 for one record. Texts without escapes are not copied.
use serde::Deserialize;
use std::borrow::Cow;

/// Declares a struct that borrows its texts; fields after the bar are numbers.
macro_rules! record {
    ($name:ident { $($text:ident),* | $($number:ident),* }) => {
        #[derive(Deserialize)]
        pub struct $name<'a> {
            $(#[serde(borrow)] pub $text: Cow<'a, str>,)*
            $(pub $number: f64,)*
        }
    };
}

record!(Skyone {
    email_address, flight_departure_time, iata_departure_code, flight_arrival_time, iata_arrival_code, flight_number,
    confirmation, aircraft, booking_agency_email | ticket_price
});
record!(Sunset {
    customer_email_address, departure_time, departure_airport, arrival_time, arrival_airport, flight_id,
    reference_number, aircraft_details | flight_duration, total_price
});
record!(Flight {
    email_address, departure_time, departure_airport_code, arrival_time, arrival_airport_code, flight_number,
    confirmation, source |
});

/// Seconds of "2024-05-20T12:34:56.789", checked; None if it is no such time.
pub fn seconds(text: &str) -> Option<i64> {
    let b = text.as_bytes();
    let separators = [(4, b'-'), (7, b'-'), (10, b'T'), (13, b':'), (16, b':')];
    if b.len() < 19 || separators.iter().any(|&(at, c)| b[at] != c) {
        return None;
    }
    let two = |at: usize| -> Option<i64> {
        let (tens, ones) = (b[at].wrapping_sub(b'0'), b[at + 1].wrapping_sub(b'0'));
        (tens <= 9 && ones <= 9).then_some((tens * 10 + ones) as i64)
    };
    let (year, month, day) = (two(0)? * 100 + two(2)?, two(5)?, two(8)?);
    let (hour, minute, second) = (two(11)?, two(14)?, two(17)?);
    if !(1..=12).contains(&month) || !(1..=31).contains(&day) || hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    // Years that begin in March have their leap day at the end.
    let (year, month) = if month < 3 { (year - 1, month + 9) } else { (year, month - 3) };
    let days = year * 365 + year / 4 - year / 100 + year / 400 + (153 * month + 2) / 5 + day - 1 - 719_468;
    Some(days * 86_400 + hour * 3_600 + minute * 60 + second)
}

/// A record to be written; its buffers are used for one after the other.
#[derive(Default)]
pub struct Made {
    pub key: Vec<u8>,
    pub value: Vec<u8>,
}

impl Made {
    pub(crate) fn clear(&mut self) {
        self.key.clear();
        self.value.clear();
    }
}

/// Appends a text as JSON.
pub(crate) fn put_text(out: &mut Vec<u8>, text: &str) {
    if text.bytes().all(|c| c >= 0x20 && c != b'"' && c != b'\\') {
        out.push(b'"');
        out.extend_from_slice(text.as_bytes());
        out.push(b'"');
    } else {
        out.extend_from_slice(sonic_rs::to_string(text).unwrap().as_bytes());
    }
}

fn put_flight(flight: &Flight, made: &mut Made) {
    let fields = [
        ("{\"email_address\":", &flight.email_address),
        (",\"departure_time\":", &flight.departure_time),
        (",\"departure_airport_code\":", &flight.departure_airport_code),
        (",\"arrival_time\":", &flight.arrival_time),
        (",\"arrival_airport_code\":", &flight.arrival_airport_code),
        (",\"flight_number\":", &flight.flight_number),
        (",\"confirmation\":", &flight.confirmation),
        (",\"source\":", &flight.source),
    ];
    made.clear();
    for (name, text) in fields {
        made.value.extend_from_slice(name.as_bytes());
        put_text(&mut made.value, text);
    }
    made.value.push(b'}');
    made.key.extend_from_slice(b"{\"confirmation\":");
    put_text(&mut made.key, &flight.confirmation);
    made.key.push(b'}');
}

/// Departure and arrival of a flight that is in order, seconds. A bad record is an error.
pub(crate) fn checked_times(flight: &Flight) -> Result<(i64, i64), String> {
    let departure = seconds(&flight.departure_time).ok_or("no departure time")?;
    let arrival = seconds(&flight.arrival_time).ok_or("no arrival time")?;
    if flight.email_address.is_empty() || flight.confirmation.is_empty() || arrival < departure {
        return Err("no such flight".into());
    }
    Ok((departure, arrival))
}

/// s16 for one record: whether the flight is still to land after `now`, seconds; then `made` is what to write.
pub fn import_flight(of_skyone: bool, json: &[u8], now: i64, made: &mut Made) -> Result<bool, String> {
    let flight = if of_skyone {
        let b: Skyone = sonic_rs::from_slice(json).map_err(|e| e.to_string())?;
        Flight {
            email_address: b.email_address,
            departure_time: b.flight_departure_time,
            departure_airport_code: b.iata_departure_code,
            arrival_time: b.flight_arrival_time,
            arrival_airport_code: b.iata_arrival_code,
            flight_number: b.flight_number,
            confirmation: b.confirmation,
            source: "skyone".into(),
        }
    } else {
        let b: Sunset = sonic_rs::from_slice(json).map_err(|e| e.to_string())?;
        Flight {
            email_address: b.customer_email_address,
            departure_time: b.departure_time,
            departure_airport_code: b.departure_airport,
            arrival_time: b.arrival_time,
            arrival_airport_code: b.arrival_airport,
            flight_number: b.flight_id,
            confirmation: b.reference_number,
            source: "sunset".into(),
        }
    };
    let (_, arrival) = checked_times(&flight)?;
    if arrival <= now {
        return Ok(false);
    }
    put_flight(&flight, made);
    Ok(true)
}
