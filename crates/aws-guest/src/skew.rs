//! Reading the service's time out of what it says, and keeping the offset to ours.

use net::UnixTime;
use net::civil::Civil;

/// How far the service's clock is ahead of ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Skew {
    millis: i64,
}

impl Skew {
    /// Closer than this is no skew: a date has a resolution of a second, and an answer takes its time.
    const NEGLIGIBLE: i64 = 20_000;

    /// The offset between a time that the service named just now and our wall clock.
    pub(crate) const fn between(server: UnixTime, wall: UnixTime) -> Self {
        let millis = server.millis_since(wall);
        Self {
            millis: if millis.abs() < Self::NEGLIGIBLE {
                0
            } else {
                millis
            },
        }
    }

    /// The service's time when our wall clock shows `wall`.
    pub(crate) const fn server_time(self, wall: UnixTime) -> UnixTime {
        wall.plus_millis(self.millis)
    }
}

/// The service's time in an HTTP `Date` header, or in the message of an error about skew, such as
/// `Signature expired: 20260102T030405Z is now earlier than 20260102T031005Z (20260102T031505Z - 5 min.)`.
pub(crate) fn server_time(text: &str) -> Option<UnixTime> {
    http_date(text.trim()).or_else(|| {
        // The last parenthesis holds the service's own time; the others are the request's and the limit.
        let own = text.rsplit('(').next()?;
        compact(own.trim_start())
    })
}

const MONTHS: [&str; 12] = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
];

/// `Sun, 06 Nov 1994 08:49:37 GMT` (RFC 9110, section 5.6.7).
fn http_date(text: &str) -> Option<UnixTime> {
    let (_weekday, rest) = text.split_once(',')?;
    let mut parts = rest.split_ascii_whitespace();
    let day = number(parts.next()?)?;
    let name = parts.next()?;
    let month = (1..).zip(MONTHS).find(|(_, month)| *month == name)?.0;
    let year = number(parts.next()?)?;
    let mut clock = parts.next()?.split(':').map(number);
    let (hour, minute, second) = (clock.next()??, clock.next()??, clock.next()??);
    unix_time([year, month, day, hour, minute, second])
}

/// `20260102T030405Z` or `2026-01-02T03:04:05Z`, at the start of the text.
fn compact(text: &str) -> Option<UnixTime> {
    let stamp = text.split_once('Z')?.0;
    let mut digits = stamp.bytes().filter(|byte| !b"-:T".contains(byte));
    let mut parts = [0; 6];
    for (part, places) in parts.iter_mut().zip([4, 2, 2, 2, 2, 2]) {
        for _ in 0..places {
            let digit = digits.next().filter(u8::is_ascii_digit)?;
            *part = *part * 10 + u16::from(digit - b'0');
        }
    }
    match digits.next() {
        None => unix_time(parts),
        Some(_) => None,
    }
}

fn number(text: &str) -> Option<u16> {
    text.bytes()
        .all(|byte| byte.is_ascii_digit())
        .then(|| text.parse().ok())?
}

fn unix_time([year, month, day, hour, minute, second]: [u16; 6]) -> Option<UnixTime> {
    let small = |number: u16| u8::try_from(number).ok();
    let date = Civil {
        year: i32::from(year),
        month: small(month)?,
        day: small(day)?,
        hour: small(hour)?,
        minute: small(minute)?,
        second: small(second)?.min(59),
    };
    date.time()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const MOMENT: UnixTime = UnixTime(1_767_323_105_000); // 2026-01-02T03:05:05Z

    #[test]
    fn dates_and_skew_errors_tell_the_services_time() {
        for text in [
            "Fri, 02 Jan 2026 03:05:05 GMT",
            "20260102T030505Z",
            "2026-01-02T03:05:05Z",
            "Signature expired: 20260102T020000Z is now earlier than 20260102T030005Z (20260102T030505Z - 5 min.)",
            "Signature not yet current: 20260102T040000Z is still later than 20260102T031005Z (20260102T030505Z + 5 min.)",
        ] {
            assert_eq!(server_time(text), Some(MOMENT), "{text}");
        }
    }

    #[test]
    fn anything_else_tells_nothing() {
        for text in [
            "",
            "Signature expired",
            "Fri, 31 Feb 2026 03:05:05 GMT",
            "Fri, 02 Jan 2026 24:05:05 GMT",
            "The signature (what you sent) is wrong",
            "(20261302T030505Z)",
            "(+0261202T03050+Z)",
        ] {
            assert_eq!(server_time(text), None, "{text}");
        }
    }

    #[test]
    fn a_small_difference_is_no_skew_and_a_large_one_is_kept() {
        let wall = UnixTime(1_000_000);
        assert_eq!(
            Skew::between(wall.plus_millis(19_000), wall),
            Skew::default()
        );
        let hour_behind = Skew::between(wall.plus_millis(3_600_000), wall);
        assert_eq!(hour_behind.server_time(wall), wall.plus_millis(3_600_000));
    }

    proptest! {
        #[test]
        fn no_text_panics(text in ".{0,80}", inner in "[0-9TZ:() -]{0,40}") {
            let _ = server_time(&text);
            let _ = server_time(&format!("{text}({inner}"));
        }
    }
}
