-- A new address is taken over when a permanent redirect to it was confirmed a second time.
ALTER TABLE poll ADD COLUMN moved_to TEXT;
ALTER TABLE poll ADD COLUMN moved_since TEXT;

-- How often the feed answered, and whether its server was found to say "not modified" of what was modified.
ALTER TABLE poll ADD COLUMN answers INTEGER NOT NULL DEFAULT 0;
ALTER TABLE poll ADD COLUMN lies INTEGER NOT NULL DEFAULT 0;

-- All that bore on the next due time, as JSON: a list of [rule, time that it asks for, whether it decided].
ALTER TABLE poll ADD COLUMN rules TEXT NOT NULL DEFAULT '[]';

-- Feeds that a hub pushes (W3C WebSub). `token` is in the callback's address, `secret` signs what comes to it.
CREATE TABLE push (
    feed      INTEGER PRIMARY KEY REFERENCES feed (id),
    hub       TEXT NOT NULL,
    topic     TEXT NOT NULL,
    token     TEXT NOT NULL UNIQUE,
    secret    TEXT NOT NULL,
    state     TEXT NOT NULL CHECK (state IN ('asked', 'verified', 'denied', 'ended')),
    asked     TEXT NOT NULL,
    expires   TEXT,
    pushed    TEXT,
    reason    TEXT
);
