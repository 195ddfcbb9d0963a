-- Every row that is only ever added is a leaf of a Merkle tree (RFC 6962, docs/proof.md). A row here holds the leaves
-- of a transaction, one after another (the first 12 bytes of each), in the order of the tables in
-- archive/store/leaves.py; `size` is how many leaves there are with these, `reach` the greatest number in each of the
-- tables by then, as a JSON list.
-- `checks` are the CRC-32 of how blobs and headers are stored (4 bytes each): what they hold is in the leaves.
CREATE TABLE log (
    size   INTEGER PRIMARY KEY,
    reach  TEXT NOT NULL,
    leaves BLOB NOT NULL,
    checks BLOB NOT NULL
);

-- Hashes of whole subtrees of 16, 256, ... leaves (levels 4, 8, ...), so that proofs need not begin at the leaves. They
-- can be made anew at any time.
CREATE TABLE log_node (
    level  INTEGER NOT NULL,
    number INTEGER NOT NULL,
    hash   BLOB NOT NULL,
    PRIMARY KEY (level, number)
) WITHOUT ROWID;

-- The checkpoints that were signed, as signed notes (C2SP tlog-checkpoint).
CREATE TABLE log_checkpoint (
    id   INTEGER PRIMARY KEY,
    size INTEGER NOT NULL,
    at   TEXT NOT NULL,
    note TEXT NOT NULL
);

-- Moves are numbered as they come.
DROP TRIGGER moved_version_kept;
DROP TRIGGER moved_version_stays;
DROP TRIGGER moved_version_once;
ALTER TABLE moved_version RENAME TO moved_before;
CREATE TABLE moved_version (
    version INTEGER NOT NULL UNIQUE REFERENCES version (id),
    copy    INTEGER NOT NULL REFERENCES version (id),
    id      INTEGER PRIMARY KEY
);
INSERT INTO moved_version (version, copy) SELECT version, copy FROM moved_before ORDER BY version;
DROP TABLE moved_before;
CREATE TRIGGER moved_version_kept BEFORE UPDATE ON moved_version BEGIN SELECT raise(ABORT, 'moves are never changed'); END;
CREATE TRIGGER moved_version_stays BEFORE DELETE ON moved_version BEGIN SELECT raise(ABORT, 'moves are never deleted'); END;
CREATE TRIGGER moved_version_once BEFORE INSERT ON moved_version WHEN EXISTS (SELECT 1 FROM moved_version WHERE version = NEW.version OR id = NEW.id)
BEGIN SELECT raise(ABORT, 'moves are never changed'); END;

CREATE TRIGGER log_kept BEFORE UPDATE ON log BEGIN SELECT raise(ABORT, 'the log is never changed'); END;
CREATE TRIGGER log_stays BEFORE DELETE ON log BEGIN SELECT raise(ABORT, 'the log is never cut'); END;
CREATE TRIGGER log_grows BEFORE INSERT ON log WHEN NEW.size <= (SELECT max(size) FROM log)
BEGIN SELECT raise(ABORT, 'the log only grows'); END;
CREATE TRIGGER log_checkpoint_kept BEFORE UPDATE ON log_checkpoint BEGIN SELECT raise(ABORT, 'checkpoints are never changed'); END;
CREATE TRIGGER log_checkpoint_stays BEFORE DELETE ON log_checkpoint BEGIN SELECT raise(ABORT, 'checkpoints are never deleted'); END;
CREATE TRIGGER log_checkpoint_once BEFORE INSERT ON log_checkpoint WHEN EXISTS (SELECT 1 FROM log_checkpoint WHERE id = NEW.id)
BEGIN SELECT raise(ABORT, 'checkpoints are never changed'); END;
