-- What is known of when a feed's entries come (archive/rhythm.py), as JSON, learnt from the entries that came
-- by `learnt`; it can be learnt anew at any time. `expected` is how many entries a day that makes, `planned` until when
-- poll.plan says when to ask.
CREATE TABLE rhythm (
    feed     INTEGER PRIMARY KEY REFERENCES feed (id),
    known    TEXT NOT NULL,
    learnt   TEXT NOT NULL,
    expected REAL NOT NULL,
    planned  TEXT NOT NULL
);

-- The visits that the rhythm asks for, as JSON (archive/schedule/pacing.py); it stands here to be read with the rest.
ALTER TABLE poll ADD COLUMN plan TEXT;
