-- DICOM and volumes, every kind of label, drawings, and a journal that everything undoable goes through.

-- What was enumerated in CHECKs of this table is the contract's; a template adds tasks and rules.
CREATE TABLE new_project (
  singleton INTEGER PRIMARY KEY CHECK (singleton = 1),
  id TEXT NOT NULL,
  name TEXT NOT NULL,
  template TEXT NOT NULL,
  task TEXT NOT NULL,
  -- Which rule makes the label of record out of readers' labels, with its version.
  label_rule TEXT NOT NULL,
  -- Kind, level, unit and range of labels, and the shapes that are drawn.
  label_schema TEXT NOT NULL CHECK (json_valid(label_schema)),
  class_schema_version INTEGER NOT NULL,
  current_version TEXT REFERENCES dataset_version (hash),
  created_at TEXT NOT NULL
) STRICT;
INSERT INTO new_project (singleton, id, name, template, task, label_rule, label_schema, class_schema_version, current_version, created_at)
SELECT singleton, id, name, template, task, label_rule, '{"kind":"single","level":"image","number":null,"shapes":[]}',
  class_schema_version, current_version, created_at FROM project;
DROP TABLE project;
ALTER TABLE new_project RENAME TO project;

-- Patient, study and series say what was asked to be kept of a DICOM header, and nothing else of it.
ALTER TABLE patient ADD COLUMN sex TEXT;
ALTER TABLE study ADD COLUMN age_years REAL;
ALTER TABLE series ADD COLUMN body_part TEXT;
ALTER TABLE series ADD COLUMN device TEXT;
ALTER TABLE image ADD COLUMN laterality TEXT CHECK (laterality IN ('R', 'L', 'U', 'B'));
ALTER TABLE image ADD COLUMN view TEXT;
-- Order within the series: millimetres along the normal of the slices, else the number of the instance and frame.
ALTER TABLE image ADD COLUMN series_position REAL;
-- The import that brought it; null for images imported before imports could be taken back.
ALTER TABLE image ADD COLUMN import_id TEXT;
-- Its import was taken back: it counts nowhere, and comes again with a redo or when it is imported again.
ALTER TABLE image ADD COLUMN removed INTEGER NOT NULL DEFAULT 0 CHECK (removed IN (0, 1));
-- Images of a series in their order.
DROP INDEX image_by_series;
CREATE INDEX image_by_series ON image (series_id, removed, series_position);
CREATE INDEX image_removed ON image (removed) WHERE removed = 1;
CREATE INDEX image_by_import ON image (import_id) WHERE import_id IS NOT NULL;

CREATE TABLE new_file (
  id TEXT PRIMARY KEY NOT NULL,
  root_id TEXT NOT NULL REFERENCES root (id),
  -- Forward slashes on every system.
  relative_path TEXT NOT NULL,
  byte_sha256 TEXT NOT NULL CHECK (length(byte_sha256) = 64),
  size_bytes INTEGER NOT NULL CHECK (size_bytes >= 0),
  format TEXT NOT NULL CHECK (format IN ('png', 'jpeg', 'tiff', 'webp', 'bmp', 'dicom', 'nifti')),
  missing_since TEXT,
  UNIQUE (root_id, relative_path)
) STRICT;
INSERT INTO new_file (id, root_id, relative_path, byte_sha256, size_bytes, format, missing_since)
SELECT id, root_id, relative_path, byte_sha256, size_bytes, format, missing_since FROM file;
DROP TABLE file;
ALTER TABLE new_file RENAME TO file;
CREATE INDEX file_by_bytes ON file (byte_sha256);
CREATE INDEX file_missing ON file (missing_since) WHERE missing_since IS NOT NULL;

-- What a person may do in the project when several work on it over a server.
ALTER TABLE reader ADD COLUMN role TEXT NOT NULL DEFAULT 'reader' CHECK (role IN ('reader', 'adjudicator', 'owner'));

-- Labels of a class that was merged into another, or split up, count as labels of its heir.
ALTER TABLE class ADD COLUMN heir TEXT REFERENCES class (id);

-- The journal. Order by (clock, replica_id), never by wall clock.
CREATE TABLE new_event (
  position INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL UNIQUE,
  replica_id TEXT NOT NULL REFERENCES replica (id),
  sequence INTEGER NOT NULL,
  -- Lamport clock: one more than the highest known when the event was made.
  clock INTEGER NOT NULL,
  -- Events of one action share it and are undone together.
  batch TEXT NOT NULL,
  -- Who did it; mostly also whose word it is.
  actor_id TEXT NOT NULL REFERENCES reader (id),
  -- Whose word it is; of what belongs to nobody (classes, imports, settings) the actor.
  reader_id TEXT NOT NULL REFERENCES reader (id),
  -- '' is open reading, else the id of a round.
  round TEXT NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('set', 'undo', 'redo')),
  target_kind TEXT NOT NULL CHECK (target_kind IN
    ('patient', 'study', 'series', 'image', 'annotation', 'class', 'import', 'round', 'setting')),
  target_id TEXT NOT NULL,
  from_value TEXT CHECK (from_value IS NULL OR json_valid(from_value)),
  to_value TEXT CHECK (to_value IS NULL OR json_valid(to_value)),
  undoes TEXT REFERENCES event (id),
  -- Of a word whose label stays what it was (a comment, a mark) or becomes again what it was (an undo): the event that
  -- gave that label. Null: this one. So a comment does not make an older label the newest.
  given TEXT REFERENCES event (id),
  at TEXT NOT NULL,
  UNIQUE (replica_id, sequence),
  CHECK ((kind = 'set') = (undoes IS NULL))
) STRICT;
INSERT INTO new_event (position, id, replica_id, sequence, clock, batch, actor_id, reader_id, round, kind, target_kind, target_id,
  from_value, to_value, undoes, at)
SELECT position, id, replica_id, sequence, clock, batch, reader_id, reader_id, '', iif(kind = 'label.set', 'set', kind),
  target_kind, target_id, from_value, to_value, undoes, at FROM event;
DROP TABLE event;
ALTER TABLE new_event RENAME TO event;
CREATE INDEX event_by_target ON event (target_kind, target_id);
CREATE INDEX event_by_reader ON event (reader_id, round, position);
CREATE INDEX event_by_batch ON event (batch);
CREATE INDEX event_by_undone ON event (undoes) WHERE undoes IS NOT NULL;
CREATE INDEX event_by_clock ON event (clock);
CREATE INDEX event_by_drawn_image ON event (coalesce(to_value, from_value) ->> '$.image') WHERE target_kind = 'annotation';
CREATE TRIGGER event_is_never_changed BEFORE UPDATE ON event
BEGIN
  SELECT RAISE(ABORT, 'the label journal is append-only');
END;
CREATE TRIGGER event_is_never_deleted BEFORE DELETE ON event
BEGIN
  SELECT RAISE(ABORT, 'the label journal is append-only');
END;

-- The actions that events belong to, by their first event: what undo looks for and the history lists.
CREATE TABLE action (
  position INTEGER PRIMARY KEY NOT NULL,
  batch TEXT NOT NULL UNIQUE,
  actor_id TEXT NOT NULL REFERENCES reader (id),
  round TEXT NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('set', 'undo', 'redo')),
  -- Position of the event that says best what it was: of an import the import, not the labels that it brought.
  head INTEGER NOT NULL,
  events INTEGER NOT NULL,
  -- The action that it took back or did again.
  reverses TEXT
) STRICT;
INSERT INTO action (position, batch, actor_id, round, kind, head, events, reverses)
SELECT made.first, made.batch, event.actor_id, event.round, event.kind, made.first, made.events, undone.batch
FROM (SELECT batch, min(position) AS first, count(*) AS events FROM event GROUP BY batch) AS made
JOIN event ON event.position = made.first LEFT JOIN event AS undone ON undone.id = event.undoes;
CREATE INDEX action_by_actor ON action (actor_id, round, position);
CREATE INDEX action_by_reversed ON action (reverses) WHERE reverses IS NOT NULL;

-- What the journal amounts to now: the current word of each reader on each target in each round.
CREATE TABLE new_label (
  target_kind TEXT NOT NULL CHECK (target_kind IN ('patient', 'study', 'series', 'image')),
  target_id TEXT NOT NULL,
  reader_id TEXT NOT NULL REFERENCES reader (id),
  round TEXT NOT NULL,
  value TEXT NOT NULL CHECK (json_valid(value)),
  -- The newest event on the word, and the one that gave its label.
  event_id TEXT NOT NULL REFERENCES event (id),
  given_id TEXT NOT NULL REFERENCES event (id),
  PRIMARY KEY (target_kind, target_id, reader_id, round)
) STRICT, WITHOUT ROWID;
INSERT INTO new_label SELECT target_kind, target_id, reader_id, '', value, event_id, event_id FROM label;
DROP TABLE label;
ALTER TABLE new_label RENAME TO label;
CREATE INDEX label_by_round ON label (round) WHERE round <> '';

-- Boxes, outlines, masks and points that stand now. Of a reader, in a round, on an image.
CREATE TABLE annotation (
  id TEXT PRIMARY KEY NOT NULL,
  image_id TEXT NOT NULL REFERENCES image (id),
  reader_id TEXT NOT NULL REFERENCES reader (id),
  round TEXT NOT NULL,
  class_id TEXT REFERENCES class (id),
  value TEXT NOT NULL CHECK (json_valid(value)),
  event_id TEXT NOT NULL REFERENCES event (id)
) STRICT, WITHOUT ROWID;
CREATE INDEX annotation_by_image ON annotation (image_id);
CREATE INDEX annotation_by_class ON annotation (class_id);
CREATE INDEX annotation_by_round ON annotation (round) WHERE round <> '';

-- The label of record: what trains and evaluates, kept by the project's label rule with every event.
CREATE TABLE new_record (
  image_id TEXT PRIMARY KEY NOT NULL REFERENCES image (id),
  -- One of the three. Classes by id after heirs: of a multi-label record as a sorted JSON array, which may be empty.
  class_id TEXT REFERENCES class (id),
  classes TEXT CHECK (classes IS NULL OR json_valid(classes)),
  number REAL,
  unsure INTEGER NOT NULL DEFAULT 0 CHECK (unsure IN (0, 1)),
  event_id TEXT NOT NULL REFERENCES event (id),
  CHECK ((class_id IS NOT NULL) + (classes IS NOT NULL) + (number IS NOT NULL) = 1)
) STRICT, WITHOUT ROWID;
INSERT INTO new_record (image_id, class_id, number, unsure, event_id)
SELECT image_id, class_id, number, unsure, event_id FROM record;
DROP TABLE record;
ALTER TABLE new_record RENAME TO record;
CREATE INDEX record_by_class ON record (class_id);

-- The label of record of a member, as of a record.
ALTER TABLE dataset_member ADD COLUMN classes TEXT CHECK (classes IS NULL OR json_valid(classes));
ALTER TABLE dataset_member ADD COLUMN number REAL;

-- Imports that can be taken back.
CREATE TABLE import (
  id TEXT PRIMARY KEY NOT NULL,
  -- What was imported, for the history: "214 images from films".
  what TEXT NOT NULL,
  images INTEGER NOT NULL,
  removed INTEGER NOT NULL DEFAULT 0 CHECK (removed IN (0, 1)),
  at TEXT NOT NULL
) STRICT;

-- Which patient an import gave to an image that was there without one, or to a study.
CREATE TABLE import_named (
  id TEXT PRIMARY KEY NOT NULL,
  import_id TEXT NOT NULL REFERENCES import (id),
  target_kind TEXT NOT NULL CHECK (target_kind IN ('image', 'study')),
  target_id TEXT NOT NULL,
  patient_id TEXT NOT NULL REFERENCES patient (id)
) STRICT;
CREATE INDEX import_named_by_import ON import_named (import_id);
CREATE INDEX import_named_by_target ON import_named (target_id);

-- Blinded rounds of reading. What belongs to one (images, readers, assignment, order) is its definition, never changed.
CREATE TABLE reading_round (
  id TEXT PRIMARY KEY NOT NULL,
  name TEXT NOT NULL,
  definition TEXT NOT NULL CHECK (json_valid(definition)),
  status TEXT NOT NULL CHECK (status IN ('open', 'closed')),
  opened_at TEXT NOT NULL,
  closed_at TEXT
) STRICT;
-- Each reader's worklist, in the reader's order; made from the definition.
CREATE TABLE worklist (
  round_id TEXT NOT NULL REFERENCES reading_round (id),
  reader_id TEXT NOT NULL REFERENCES reader (id),
  place INTEGER NOT NULL,
  image_id TEXT NOT NULL REFERENCES image (id),
  PRIMARY KEY (round_id, reader_id, place)
) STRICT, WITHOUT ROWID;
CREATE INDEX worklist_by_image ON worklist (round_id, image_id);

-- How long an image was in view before the word on it, summed over visits without pauses.
CREATE TABLE reading_time (
  event_id TEXT PRIMARY KEY NOT NULL REFERENCES event (id),
  milliseconds INTEGER NOT NULL CHECK (milliseconds >= 0)
) STRICT, WITHOUT ROWID;

-- What two copies changed to different ends since they parted.
CREATE TABLE merge_conflict (
  id TEXT PRIMARY KEY NOT NULL,
  target_kind TEXT NOT NULL,
  target_id TEXT NOT NULL,
  -- The events that stand against each other; the later one won.
  winner_event TEXT NOT NULL REFERENCES event (id),
  loser_event TEXT NOT NULL REFERENCES event (id),
  resolved_at TEXT,
  UNIQUE (winner_event, loser_event)
) STRICT;
