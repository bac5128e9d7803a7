-- One row: the project itself.
CREATE TABLE project (
  singleton INTEGER PRIMARY KEY CHECK (singleton = 1),
  id TEXT NOT NULL,
  name TEXT NOT NULL,
  template TEXT NOT NULL,
  task TEXT NOT NULL CHECK (task IN ('classification')),
  -- Which rule makes the label of record out of readers' labels, with its version.
  label_rule TEXT NOT NULL CHECK (label_rule IN ('single-reader/1')),
  class_schema_version INTEGER NOT NULL,
  -- The dataset version that trains next.
  current_version TEXT REFERENCES dataset_version (hash),
  created_at TEXT NOT NULL
) STRICT;

-- A project opened at another path or on another machine is another replica, so copies that worked apart can merge.
CREATE TABLE replica (
  id TEXT PRIMARY KEY NOT NULL,
  machine TEXT NOT NULL,
  path TEXT NOT NULL,
  next_sequence INTEGER NOT NULL DEFAULT 1,
  created_at TEXT NOT NULL,
  UNIQUE (machine, path)
) STRICT;

CREATE TABLE reader (
  id TEXT PRIMARY KEY NOT NULL,
  name TEXT NOT NULL UNIQUE COLLATE NOCASE,
  kind TEXT NOT NULL CHECK (kind IN ('person', 'import', 'model')),
  created_at TEXT NOT NULL
) STRICT;

CREATE TABLE class (
  id TEXT PRIMARY KEY NOT NULL,
  name TEXT NOT NULL UNIQUE COLLATE NOCASE,
  position INTEGER NOT NULL,
  retired_at TEXT
) STRICT;

-- Where images are referenced in place. A root is relinked by changing its path.
CREATE TABLE root (
  id TEXT PRIMARY KEY NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('reference', 'originals')),
  path TEXT NOT NULL,
  UNIQUE (kind, path)
) STRICT;

CREATE TABLE patient (
  id TEXT PRIMARY KEY NOT NULL,
  key TEXT NOT NULL UNIQUE
) STRICT;

CREATE TABLE study (
  id TEXT PRIMARY KEY NOT NULL,
  patient_id TEXT REFERENCES patient (id),
  uid TEXT NOT NULL UNIQUE
) STRICT;
CREATE INDEX study_by_patient ON study (patient_id);

CREATE TABLE series (
  id TEXT PRIMARY KEY NOT NULL,
  study_id TEXT NOT NULL REFERENCES study (id),
  uid TEXT NOT NULL UNIQUE,
  modality TEXT
) STRICT;
CREATE INDEX series_by_study ON series (study_id);

CREATE TABLE file (
  id TEXT PRIMARY KEY NOT NULL,
  root_id TEXT NOT NULL REFERENCES root (id),
  -- Forward slashes on every system.
  relative_path TEXT NOT NULL,
  byte_sha256 TEXT NOT NULL CHECK (length(byte_sha256) = 64),
  size_bytes INTEGER NOT NULL CHECK (size_bytes >= 0),
  format TEXT NOT NULL CHECK (format IN ('png', 'jpeg', 'tiff', 'webp', 'bmp')),
  missing_since TEXT,
  UNIQUE (root_id, relative_path)
) STRICT;
CREATE INDEX file_by_bytes ON file (byte_sha256);

CREATE TABLE image (
  id TEXT PRIMARY KEY NOT NULL,
  file_id TEXT NOT NULL REFERENCES file (id),
  frame INTEGER NOT NULL DEFAULT 0 CHECK (frame >= 0),
  file_name TEXT NOT NULL,
  series_id TEXT REFERENCES series (id),
  -- Null: unknown, the image is a group of its own. With a series it is the study's patient.
  patient_id TEXT REFERENCES patient (id),
  width INTEGER NOT NULL CHECK (width > 0),
  height INTEGER NOT NULL CHECK (height > 0),
  channels INTEGER NOT NULL CHECK (channels IN (1, 3)),
  bit_depth INTEGER NOT NULL CHECK (bit_depth IN (8, 16)),
  pixel_sha256 TEXT NOT NULL CHECK (length(pixel_sha256) = 64),
  imported_part TEXT CHECK (imported_part IN ('train', 'val', 'test')),
  generated INTEGER NOT NULL CHECK (generated IN (0, 1)),
  added_at TEXT NOT NULL,
  UNIQUE (file_id, frame)
) STRICT;
CREATE INDEX image_by_pixels ON image (pixel_sha256);
CREATE INDEX image_by_patient ON image (patient_id);
CREATE INDEX image_by_series ON image (series_id);
CREATE INDEX image_by_name ON image (file_name);

CREATE TRIGGER image_patient_is_the_studys BEFORE INSERT ON image
WHEN NEW.series_id IS NOT NULL AND NEW.patient_id IS NOT
  (SELECT study.patient_id FROM series JOIN study ON study.id = series.study_id WHERE series.id = NEW.series_id)
BEGIN
  SELECT RAISE(ABORT, 'an image in a series has the patient of its study');
END;

-- The label journal. Order by (clock, replica_id), never by wall clock.
CREATE TABLE event (
  position INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL UNIQUE,
  replica_id TEXT NOT NULL REFERENCES replica (id),
  sequence INTEGER NOT NULL,
  -- Lamport clock: one more than the highest known when the event was made.
  clock INTEGER NOT NULL,
  -- Events of one action share it and are undone together.
  batch TEXT NOT NULL,
  reader_id TEXT NOT NULL REFERENCES reader (id),
  round INTEGER NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('label.set', 'undo', 'redo')),
  target_kind TEXT NOT NULL CHECK (target_kind IN ('patient', 'study', 'series', 'image')),
  target_id TEXT NOT NULL,
  from_value TEXT CHECK (from_value IS NULL OR json_valid(from_value)),
  to_value TEXT CHECK (to_value IS NULL OR json_valid(to_value)),
  undoes TEXT REFERENCES event (id),
  at TEXT NOT NULL,
  UNIQUE (replica_id, sequence),
  CHECK ((kind = 'label.set') = (undoes IS NULL))
) STRICT;
CREATE INDEX event_by_target ON event (target_kind, target_id);
CREATE INDEX event_by_reader ON event (reader_id, round, position);
CREATE INDEX event_by_batch ON event (batch);
CREATE INDEX event_by_undone ON event (undoes) WHERE undoes IS NOT NULL;
CREATE INDEX event_by_clock ON event (clock);

CREATE TRIGGER event_is_never_changed BEFORE UPDATE ON event
BEGIN
  SELECT RAISE(ABORT, 'the label journal is append-only');
END;
CREATE TRIGGER event_is_never_deleted BEFORE DELETE ON event
BEGIN
  SELECT RAISE(ABORT, 'the label journal is append-only');
END;

-- What the journal amounts to now: the current label of each target, reader and round.
CREATE TABLE label (
  target_kind TEXT NOT NULL CHECK (target_kind IN ('patient', 'study', 'series', 'image')),
  target_id TEXT NOT NULL,
  reader_id TEXT NOT NULL REFERENCES reader (id),
  round INTEGER NOT NULL,
  value TEXT NOT NULL CHECK (json_valid(value)),
  event_id TEXT NOT NULL REFERENCES event (id),
  PRIMARY KEY (target_kind, target_id, reader_id, round)
) STRICT, WITHOUT ROWID;

-- The label of record: what trains and evaluates, kept by the project's label rule with every event.
CREATE TABLE record (
  image_id TEXT PRIMARY KEY NOT NULL REFERENCES image (id),
  class_id TEXT REFERENCES class (id),
  number REAL,
  event_id TEXT NOT NULL REFERENCES event (id),
  CHECK ((class_id IS NULL) <> (number IS NULL))
) STRICT, WITHOUT ROWID;
CREATE INDEX record_by_class ON record (class_id);

CREATE TABLE dataset_version (
  position INTEGER PRIMARY KEY AUTOINCREMENT,
  hash TEXT NOT NULL UNIQUE CHECK (length(hash) = 64),
  split_by TEXT NOT NULL CHECK (split_by IN ('patient', 'image')),
  seed INTEGER NOT NULL,
  folds INTEGER,
  report TEXT NOT NULL CHECK (json_valid(report)),
  created_at TEXT NOT NULL
) STRICT;

CREATE TABLE dataset_member (
  version_position INTEGER NOT NULL REFERENCES dataset_version (position),
  image_id TEXT NOT NULL REFERENCES image (id),
  part TEXT NOT NULL CHECK (part IN ('train', 'val', 'test')),
  -- Which fold validates on this image; null for the test part and without folds.
  fold INTEGER,
  class_id TEXT REFERENCES class (id),
  PRIMARY KEY (version_position, image_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX dataset_member_by_image ON dataset_member (image_id);

CREATE TABLE run (
  id TEXT PRIMARY KEY NOT NULL,
  status TEXT NOT NULL CHECK (status IN
    ('queued', 'starting', 'running', 'paused', 'stopping', 'completed', 'failed', 'cancelled', 'interrupted')),
  recipe TEXT NOT NULL CHECK (json_valid(recipe)),
  dataset_version TEXT NOT NULL REFERENCES dataset_version (hash),
  fold INTEGER,
  rerun_of TEXT REFERENCES run (id),
  network TEXT NOT NULL,
  parameters INTEGER NOT NULL,
  warnings TEXT NOT NULL CHECK (json_valid(warnings)),
  backend TEXT,
  device TEXT,
  backend_version TEXT,
  threads INTEGER,
  stopped_because TEXT CHECK (stopped_because IN ('completed', 'earlyStopping', 'nonFiniteLoss', 'cancelled', 'failed')),
  best_epoch INTEGER,
  images_per_second REAL,
  seconds REAL,
  weights_sha256 TEXT,
  error TEXT CHECK (error IS NULL OR json_valid(error)),
  created_at TEXT NOT NULL,
  ended_at TEXT
) STRICT;
CREATE INDEX run_by_status ON run (status);

CREATE TABLE run_epoch (
  run_id TEXT NOT NULL REFERENCES run (id),
  epoch INTEGER NOT NULL,
  record TEXT NOT NULL CHECK (json_valid(record)),
  PRIMARY KEY (run_id, epoch)
) STRICT, WITHOUT ROWID;

-- Every look at the test set, for the counter that reports print.
CREATE TABLE test_opening (
  id TEXT PRIMARY KEY NOT NULL,
  run_id TEXT NOT NULL REFERENCES run (id),
  at TEXT NOT NULL
) STRICT;

CREATE TABLE evaluation (
  run_id TEXT NOT NULL REFERENCES run (id),
  split TEXT NOT NULL CHECK (split IN ('val', 'test')),
  result TEXT NOT NULL CHECK (json_valid(result)),
  at TEXT NOT NULL,
  PRIMARY KEY (run_id, split)
) STRICT, WITHOUT ROWID;

CREATE TABLE job (
  id TEXT PRIMARY KEY NOT NULL,
  kind TEXT NOT NULL,
  status TEXT NOT NULL CHECK (status IN ('running', 'completed', 'failed', 'cancelled', 'interrupted')),
  done REAL NOT NULL,
  total REAL,
  note TEXT NOT NULL,
  result TEXT CHECK (result IS NULL OR json_valid(result)),
  error TEXT CHECK (error IS NULL OR json_valid(error)),
  started_at TEXT NOT NULL,
  ended_at TEXT
) STRICT;
CREATE INDEX job_by_status ON job (status);
