-- What the screens show and keep: class colours and keys, saved views, where a reader left off, facts for quality.

ALTER TABLE class ADD COLUMN color TEXT NOT NULL DEFAULT '';
-- One character, lower case; a class beyond the keys there are has none.
ALTER TABLE class ADD COLUMN key TEXT CHECK (key IS NULL OR length(key) = 1);
-- Colours stay empty: they follow from the position until the classes are first changed.
UPDATE class SET key = nullif(substr('1234567890qwertyuiopasdfghlxcvbnm', position + 1, 1), '')
WHERE retired_at IS NULL;
CREATE UNIQUE INDEX class_by_key ON class (key) WHERE key IS NOT NULL;

-- Members of a version are written in several transactions; until the last one it does not count.
ALTER TABLE dataset_version ADD COLUMN complete INTEGER NOT NULL DEFAULT 1 CHECK (complete IN (0, 1));

-- The summary asks whether any image was generated: rarely any, and else every row would be looked at.
CREATE INDEX image_generated ON image (generated) WHERE generated = 1;

-- Of the picture as decoded, grey, from 0 to 1; null for images imported before they were kept.
ALTER TABLE image ADD COLUMN mean REAL;
ALTER TABLE image ADD COLUMN deviation REAL;
-- Variance of the Laplacian of the picture at 256 pixels: low where it is blurred.
ALTER TABLE image ADD COLUMN sharpness REAL;
-- 256 bits as 64 hex digits: the sign of horizontal differences at 17×16 pixels.
ALTER TABLE image ADD COLUMN difference_hash TEXT CHECK (difference_hash IS NULL OR length(difference_hash) = 64);

-- So that what is gone is found without looking at every file.
CREATE INDEX file_missing ON file (missing_since) WHERE missing_since IS NOT NULL;

ALTER TABLE record ADD COLUMN unsure INTEGER NOT NULL DEFAULT 0 CHECK (unsure IN (0, 1));

CREATE TABLE saved_view (
  id TEXT PRIMARY KEY NOT NULL,
  name TEXT NOT NULL UNIQUE COLLATE NOCASE,
  query TEXT NOT NULL CHECK (json_valid(query)),
  created_at TEXT NOT NULL
) STRICT;

CREATE TABLE reading_place (
  reader_id TEXT PRIMARY KEY NOT NULL REFERENCES reader (id),
  image_id TEXT NOT NULL REFERENCES image (id),
  query TEXT NOT NULL CHECK (json_valid(query)),
  at TEXT NOT NULL
) STRICT, WITHOUT ROWID;

ALTER TABLE run ADD COLUMN name TEXT NOT NULL DEFAULT '';
UPDATE run SET name = coalesce(recipe ->> '$.name', '');
-- Classes in the network's order as [{id, name}], as they were called then; null for runs from before.
ALTER TABLE run ADD COLUMN classes TEXT CHECK (classes IS NULL OR json_valid(classes));
-- A removed run's row stays: the test set's opening counter and runs made again refer to it.
ALTER TABLE run ADD COLUMN removed_at TEXT;

-- Sample predictions of each epoch.
CREATE TABLE run_sample (
  run_id TEXT NOT NULL REFERENCES run (id),
  epoch INTEGER NOT NULL,
  rows TEXT NOT NULL CHECK (json_valid(rows)),
  PRIMARY KEY (run_id, epoch)
) STRICT, WITHOUT ROWID;

-- Statistics that earlier versions left: with them SQLite goes through whole tables for a few rows.
DROP TABLE IF EXISTS sqlite_stat1;
DROP TABLE IF EXISTS sqlite_stat4;
