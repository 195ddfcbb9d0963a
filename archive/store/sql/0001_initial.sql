-- Times are UTC as fixed-width text (2026-11-24T08:30:00.000000Z), so that they sort as they pass.
-- What was ever said is append-only (blob, document, feed_version, version, edition, deletion): triggers refuse to
-- change it.
-- What is only known now (feed, poll, entry, span, channel) may change.

CREATE TABLE setting (
    key   TEXT PRIMARY KEY,
    value TEXT NOT NULL
) WITHOUT ROWID;

-- Bytes by their SHA-256: documents as served, and versions of entries.
CREATE TABLE blob (
    id     INTEGER PRIMARY KEY,
    sha256 BLOB NOT NULL UNIQUE,
    size   INTEGER NOT NULL,
    codec  TEXT NOT NULL,
    data   BLOB NOT NULL
);

CREATE TABLE feed (
    id            INTEGER PRIMARY KEY,
    url           TEXT NOT NULL UNIQUE,
    kind          TEXT NOT NULL CHECK (kind IN ('remote', 'local')),
    added         TEXT NOT NULL,
    removed       TEXT,
    given_title   TEXT,
    tags          TEXT NOT NULL DEFAULT '[]',
    guids_trusted INTEGER NOT NULL DEFAULT 1
);

CREATE TABLE feed_version (
    id          INTEGER PRIMARY KEY,
    feed        INTEGER NOT NULL REFERENCES feed (id),
    first_seen  TEXT NOT NULL,
    fingerprint BLOB NOT NULL,
    body        TEXT NOT NULL
);
CREATE INDEX feed_version_feed ON feed_version (feed, id);

-- How a remote feed is polled. `interval` is in minutes and stands above the schedule's. `document` is the last one
-- that was a feed, `window` the last one that showed entries too. `lease_holder` is the process that polls it until
-- lease_until (archive/store/holders.py); one that has ended holds nothing.
CREATE TABLE poll (
    feed          INTEGER PRIMARY KEY REFERENCES feed (id),
    next_due      TEXT NOT NULL,
    interval      INTEGER,
    etag          TEXT,
    last_modified TEXT,
    document      INTEGER REFERENCES document (id),
    window        INTEGER REFERENCES document (id),
    last_polled   TEXT,
    last_success  TEXT,
    last_changed  TEXT,
    last_status   INTEGER,
    failures      INTEGER NOT NULL DEFAULT 0,
    error         TEXT,
    gone          TEXT,
    reason        TEXT,
    lease_until   TEXT,
    lease_holder  TEXT
);
CREATE INDEX poll_due ON poll (next_due);

-- A document as served; one row for a run of equal answers, the last of which came at last_at.
CREATE TABLE document (
    id               INTEGER PRIMARY KEY,
    feed             INTEGER NOT NULL REFERENCES feed (id),
    blob             INTEGER NOT NULL REFERENCES blob (id),
    url              TEXT NOT NULL,
    status           INTEGER,
    first_at         TEXT NOT NULL,
    request_headers  TEXT NOT NULL DEFAULT '[]',
    response_headers TEXT NOT NULL DEFAULT '[]',
    format           TEXT,
    charset          TEXT,
    problems         TEXT NOT NULL DEFAULT '[]',
    last_at          TEXT NOT NULL,
    times            INTEGER NOT NULL DEFAULT 1
);
CREATE INDEX document_feed ON document (feed, id);
CREATE INDEX document_url ON document (url, id);

CREATE TABLE entry (
    id         INTEGER PRIMARY KEY,
    feed       INTEGER NOT NULL REFERENCES feed (id),
    public_id  TEXT NOT NULL UNIQUE,
    first_seen TEXT NOT NULL,
    date       TEXT NOT NULL,
    link       TEXT,
    edition    INTEGER,
    form       BLOB
);
CREATE INDEX entry_date ON entry (date, id);
CREATE INDEX entry_feed ON entry (feed, date, id);
CREATE INDEX entry_link ON entry (link, feed);

-- A publisher's word that an entry is deleted. The entry stays, and so does all that it ever said.
CREATE TABLE deletion (
    id      INTEGER PRIMARY KEY,
    entry   INTEGER NOT NULL REFERENCES entry (id),
    seen    TEXT NOT NULL,
    at      TEXT,
    reason  TEXT NOT NULL,
    by      TEXT,
    comment TEXT
);
CREATE INDEX deletion_entry ON deletion (entry, id);

-- The keys an entry is known by, each with the rule that gave it and how sure that is (1 is certain).
CREATE TABLE identity (
    feed       INTEGER NOT NULL REFERENCES feed (id),
    key        TEXT NOT NULL,
    entry      INTEGER NOT NULL REFERENCES entry (id),
    rule       TEXT NOT NULL,
    confidence REAL NOT NULL DEFAULT 1,
    since      TEXT NOT NULL,
    PRIMARY KEY (feed, key)
) WITHOUT ROWID;
CREATE INDEX identity_entry ON identity (entry);
CREATE INDEX identity_key ON identity (key);

-- Each distinct content an entry ever had.
CREATE TABLE version (
    id          INTEGER PRIMARY KEY,
    entry       INTEGER NOT NULL REFERENCES entry (id),
    number      INTEGER NOT NULL,
    first_seen  TEXT NOT NULL,
    document    INTEGER REFERENCES document (id),
    fingerprint BLOB NOT NULL,
    blob        INTEGER NOT NULL REFERENCES blob (id),
    words       INTEGER NOT NULL,
    UNIQUE (entry, fingerprint),
    UNIQUE (entry, number)
);

-- When which version became the entry's current one; an edit taken back is an edition of an old version.
CREATE TABLE edition (
    id      INTEGER PRIMARY KEY,
    entry   INTEGER NOT NULL REFERENCES entry (id),
    version INTEGER NOT NULL REFERENCES version (id),
    at      TEXT NOT NULL
);
CREATE INDEX edition_entry ON edition (entry, id);

-- From when until when a version stood in its feed's window; open while `closed` is null, and then last seen with the
-- feed's last document. `closed` is when it was missed first.
CREATE TABLE span (
    id        INTEGER PRIMARY KEY,
    feed      INTEGER NOT NULL REFERENCES feed (id),
    entry     INTEGER NOT NULL REFERENCES entry (id),
    version   INTEGER NOT NULL REFERENCES version (id),
    opened    TEXT NOT NULL,
    last_seen TEXT,
    closed    TEXT,
    reason    TEXT
);
CREATE INDEX span_open ON span (feed, entry) WHERE closed IS NULL;
CREATE INDEX span_version ON span (version);

CREATE TABLE channel (
    name      TEXT PRIMARY KEY,
    cursor    INTEGER NOT NULL DEFAULT 0,
    selection TEXT NOT NULL DEFAULT '',
    length    INTEGER NOT NULL DEFAULT 0,
    pages     INTEGER NOT NULL DEFAULT 0,
    closed    INTEGER NOT NULL DEFAULT 0
) WITHOUT ROWID;

CREATE TABLE channel_item (
    channel  TEXT NOT NULL REFERENCES channel (name),
    position INTEGER NOT NULL,
    edition  INTEGER NOT NULL REFERENCES edition (id),
    dropped  INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (channel, position),
    UNIQUE (channel, edition)
) WITHOUT ROWID;

CREATE TABLE channel_page (
    channel TEXT NOT NULL REFERENCES channel (name),
    number  INTEGER NOT NULL,
    start   INTEGER NOT NULL,
    stop    INTEGER NOT NULL,
    PRIMARY KEY (channel, number)
) WITHOUT ROWID;

-- One row a version; the texts themselves stay in blob, so the index keeps none (contentless).
CREATE VIRTUAL TABLE search USING fts5 (
    title, body, authors, tags,
    content = '', tokenize = 'unicode61 remove_diacritics 2'
);

CREATE TRIGGER blob_kept BEFORE UPDATE ON blob BEGIN SELECT raise(ABORT, 'blobs are never changed'); END;
CREATE TRIGGER blob_stays BEFORE DELETE ON blob BEGIN SELECT raise(ABORT, 'blobs are never deleted'); END;
CREATE TRIGGER version_kept BEFORE UPDATE ON version BEGIN SELECT raise(ABORT, 'versions are never changed'); END;
CREATE TRIGGER version_stays BEFORE DELETE ON version BEGIN SELECT raise(ABORT, 'versions are never deleted'); END;
CREATE TRIGGER edition_kept BEFORE UPDATE ON edition BEGIN SELECT raise(ABORT, 'editions are never changed'); END;
CREATE TRIGGER edition_stays BEFORE DELETE ON edition BEGIN SELECT raise(ABORT, 'editions are never deleted'); END;
CREATE TRIGGER deletion_kept BEFORE UPDATE ON deletion BEGIN SELECT raise(ABORT, 'deletions are never changed'); END;
CREATE TRIGGER deletion_stays BEFORE DELETE ON deletion BEGIN SELECT raise(ABORT, 'deletions are never taken back'); END;
CREATE TRIGGER feed_version_kept BEFORE UPDATE ON feed_version BEGIN SELECT raise(ABORT, 'feed versions are never changed'); END;
CREATE TRIGGER feed_version_stays BEFORE DELETE ON feed_version BEGIN SELECT raise(ABORT, 'feed versions are never deleted'); END;
CREATE TRIGGER document_kept BEFORE UPDATE OF id, feed, blob, url, status, first_at, request_headers, response_headers ON document
BEGIN SELECT raise(ABORT, 'documents are never changed'); END;
CREATE TRIGGER document_stays BEFORE DELETE ON document BEGIN SELECT raise(ABORT, 'documents are never deleted'); END;
CREATE TRIGGER entry_stays BEFORE DELETE ON entry BEGIN SELECT raise(ABORT, 'entries are never deleted'); END;
CREATE TRIGGER entry_kept BEFORE UPDATE OF id, feed, public_id, first_seen ON entry
BEGIN SELECT raise(ABORT, 'entries are never exchanged'); END;
CREATE TRIGGER feed_kept BEFORE UPDATE OF id, added ON feed BEGIN SELECT raise(ABORT, 'feeds are never exchanged'); END;
CREATE TRIGGER feed_stays BEFORE DELETE ON feed BEGIN SELECT raise(ABORT, 'feeds are never deleted'); END;

-- INSERT OR REPLACE deletes without asking the triggers above.
CREATE TRIGGER blob_once BEFORE INSERT ON blob WHEN EXISTS (SELECT 1 FROM blob WHERE id = NEW.id OR sha256 = NEW.sha256)
BEGIN SELECT raise(ABORT, 'blobs are never changed'); END;
CREATE TRIGGER version_once BEFORE INSERT ON version WHEN EXISTS (SELECT 1 FROM version WHERE id = NEW.id OR (entry = NEW.entry AND (number = NEW.number OR fingerprint = NEW.fingerprint)))
BEGIN SELECT raise(ABORT, 'versions are never changed'); END;
CREATE TRIGGER edition_once BEFORE INSERT ON edition WHEN EXISTS (SELECT 1 FROM edition WHERE id = NEW.id)
BEGIN SELECT raise(ABORT, 'editions are never changed'); END;
CREATE TRIGGER deletion_once BEFORE INSERT ON deletion WHEN EXISTS (SELECT 1 FROM deletion WHERE id = NEW.id)
BEGIN SELECT raise(ABORT, 'deletions are never changed'); END;
CREATE TRIGGER feed_version_once BEFORE INSERT ON feed_version WHEN EXISTS (SELECT 1 FROM feed_version WHERE id = NEW.id)
BEGIN SELECT raise(ABORT, 'feed versions are never changed'); END;
CREATE TRIGGER document_once BEFORE INSERT ON document WHEN EXISTS (SELECT 1 FROM document WHERE id = NEW.id)
BEGIN SELECT raise(ABORT, 'documents are never changed'); END;
CREATE TRIGGER entry_once BEFORE INSERT ON entry WHEN EXISTS (SELECT 1 FROM entry WHERE id = NEW.id OR public_id = NEW.public_id)
BEGIN SELECT raise(ABORT, 'entries are never exchanged'); END;
CREATE TRIGGER feed_once BEFORE INSERT ON feed WHEN EXISTS (SELECT 1 FROM feed WHERE id = NEW.id OR url = NEW.url)
BEGIN SELECT raise(ABORT, 'feeds are never exchanged'); END;
