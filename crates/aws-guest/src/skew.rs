//! Reading the service's time out of what it says, and keeping the offset to ours.

use net::UnixTime;
use net::civil::Civil;

/// How far the service's clock is ahead of ours, in milliseconds: somewhere between two bounds. Each answer narrows them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Skew {
    least: i64,
    most: i64,
}

/// Nothing is known yet.
impl Default for Skew {
    fn default() -> Self {
        Self {
            least: i64::MIN,
            most: i64::MAX,
        }
    }
}

impl Skew {
    /// Signatures take no notice of less: services allow minutes, and most clocks are right.
    const NEGLIGIBLE: i64 = 20_000;
    /// What an answer may have taken, where nobody knows what it has.
    const SLOWEST: i64 = 5_000;

    /// An answer carried this time, which has a resolution of a second: it was written between sending and receiving,
    /// both by our wall clock. Bounds that contradict what was known replace it: a clock has been set.
    pub(crate) fn answered(&mut self, server: UnixTime, sent: UnixTime, received: UnixTime) {
        let least = server.millis_since(received);
        let most = server.plus_millis(999).millis_since(sent);
        if least > most {
            // Ours has been set in between.
            return;
        }
        let both = Self {
            least: least.max(self.least),
            most: most.min(self.most),
        };
        *self = if both.least <= both.most {
            both
        } else {
            Self { least, most }
        };
    }

    /// The service named this time just now, nobody knows in answer to what.
    pub(crate) fn named(&mut self, server: UnixTime, wall: UnixTime) {
        self.answered(server, wall.plus_millis(-Self::SLOWEST), wall);
    }

    /// What the service wrote at this time has arrived now. Nothing arrives before it was written; where it seems so
    /// by more than the answers leave open, they are believed.
    pub(crate) fn arrived(&mut self, written: UnixTime, wall: UnixTime) {
        let least = written.millis_since(wall);
        if least > self.least && least <= self.most && self.most < i64::MAX {
            self.least = least;
        }
    }

    /// What is nearest to no skew at all: with a right clock it is none, and a wrong one is known better with each answer.
    fn millis(self) -> i64 {
        0.clamp(self.least, self.most)
    }

    /// The service's time when our wall clock shows `wall`, as well as it is known.
    pub(crate) fn server_time(self, wall: UnixTime) -> UnixTime {
        wall.plus_millis(self.millis())
    }

    /// The time to sign with.
    pub(crate) fn signing_time(self, wall: UnixTime) -> UnixTime {
        match self.millis() {
            millis if millis.abs() < Self::NEGLIGIBLE => wall,
            millis => wall.plus_millis(millis),
        }
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
    fn a_small_difference_is_no_skew_to_signatures_and_a_large_one_is() {
        let wall = UnixTime(1_000_000);
        for (seconds, signed) in [(0, 0), (19, 0), (-19, 0), (3_600, 3_600), (-3_600, -3_600)] {
            let mut skew = Skew::default();
            let server = wall.plus_millis(seconds * 1_000);
            skew.answered(server, wall, wall);
            let off = skew.signing_time(wall).millis_since(wall);
            assert!((off - signed * 1_000).abs() < 1_000, "{seconds}: {off}");
        }
    }

    #[test]
    fn a_clock_that_is_set_is_noticed_by_the_next_answer() {
        let (mut skew, wall) = (Skew::default(), UnixTime(1_000_000));
        skew.answered(wall, wall, wall.plus_millis(40));
        assert_eq!(skew.server_time(wall), wall);
        // An hour back: what arrives looks as if it came an hour ago, and proves nothing.
        let set = wall.plus_millis(-3_600_000);
        skew.arrived(wall, set);
        assert_eq!(skew.server_time(set), set);
        skew.answered(wall, set, set.plus_millis(40));
        let off = skew.server_time(set).millis_since(wall);
        assert!((-40..1_000).contains(&off), "{off}");
        // And while a request was on its way.
        let before = skew;
        skew.answered(wall, wall, set);
        assert_eq!(skew, before);
    }

    proptest! {
        /// A service whose clock is so far ahead, answers that take their time and events that arrive: the truth is always
        /// within the bounds, they never widen, and a right clock stays right to the millisecond.
        #[test]
        fn each_answer_narrows_the_bounds_around_the_truth(
            ahead in prop_oneof![Just(0_i64), -5_000..5_000_i64, -10_000_000..10_000_000_i64],
            heard in prop::collection::vec((0..100_000_000_i64, 0..400_i64, 0..400_i64, any::<bool>()), 1..60),
        ) {
            let (mut skew, mut error) = (Skew::default(), i64::MAX);
            let off = |skew: Skew| (skew.millis() - ahead).abs();
            for (at, there, back, event) in heard {
                let received = MOMENT.plus_millis(at);
                let server = received.plus_millis(ahead - back);
                if event {
                    skew.arrived(server, received);
                } else {
                    let date = UnixTime(server.0 - server.0.rem_euclid(1_000));
                    skew.answered(date, received.plus_millis(-back - there), received);
                    prop_assert!(skew.most - skew.least < 1_000 + there + back);
                }
                prop_assert!(skew.least <= ahead && ahead <= skew.most);
                if skew != Skew::default() {
                    prop_assert!(off(skew) <= error);
                    error = off(skew);
                }
            }
            prop_assert!(ahead != 0 || skew.millis() == 0);
        }

        /// Answers all over the second leave of a wrong clock's error little more than the way takes.
        #[test]
        fn a_wrong_clock_is_soon_known_to_some_milliseconds(ahead in -15_000..15_000_i64, way in 0..30_i64) {
            let mut skew = Skew::default();
            for tenth in 0..100 {
                let received = MOMENT.plus_millis(tenth * 1_010);
                let server = received.plus_millis(ahead - way);
                let date = UnixTime(server.0 - server.0.rem_euclid(1_000));
                skew.answered(date, received.plus_millis(-2 * way), received);
            }
            prop_assert!((skew.millis() - ahead).abs() <= way + 10, "{}", skew.millis());
        }

        #[test]
        fn no_text_panics(text in ".{0,80}", inner in "[0-9TZ:() -]{0,40}") {
            let _ = server_time(&text);
            let _ = server_time(&format!("{text}({inner}"));
        }
    }
}
