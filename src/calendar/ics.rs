//! Events as iCalendar (RFC 5545).

use super::model::{Event, UserId};
use net::UnixTime;
use net::civil::when::Local;

/// What wrote the file (RFC 5545, section 3.7.3).
const PRODUCT: &str = "-//Eddy//Calendar//EN";
/// A line's octets at most, without its break (section 3.1).
const LINE: usize = 75;

/// A calendar of these events, with floating times: no zone, as they are; none without events, since it has to have one
/// (section 3.6). `now` is when it is written.
#[must_use]
pub fn calendar<'a>(
    user: UserId,
    events: impl IntoIterator<Item = &'a Event>,
    now: UnixTime,
) -> Option<String> {
    let mut text = String::new();
    let mut events = events.into_iter().peekable();
    events.peek()?;
    let mut line = |name: &str, value: &str| fold(&mut text, &[name, ":", value].concat());
    line("BEGIN", "VCALENDAR");
    line("VERSION", "2.0");
    line("PRODID", PRODUCT);
    line("CALSCALE", "GREGORIAN");
    let stamp = [&basic(Local::at(now, 0)), "Z"].concat();
    for event in events {
        line("BEGIN", "VEVENT");
        line(
            "UID",
            &[&user.0.to_string(), "-", &event.id.0.to_string(), "@eddy"].concat(),
        );
        line("DTSTAMP", &stamp);
        line("SEQUENCE", &(event.revision.0 - 1).max(0).to_string());
        line("DTSTART", &basic(event.start));
        // An end has to be later than the start (section 3.8.2.2); without one it takes no time.
        if event.end > event.start {
            line("DTEND", &basic(event.end));
        }
        line("SUMMARY", &escaped(&event.name));
        if !event.location.is_empty() {
            line("LOCATION", &escaped(&event.location));
        }
        line("END", "VEVENT");
    }
    line("END", "VCALENDAR");
    Some(text)
}

/// A moment as `20260202T200000`.
fn basic(moment: Local) -> String {
    moment.text().replace(['-', ':'], "")
}

/// A text as a value of type TEXT (section 3.3.11). Control characters have no place in one.
fn escaped(text: &str) -> String {
    let mut escaped = String::new();
    let mut chars = text.chars().peekable();
    while let Some(char) = chars.next() {
        match char {
            '\\' | ';' | ',' => escaped.extend(['\\', char]),
            // One end of a line with the next.
            '\r' if chars.peek() == Some(&'\n') => {}
            '\n' | '\r' => escaped.push_str("\\n"),
            '\t' => escaped.push(char),
            char if char.is_control() => {}
            char => escaped.push(char),
        }
    }
    escaped
}

/// Adds a line, folded so that none is too long, never within a character.
fn fold(text: &mut String, line: &str) {
    let mut rest = line;
    let mut room = LINE;
    loop {
        let (head, tail) = rest.split_at(rest.floor_char_boundary(room));
        text.push_str(head);
        text.push_str("\r\n");
        if tail.is_empty() {
            return;
        }
        // A folded line begins with a space, which counts.
        text.push(' ');
        (rest, room) = (tail, LINE - 1);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::model::tests::event;
    use super::*;

    fn written(events: &[Event]) -> String {
        calendar(UserId(1), events, UnixTime(1_770_062_400_000)).unwrap()
    }

    #[test]
    fn an_event_is_written_with_floating_times_and_its_texts_escaped() {
        let mut event = event(7, "2026-02-02T20:00", "2026-02-02T21:30");
        event.name = "Soup, salad; and\nbread \\ butter\u{7}".to_owned();
        event.location = "Kitchen".to_owned();
        let expected = [
            "BEGIN:VCALENDAR",
            "VERSION:2.0",
            "PRODID:-//Eddy//Calendar//EN",
            "CALSCALE:GREGORIAN",
            "BEGIN:VEVENT",
            "UID:1-7@eddy",
            "DTSTAMP:20260202T200000Z",
            "SEQUENCE:0",
            "DTSTART:20260202T200000",
            "DTEND:20260202T213000",
            "SUMMARY:Soup\\, salad\\; and\\nbread \\\\ butter",
            "LOCATION:Kitchen",
            "END:VEVENT",
            "END:VCALENDAR",
            "",
        ];
        assert_eq!(written(&[event]), expected.join("\r\n"));
    }

    #[test]
    fn a_calendar_of_nothing_is_no_calendar() {
        assert_eq!(calendar(UserId(1), [], UnixTime(0)), None);
    }

    #[test]
    fn what_takes_no_time_has_no_end() {
        assert!(!written(&[event(1, "2026-02-02T20:00", "2026-02-02T20:00")]).contains("DTEND"));
    }

    proptest! {
        #[test]
        fn no_line_is_too_long_and_unfolded_nothing_is_lost(name in "\\PC{0,200}") {
            let mut event = event(1, "2026-02-02T20:00", "2026-02-02T21:00");
            event.name = name.clone();
            let text = written(&[event]);
            prop_assert!(text.split("\r\n").all(|line| line.len() <= LINE));
            let unfolded = text.replace("\r\n ", "");
            let expected = ["\r\nSUMMARY:", &escaped(&name), "\r\n"].concat();
            prop_assert!(unfolded.contains(&expected));
        }
    }
}
