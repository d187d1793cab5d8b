//! What a fresh cloud holds: the users' calendars, and a few events so that no screen starts empty.

use std::ops::RangeInclusive;

use time::Date;

use super::CALENDARS;
use super::model::{Content, Event, EventId, Local, UserId};
use super::write::{calendar, put};
use crate::event::HandlerError;
use crate::ports::{Action, Condition, PortError, Ports, Write};

/// The users that there are.
pub const USERS: RangeInclusive<i32> = 1..=5;

/// A sample: days after the cloud's first, start and end as hours and minutes, days that it lasts beyond its first.
struct Sample {
    name: &'static str,
    day: i64,
    start: (u8, u8),
    end: (u8, u8),
    nights: i64,
    location: Option<&'static str>,
}

/// Of the first user. Two overlap, one goes past midnight, one lasts three days.
const SAMPLES: &[Sample] = &[
    Sample {
        name: "Choir practice",
        day: 0,
        start: (19, 30),
        end: (21, 0),
        nights: 0,
        location: Some("Old school hall"),
    },
    Sample {
        name: "Repair café",
        day: 1,
        start: (14, 0),
        end: (17, 0),
        nights: 0,
        location: Some("Library, ground floor"),
    },
    Sample {
        name: "Call with the harbour office",
        day: 1,
        start: (15, 30),
        end: (16, 15),
        nights: 0,
        location: None,
    },
    Sample {
        name: "Night train north",
        day: 3,
        start: (22, 40),
        end: (6, 55),
        nights: 1,
        location: Some("Platform 9"),
    },
    Sample {
        name: "Canoe trip",
        day: 5,
        start: (9, 0),
        end: (18, 0),
        nights: 2,
        location: Some("From the weir to the lake"),
    },
];

/// Makes the calendars that are not there yet; the first user's with the samples in it.
///
/// # Errors
/// Where the tables are out of reach.
pub async fn prepare<P: Ports>(ports: &P) -> Result<(), HandlerError> {
    for user in USERS.map(UserId) {
        let key = user.0.to_string();
        if ports.get(&CALENDARS, &key).await?.is_some() {
            continue;
        }
        let samples = if user.0 == *USERS.start() {
            samples(user, ports.now().date())
        } else {
            Vec::new()
        };
        let last = samples.last().map_or(EventId(0), |event| event.id);
        let mut writes = vec![Write {
            table: &CALENDARS,
            key,
            action: Action::Put(calendar(user, last)),
            condition: Condition::Absent,
        }];
        for event in &samples {
            writes.push(put(event, Condition::Absent)?);
        }
        match ports.transact(writes).await {
            // Somebody else has made it meanwhile.
            Ok(()) | Err(PortError::Condition(_)) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}

fn samples(user: UserId, today: Date) -> Vec<Event> {
    let contents = SAMPLES.iter().filter_map(|sample| {
        let at = |days, (hour, minute)| {
            let day = today.checked_add(time::Duration::days(days))?;
            Local::new(day, hour, minute)
        };
        Some(Content {
            name: sample.name.to_owned(),
            dt_start: at(sample.day, sample.start)?,
            dt_end: at(sample.day + sample.nights, sample.end)?,
            location: sample.location.map(str::to_owned),
        })
    });
    (1..)
        .zip(contents)
        .map(|(id, content)| Event {
            user_id: user,
            id: EventId(id),
            content,
            revision: 1,
        })
        .collect()
}
