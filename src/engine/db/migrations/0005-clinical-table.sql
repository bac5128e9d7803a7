-- The clinical table: what is known of patients beside pictures.

-- A table is never changed: an import makes another one, and which one stands is a setting that the journal keeps. Its id
-- is made of its content, so that the same table has the same one in every copy.
CREATE TABLE clinical_table (
  id TEXT PRIMARY KEY NOT NULL,
  -- Name of the file that it came from.
  file TEXT NOT NULL,
  patients INTEGER NOT NULL,
  created_at TEXT NOT NULL
) STRICT;

CREATE TABLE clinical_column (
  id TEXT PRIMARY KEY NOT NULL,
  table_id TEXT NOT NULL REFERENCES clinical_table (id),
  position INTEGER NOT NULL,
  name TEXT NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('number', 'yesNo', 'category')),
  -- Of numbers; empty for none.
  unit TEXT NOT NULL,
  -- A JSON array, of kind 'category' only.
  categories TEXT CHECK (categories IS NULL OR json_valid(categories)),
  UNIQUE (table_id, position),
  CHECK ((kind = 'category') = (categories IS NOT NULL))
) STRICT;

CREATE TABLE clinical_row (
  id TEXT PRIMARY KEY NOT NULL,
  table_id TEXT NOT NULL REFERENCES clinical_table (id),
  patient_id TEXT NOT NULL REFERENCES patient (id),
  -- A JSON array with a value for each column, in their order; null: missing.
  cells TEXT NOT NULL CHECK (json_valid(cells)),
  UNIQUE (table_id, patient_id)
) STRICT;

-- The table that stands.
ALTER TABLE project ADD COLUMN clinical_table TEXT REFERENCES clinical_table (id);
