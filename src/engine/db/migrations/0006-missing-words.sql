-- Words that counted as missing when a clinical table came in: a JSON array; null of tables of before, which the usual
-- words stand for. Predictions read files by them.
ALTER TABLE clinical_table ADD COLUMN missing TEXT CHECK (missing IS NULL OR json_valid(missing));
