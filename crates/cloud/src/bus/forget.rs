//! Forgetting: events that have come to a good end are kept for a week, and stay in the account.

use rusqlite::Transaction;

use crate::store::StoreError;
use crate::trail;

/// How long finished events are kept, in milliseconds: a week.
const KEPT: i64 = 7 * 24 * 60 * 60 * 1000;

/// Forgets some events of which every delivery ended a week ago and none is dead, nor the publication of what it
/// changed: what was given up may be sent again.
/// Says how many they were.
pub(crate) fn forget_finished(
    tx: &Transaction<'_>,
    now: i64,
    at_most: i64,
) -> Result<usize, StoreError> {
    // What has not finished has no time of its end: null, which is no reason to forget it.
    let mut finished = tx.prepare_cached(
        "SELECT id FROM events WHERE time < ?1
         AND NOT EXISTS (SELECT 1 FROM deliveries
             WHERE event = events.id AND (state = 'dead' OR coalesce(finished >= ?1, true)))
         AND NOT EXISTS (SELECT 1 FROM queue WHERE event = events.id)
         AND NOT EXISTS (SELECT 1 FROM effects e LEFT JOIN publications p ON p.sequence = e.sequence
             WHERE e.event = events.id AND coalesce(p.state IN ('dead', 'again'), true)) LIMIT ?2",
    )?;
    let ids = finished.query_map([now - KEPT, at_most], |row| row.get(0))?;
    let ids: Vec<String> = ids.collect::<Result<_, _>>()?;
    for id in &ids {
        trail::forget(tx, id)?;
        for sql in [
            "INSERT INTO totals SELECT state, count(*) FROM deliveries WHERE event = ?1 GROUP BY state
             ON CONFLICT (state) DO UPDATE SET count = count + excluded.count",
            "INSERT INTO totals SELECT 'accepted', 1 FROM events WHERE id = ?1
             ON CONFLICT (state) DO UPDATE SET count = count + excluded.count",
            "DELETE FROM deliveries WHERE event = ?1",
            "DELETE FROM events WHERE id = ?1",
        ] {
            tx.prepare_cached(sql)?.execute([id])?;
        }
    }
    Ok(ids.len())
}
