//! What the calendar's API and its function say, turned into what the models know. Parsed once, here.

mod function;

use appsync::{Client, Error};
use aws_guest::{Guest, Region};
use json::Value;
use net::http::{Request, Response};
use net::{NetError, UnixTime};

use super::holidays::{self, Country, Holiday};
use super::model::{Event, EventId, UserId};
use crate::live::erased::Changes;
use crate::live::gapless::Page;
use crate::live::several::whole;
use crate::live::source::Paged;
use crate::live::window::{Change, Revision};
use crate::live::{Asked, Source};
use crate::{api, config};
use net::civil::when::Local;

// The operations' types, made from `graphql/calendar/` when the page is built: the module `schema`.
include!(concat!(env!("OUT_DIR"), "/calendar.rs"));

use schema::shared::EventFields;

/// As many rows as the server looks at for a page.
const PAGE: i64 = 1_000;

/// What is known of holidays, if it can be had.
type Known<T> = Asked<Option<T>, Response, NetError>;

/// The calendar's API, its function, and the holidays.
#[derive(Debug, Clone)]
pub struct Api {
    client: Client,
    guest: Guest,
    user: UserId,
    function: (Region, String),
    holidays: String,
}

impl Api {
    /// The API of a configuration, seen from a page of this origin, for this guest.
    #[must_use]
    pub fn new(calendar: &config::Calendar, guest: Guest, origin: &str) -> Self {
        let function = &calendar.function;
        Self {
            client: api::client(&calendar.api, &guest, origin),
            user: UserId(calendar.user),
            function: (
                Region::new(function.region.as_str()),
                function.url.resolve(origin),
            ),
            holidays: calendar.holidays.resolve(origin),
            guest,
        }
    }

    /// Whose calendar it is.
    #[must_use]
    pub const fn user(&self) -> UserId {
        self.user
    }

    /// The time, as the cloud has it.
    #[must_use]
    pub fn now(&self) -> UnixTime {
        self.guest.now()
    }

    /// A country's holidays in a year: no days where none are known, nothing where they cannot be had now.
    pub fn holidays(&self, country: &str, year: i32) -> Known<Vec<Holiday>> {
        let path = ["/PublicHolidays/", &year.to_string(), "/", country].concat();
        self.known(&path, holidays::holidays)
    }

    /// The countries whose holidays are known; nothing where they cannot be had now.
    pub fn countries(&self) -> Known<Vec<Country>> {
        self.known("/AvailableCountries", holidays::countries)
    }

    fn known<T: 'static>(&self, path: &str, read: fn(&Value) -> T) -> Known<T> {
        let request = Request::get([self.holidays.trim_end_matches('/'), path].concat());
        Asked::new(net::http::send(request), move |answer| {
            let response = answer.ok()?;
            let body = match response.status {
                // A year or a country of which nothing is known: the same would be refused again.
                400 | 404 => Value::default(),
                _ if response.is_success() => json::parse(&response.body).ok()?,
                _ => return None,
            };
            Some(read(&body))
        })
    }
}

/// An event as it is told, and as the function answers it. Fields are null where a publisher did not select them: then
/// there is nothing to be applied.
fn event(row: EventFields) -> Option<Event> {
    Some(Event {
        id: EventId(row.id),
        name: row.name?,
        start: Local::parse(&row.dt_start?)?,
        end: Local::parse(&row.dt_end?)?,
        location: row.location.unwrap_or_default(),
        revision: Revision(row.revision?),
    })
}

/// A user's events, as they are and as they change.
#[derive(Debug, Clone)]
pub struct Events(pub Api);

impl Source for Events {
    type Row = Event;

    fn subscribe(&self) -> Changes<Event> {
        let (client, user_id) = (&self.0.client, self.0.user.0);
        let put = |row: Option<EventFields>| Some(Change::Put(event(row?)?));
        let created = schema::on_create_event::Variables { user_id };
        let created = client.subscribe::<schema::OnCreateEvent>(created);
        let changed = schema::on_update_event::Variables { user_id };
        let changed = client.subscribe::<schema::OnUpdateEvent>(changed);
        let deleted = schema::on_delete_event::Variables { user_id };
        let deleted = client.subscribe::<schema::OnDeleteEvent>(deleted);
        whole([
            api::changes(created, move |data| {
                put(data.on_create_events_table_with_local_resolver)
            }),
            api::changes(changed, move |data| {
                put(data.on_update_events_table_with_local_resolver)
            }),
            api::changes(deleted, |data| {
                let row = data.on_delete_events_table_with_local_resolver?;
                Some(Change::Delete {
                    key: EventId(row.id),
                    revision: Revision(row.revision?),
                })
            }),
        ])
    }

    fn page(&self, after: Option<String>) -> Asked<Paged<Event>> {
        let variables = schema::list_events::Variables {
            user_id: self.0.user.0,
            limit: Some(PAGE),
            next_token: after,
        };
        Asked::new(self.0.client.ask::<schema::ListEvents>(variables), page)
    }

    fn now(&self) -> UnixTime {
        self.0.now()
    }
}

fn page(answer: Result<Value, Error>) -> Paged<Event> {
    let answer: schema::list_events::ResponseData = api::read(answer)?;
    let (mut rows, mut next) = (Vec::new(), None);
    if let Some(list) = answer.list_events_tables {
        next = list.next_token;
        for row in list.items.into_iter().flatten() {
            // A row that makes no sense here is not shown; the others are.
            if let Some(event) = row.and_then(event) {
                rows.push(event);
            }
        }
    }
    Ok(Page { rows, next })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::agreement;

    #[test]
    fn answers_are_read_and_variables_written_as_serde_does_it() {
        let row = json!({
            "id": 7, "name": "Walk", "dt_start": "2026-02-02T20:00:00", "dt_end": "2026-02-02T21:00:00",
            "location": null, "revision": 1
        });
        agreement::on_reading::<schema::list_events::ResponseData>(
            &json!({"listEventsTables": {"items": [row, null], "nextToken": "next"}}),
        );
        agreement::on_reading::<schema::on_delete_event::ResponseData>(
            &json!({"onDeleteEventsTableWithLocalResolver": row}),
        );
        agreement::on_writing(schema::on_create_event::Variables { user_id: 1 });
    }
}
