-- Everything the embedded cloud keeps. Times are milliseconds since the Unix epoch, rows and payloads JSON.

-- The view models: one row an item, whatever the table.
CREATE TABLE IF NOT EXISTS items (
    tab     TEXT NOT NULL,
    key     TEXT NOT NULL,
    item    TEXT NOT NULL,
    expires INTEGER,                 -- epoch SECONDS, as in DynamoDB
    PRIMARY KEY (tab, key)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS items_expiring ON items (expires) WHERE expires IS NOT NULL;

CREATE TABLE IF NOT EXISTS index_rows (
    tab       TEXT NOT NULL,
    name      TEXT NOT NULL,
    partition TEXT NOT NULL,
    sort      TEXT NOT NULL,
    key       TEXT NOT NULL,
    PRIMARY KEY (tab, name, partition, sort, key)
) WITHOUT ROWID;

-- What changed, in the order of the transactions that changed it.
CREATE TABLE IF NOT EXISTS stream_records (
    sequence INTEGER PRIMARY KEY AUTOINCREMENT,
    tab      TEXT NOT NULL,
    shard    INTEGER NOT NULL,
    key      TEXT NOT NULL,
    old      TEXT,
    new      TEXT,
    consumer TEXT,                   -- set on a dead letter sent again: for this consumer only
    at       INTEGER NOT NULL
);
CREATE INDEX IF NOT EXISTS stream_records_by_shard ON stream_records (tab, shard, sequence);

CREATE TABLE IF NOT EXISTS checkpoints (
    consumer     TEXT NOT NULL,
    tab          TEXT NOT NULL,
    shard        INTEGER NOT NULL,
    sequence     INTEGER NOT NULL,   -- everything up to here is done
    attempts     INTEGER NOT NULL DEFAULT 0,
    first_failed INTEGER,            -- of the record after it
    PRIMARY KEY (consumer, shard)
) WITHOUT ROWID;

-- The bus: what was accepted, what became of it for each rule, and what is to be delivered when.
CREATE TABLE IF NOT EXISTS events (
    id          TEXT PRIMARY KEY,
    source      TEXT NOT NULL,
    detail_type TEXT NOT NULL,
    time        INTEGER NOT NULL,
    detail      TEXT NOT NULL
) WITHOUT ROWID;

CREATE INDEX IF NOT EXISTS events_by_time ON events (time);

CREATE TABLE IF NOT EXISTS deliveries (
    event        TEXT NOT NULL,
    rule         TEXT NOT NULL,      -- '' where no rule matched
    state        TEXT NOT NULL,      -- pending, written, late, duplicate, dead, unmatched
    cause        TEXT,               -- of the last failure
    attempts     INTEGER NOT NULL DEFAULT 0,
    first_failed INTEGER,
    finished     INTEGER,
    PRIMARY KEY (event, rule)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS deliveries_by_state ON deliveries (state);

-- What was counted of events and deliveries that are gone: the account still closes.
CREATE TABLE IF NOT EXISTS totals (
    state TEXT PRIMARY KEY,          -- a delivery's, or accepted
    count INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS queue (
    id    INTEGER PRIMARY KEY AUTOINCREMENT,
    event TEXT NOT NULL,
    rule  TEXT NOT NULL,
    due   INTEGER NOT NULL
);
CREATE INDEX IF NOT EXISTS queue_by_due ON queue (due);
CREATE INDEX IF NOT EXISTS queue_by_event ON queue (event, rule);

CREATE TABLE IF NOT EXISTS timers (
    name         TEXT PRIMARY KEY,
    at           INTEGER NOT NULL,
    payload      TEXT NOT NULL,
    generation   INTEGER NOT NULL DEFAULT 0, -- grows when the timer is set again
    attempts     INTEGER NOT NULL DEFAULT 0,
    first_failed INTEGER
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS timers_by_at ON timers (at);

-- The queues' messages, until somebody has done with them.
CREATE TABLE IF NOT EXISTS messages (
    id       INTEGER PRIMARY KEY AUTOINCREMENT,
    queue    TEXT NOT NULL,
    body     TEXT NOT NULL,
    visible  INTEGER NOT NULL,       -- from then on it may be received
    receives INTEGER NOT NULL DEFAULT 0,
    cause    TEXT                    -- of the last failure
);
CREATE INDEX IF NOT EXISTS messages_by_visible ON messages (queue, visible);

-- The executions of workflows; those that ended are kept for their names.
CREATE TABLE IF NOT EXISTS executions (
    machine    TEXT NOT NULL,
    name       TEXT NOT NULL,
    state      TEXT NOT NULL,        -- running, succeeded, failed
    step       INTEGER NOT NULL,     -- grows with each checkpoint
    checkpoint TEXT,                 -- while it runs
    due        INTEGER,              -- when it goes on, while it runs
    ended      INTEGER,
    PRIMARY KEY (machine, name)
);
CREATE INDEX IF NOT EXISTS executions_by_due ON executions (due, machine) WHERE due IS NOT NULL;
CREATE INDEX IF NOT EXISTS executions_by_end ON executions (ended) WHERE ended IS NOT NULL;

-- What topics brought to their subscribers; the newest only.
CREATE TABLE IF NOT EXISTS mailbox (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    message    TEXT NOT NULL,        -- its id, the same for each subscriber
    topic      TEXT NOT NULL,
    subscriber TEXT NOT NULL,
    subject    TEXT NOT NULL,
    body       TEXT NOT NULL,
    at         INTEGER NOT NULL
);

-- What the pipeline gave up on, until somebody sends it again.
CREATE TABLE IF NOT EXISTS dead_letters (
    id       INTEGER PRIMARY KEY AUTOINCREMENT,
    origin   TEXT NOT NULL,          -- bus, stream, timer, queue, workflow
    name     TEXT NOT NULL,          -- the rule, the consumer, the timer, the queue or the workflow
    subject  TEXT NOT NULL,          -- the event's id, the row's key, the timer's name, the execution's name, or what a
                                     -- message is about
    cause    TEXT NOT NULL,
    attempts INTEGER NOT NULL,
    payload  TEXT NOT NULL,
    at       INTEGER NOT NULL
);
CREATE INDEX IF NOT EXISTS dead_letters_by_name ON dead_letters (origin, name, subject);

-- The guests' identities, and the key that credentials are made with.
CREATE TABLE IF NOT EXISTS identities (
    id TEXT PRIMARY KEY,
    at INTEGER NOT NULL              -- when it last got credentials
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS identities_by_at ON identities (at);

CREATE TABLE IF NOT EXISTS secrets (
    name  TEXT PRIMARY KEY,
    value BLOB NOT NULL
) WITHOUT ROWID;

-- The trail of each event, for whoever follows it and for the account; forgotten with the event.
CREATE TABLE IF NOT EXISTS attempts (
    event   TEXT NOT NULL,
    rule    TEXT NOT NULL,
    begun   INTEGER NOT NULL,
    ended   INTEGER NOT NULL,
    outcome TEXT NOT NULL,           -- written, late, duplicate, failed
    cause   TEXT                     -- of a failure
);
CREATE INDEX IF NOT EXISTS attempts_by_event ON attempts (event);

CREATE TABLE IF NOT EXISTS effects (
    sequence INTEGER PRIMARY KEY,    -- of the stream record
    event    TEXT NOT NULL,
    rule     TEXT NOT NULL,
    tab      TEXT NOT NULL,
    shard    INTEGER NOT NULL,
    key      TEXT NOT NULL,
    revision INTEGER,
    at       INTEGER NOT NULL
);
CREATE INDEX IF NOT EXISTS effects_by_event ON effects (event, rule);
CREATE INDEX IF NOT EXISTS effects_by_row ON effects (tab, key, revision);

CREATE TABLE IF NOT EXISTS publications (
    sequence INTEGER NOT NULL,
    consumer TEXT NOT NULL,
    state    TEXT NOT NULL,          -- published, dead, again (after dead: it waits once more), before (the record
                                     -- was gone when the consumer came)
    at       INTEGER NOT NULL,       -- the first time
    reached  INTEGER NOT NULL,       -- subscribers, the first time
    times    INTEGER NOT NULL,
    PRIMARY KEY (sequence, consumer)
) WITHOUT ROWID;

-- Records that were given up are sent again under a number of their own; their trail stays with the first.
CREATE TABLE IF NOT EXISTS resends (
    sequence INTEGER PRIMARY KEY,
    original INTEGER NOT NULL
);
CREATE INDEX IF NOT EXISTS resends_by_original ON resends (original);

-- What was written before there were trails, counted once, when they came.
INSERT OR IGNORE INTO totals
SELECT 'untraced', (SELECT count(*) FROM deliveries WHERE state = 'written')
    + coalesce((SELECT count FROM totals WHERE state = 'written'), 0)
WHERE NOT EXISTS (SELECT 1 FROM totals WHERE state = 'untraced');
