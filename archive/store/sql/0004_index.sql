-- Only what entries say now is in the search index: which row of it holds which version, and a digest of the words that
-- stand there, as FTS5 must be told them to take them out again (null where they are not known).
CREATE TABLE indexed (
    row     INTEGER PRIMARY KEY,
    entry   INTEGER NOT NULL UNIQUE REFERENCES entry (id),
    version INTEGER NOT NULL REFERENCES version (id),
    digest  BLOB
);
INSERT INTO indexed (row, entry, version)
    SELECT edition.version, entry.id, edition.version FROM entry JOIN edition ON edition.id = entry.edition
    WHERE edition.version IN (SELECT id FROM search_docsize);

-- What is asked seldom needs no index of its own: articles are found by their address, remote feeds have few.
DROP INDEX document_url;
CREATE INDEX document_url ON document (url, id) WHERE status IS NULL;
DROP INDEX document_time;
DROP INDEX edition_entry;
DROP INDEX span_version;
