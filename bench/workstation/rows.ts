import { existsSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';

import { openForWriting } from '../../src/engine/db/open.ts';
import { createProject } from '../../src/engine/project/session.ts';

/** Numbered ids in the form of UUIDs of version 7, as the engine's own begin with the time. */
const id = (block: string, number = 'i'): string => `printf('01900000-0000-7000-${block}-%012x', ${number})`;
/** 64 hex digits that are spread as those of a hash. */
const hash = `printf('%08x%056x', (i * 2654435761) % 4294967296, i)`;

/**
 * A project of so many images that are rows only: files, patients of four images, one imported label each. Written as
 * SQL, as importing a million files would take longer than all measurements.
 */
export async function ensureRows(cache: string, images: number): Promise<string> {
  const folder = path.join(cache, `rows-${images}`);
  const file = path.join(folder, 'project.sqlite');
  // Another schema needs other rows: what stands from before is made anew.
  const note = `${folder}.made-4`;
  if (existsSync(note)) return folder;
  console.error(`rows: writing ${images} images; this takes a minute or two for a million`);
  rmSync(folder, { recursive: true, force: true });
  const session = await createProject(
    { path: folder, classes: ['normal', 'opacity', 'nodule'] },
    { program: 'the benchmark', lockWaitMs: 0 },
  );
  session.writing().imports.root('reference', '/films');
  session.close();
  const { handle, close } = openForWriting(file);
  const only = (sql: string): string => handle.prepare(sql).pluck().get() as string;
  const reader = only(`SELECT id FROM reader WHERE kind = 'import'`);
  const replica = only('SELECT id FROM replica');
  const classes = handle.prepare('SELECT id FROM class ORDER BY position').pluck().all() as string[];
  const classOfImage = `CASE i % 3 WHEN 0 THEN '${classes[0]}' WHEN 1 THEN '${classes[1]}' ELSE '${classes[2]}' END`;
  handle.pragma('synchronous = OFF');
  handle.pragma('foreign_keys = OFF');
  handle.exec(`
    BEGIN;
    CREATE TEMP TABLE n AS
      WITH RECURSIVE counted (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM counted WHERE i < ${images - 1})
      SELECT i FROM counted;
    INSERT INTO patient (id, key) SELECT ${id('9000')}, printf('P%07d', i) FROM n WHERE i < ${images} / 4;
    INSERT INTO file (id, root_id, relative_path, byte_sha256, size_bytes, format)
      SELECT ${id('a000')}, (SELECT id FROM root LIMIT 1), printf('part%03d/P%07d-%d.png', i / 10000, i / 4, i % 4), ${hash},
        8000 + i % 999, 'png' FROM n;
    INSERT INTO image (id, file_id, file_name, patient_id, width, height, channels, bit_depth, pixel_sha256, generated,
        mean, deviation, sharpness, difference_hash, added_at)
      SELECT ${id('8000')}, ${id('a000')}, printf('P%07d-%d.png', i / 4, i % 4), ${id('9000', 'i / 4')}, 96, 96, 1, 8,
        ${hash}, 0, 0.5, 0.2, 0.01, ${hash}, '2026-01-01T00:00:00.000Z' FROM n;
    INSERT INTO event (id, replica_id, sequence, clock, batch, actor_id, reader_id, round, kind, target_kind, target_id,
        to_value, at)
      SELECT ${id('b000')}, '${replica}', i + 1, i + 1, ${id('b001', 'i / 128')}, '${reader}', '${reader}', '', 'set', 'image',
        ${id('8000')}, json_object('class', ${classOfImage}), '2026-01-01T00:00:00.000Z' FROM n;
    INSERT INTO action (position, batch, actor_id, round, kind, head, events)
      SELECT min(position), batch, '${reader}', '', 'set', min(position), count(*) FROM event GROUP BY batch;
    INSERT INTO label (target_kind, target_id, reader_id, round, value, event_id, given_id)
      SELECT 'image', target_id, reader_id, '', to_value, id, id FROM event;
    INSERT INTO record (image_id, class_id, event_id) SELECT target_id, to_value ->> 'class', id FROM event;
    UPDATE replica SET next_sequence = ${images + 1};
    COMMIT;`);
  close();
  writeFileSync(note, '');
  return folder;
}
