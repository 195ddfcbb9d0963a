-- Documents that differ little from the one before are stored as their difference (`base`, at most so many steps deep),
-- and so are versions of an entry.
ALTER TABLE blob ADD COLUMN base INTEGER REFERENCES blob (id);
ALTER TABLE blob ADD COLUMN depth INTEGER NOT NULL DEFAULT 0;

-- Headers, packed (archive/store/heads.py); documents of schema 1 have theirs in request_headers and response_headers.
ALTER TABLE document ADD COLUMN heads BLOB;
CREATE TRIGGER document_heads_kept BEFORE UPDATE OF heads ON document
BEGIN SELECT raise(ABORT, 'documents are never changed'); END;

-- Whether dates tell something: those of some feeds move with the clock at every visit.
ALTER TABLE feed ADD COLUMN dates_trusted INTEGER NOT NULL DEFAULT 1;

-- The entries that the feed's last document shows, in its order, as a JSON list: who left, and from where.
ALTER TABLE poll ADD COLUMN shown TEXT NOT NULL DEFAULT '[]';

-- By which of the entry's keys it came, where that is not its first; `late` marks old content that was learnt of
-- afterwards, and is no edit.
ALTER TABLE edition ADD COLUMN key TEXT;
ALTER TABLE edition ADD COLUMN late INTEGER NOT NULL DEFAULT 0;
CREATE INDEX edition_time ON edition (entry, at, id);

-- An entry that was found to be another one's later or earlier self; its versions are told with that one's.
ALTER TABLE entry ADD COLUMN merged INTEGER REFERENCES entry (id);
CREATE INDEX entry_merged ON entry (merged) WHERE merged IS NOT NULL;

-- Versions that turned out to be another entry's, which has them now; they are not told here any more.
CREATE TABLE moved_version (
    version INTEGER PRIMARY KEY REFERENCES version (id),
    copy    INTEGER NOT NULL REFERENCES version (id)
);

-- Who joined and parted entries, by hand: what was done can be seen and undone.
CREATE TABLE joining (
    id     INTEGER PRIMARY KEY,
    at     TEXT NOT NULL,
    action TEXT NOT NULL CHECK (action IN ('merge', 'split')),
    entry  INTEGER NOT NULL REFERENCES entry (id),
    other  INTEGER NOT NULL REFERENCES entry (id),
    keys   TEXT NOT NULL
);

-- What befell a feed: gone (410), parked (a page in its place), replaced (another feed in its place), back, complete.
CREATE TABLE event (
    id     INTEGER PRIMARY KEY,
    feed   INTEGER NOT NULL REFERENCES feed (id),
    at     TEXT NOT NULL,
    kind   TEXT NOT NULL,
    detail TEXT
);
CREATE INDEX event_feed ON event (feed, id);

CREATE INDEX span_entry ON span (entry, id);
CREATE INDEX document_time ON document (feed, first_at);

CREATE TRIGGER moved_version_kept BEFORE UPDATE ON moved_version BEGIN SELECT raise(ABORT, 'moves are never changed'); END;
CREATE TRIGGER moved_version_stays BEFORE DELETE ON moved_version BEGIN SELECT raise(ABORT, 'moves are never deleted'); END;
CREATE TRIGGER joining_kept BEFORE UPDATE ON joining BEGIN SELECT raise(ABORT, 'joinings are never changed'); END;
CREATE TRIGGER joining_stays BEFORE DELETE ON joining BEGIN SELECT raise(ABORT, 'joinings are never deleted'); END;
CREATE TRIGGER event_kept BEFORE UPDATE ON event BEGIN SELECT raise(ABORT, 'events are never changed'); END;
CREATE TRIGGER event_stays BEFORE DELETE ON event BEGIN SELECT raise(ABORT, 'events are never deleted'); END;
CREATE TRIGGER moved_version_once BEFORE INSERT ON moved_version WHEN EXISTS (SELECT 1 FROM moved_version WHERE version = NEW.version)
BEGIN SELECT raise(ABORT, 'moves are never changed'); END;
CREATE TRIGGER joining_once BEFORE INSERT ON joining WHEN EXISTS (SELECT 1 FROM joining WHERE id = NEW.id)
BEGIN SELECT raise(ABORT, 'joinings are never changed'); END;
CREATE TRIGGER event_once BEFORE INSERT ON event WHEN EXISTS (SELECT 1 FROM event WHERE id = NEW.id)
BEGIN SELECT raise(ABORT, 'events are never changed'); END;

-- Old copies of a feed may show that an entry was there earlier than was known; never later.
DROP TRIGGER entry_kept;
CREATE TRIGGER entry_kept BEFORE UPDATE OF id, feed, public_id ON entry
BEGIN SELECT raise(ABORT, 'entries are never exchanged'); END;
CREATE TRIGGER entry_seen BEFORE UPDATE OF first_seen ON entry WHEN NEW.first_seen > OLD.first_seen
BEGIN SELECT raise(ABORT, 'entries are never seen later than they were'); END;
