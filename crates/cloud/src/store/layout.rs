//! What lies in the database, and what becomes of a file that an older version wrote.

use rusqlite::{Connection, Transaction, TransactionBehavior};

/// Every table of every module: one place says what lies in the database.
const SCHEMA: &str = include_str!("schema.sql");
/// Which layout [`SCHEMA`] describes, and the rows in it; to be raised with every change that an older file does not fit,
/// with a step in [`apply`] that makes it fit.
pub(super) const LAYOUT: i64 = 2;

/// Which layout a file has; 0 for a new one.
pub(super) fn of(connection: &Connection) -> rusqlite::Result<i64> {
    connection.query_row("PRAGMA user_version", [], |row| row.get(0))
}

/// Makes what is missing, and makes an older file fit, in one transaction: another process may be about to do the same.
pub(super) fn apply(connection: &mut Connection) -> rusqlite::Result<()> {
    let tx = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let before = of(&tx)?;
    tx.execute_batch(SCHEMA)?;
    if before == 1 {
        drop_status_timers(&tx)?;
        let_restaurant_orders_expire(&tx)?;
    }
    if before != LAYOUT {
        tx.pragma_update(None, "user_version", LAYOUT)?;
    }
    tx.commit()
}

/// An order's next state was a timer once, which no handler takes any more. Its order stays where it is, and goes after its
/// day as all do.
fn drop_status_timers(tx: &Transaction<'_>) -> rusqlite::Result<()> {
    let timers = tx.execute("DELETE FROM timers WHERE name LIKE 'order/%'", [])?;
    let given_up = "DELETE FROM dead_letters WHERE origin = 'timer' AND name LIKE 'order/%'";
    let letters = tx.execute(given_up, [])?;
    if timers + letters > 0 {
        tracing::warn!(
            timers,
            letters,
            "an older version moved simulated orders by timers: those in this folder stay where they are"
        );
    }
    Ok(())
}

/// The restaurant's orders were kept until they were deleted once: these go as new ones do, a day after their last step.
fn let_restaurant_orders_expire(tx: &Transaction<'_>) -> rusqlite::Result<()> {
    tx.execute_batch(
        "UPDATE items SET expires = 24 * 60 * 60 + strftime('%s', coalesce(
             json_extract(item, '$.stages[#-1].at'), json_extract(item, '$.createdAt')))
         WHERE tab = 'restaurant-orders' AND expires IS NULL;
         UPDATE items SET item = json_set(item, '$.expiresAt', expires)
         WHERE tab = 'restaurant-orders' AND expires IS NOT NULL;",
    )
}
