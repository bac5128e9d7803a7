import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { createJournal, type Journal } from '../../src/engine/db/journal.ts';
import { createJournalReading, type JournalReading } from '../../src/engine/db/journal-reading.ts';
import { openForWriting, type ProjectDatabase } from '../../src/engine/db/open.ts';
import { createProjectRepository, type ProjectRepository } from '../../src/engine/db/project-repository.ts';

/** A database with a journal, and rows of images without files. */
export interface JournalProject {
  database: ProjectDatabase;
  projects: ProjectRepository;
  journal: Journal;
  reading: JournalReading;
  /** Ids of a, b and c. */
  classes: string[];
  /** The journal as a program that opens the project anew has it. */
  reopened(): Journal;
  /** Id of a person, made when new. */
  person(name: string): string;
  close(): void;
}

/** Of images of one series and of two in a study, of a patient without studies, and of nobody. */
export const homes = [
  { image: 'i1', series: 's1', patient: 'p1' },
  { image: 'i2', series: 's1', patient: 'p1' },
  { image: 'i3', series: 's2', patient: 'p1' },
  { image: 'i4', series: null, patient: 'p2' },
  { image: 'i5', series: null, patient: null },
  { image: 'i6', series: null, patient: null },
] as const;
/** The study of both series. */
export const study = 'st1';
export const images = homes.map(({ image }) => image);

export function openJournalProject(): JournalProject {
  const folder = mkdtempSync(path.join(tmpdir(), 'readroom-journal-'));
  const database = openForWriting(path.join(folder, 'project.sqlite'));
  const projects = createProjectRepository(database);
  const row = { id: 'p', name: 'p', template: 'classification', createdAt: '2026-01-01' };
  projects.create({ ...row, task: 'classification' });
  const classes = projects.addClasses(['a', 'b', 'c']).map(({ id }) => id);
  const replica = projects.replica(folder);
  const { handle } = database;
  handle.pragma('synchronous = OFF');
  handle.exec(`
    INSERT INTO root VALUES ('root', 'reference', '/films');
    INSERT INTO patient (id, key) VALUES ('p1', 'P1'), ('p2', 'P2');
    INSERT INTO study (id, patient_id, uid) VALUES ('${study}', 'p1', '1.2');
    INSERT INTO series (id, study_id, uid) VALUES ('s1', '${study}', '1.2.1'), ('s2', '${study}', '1.2.2');`);
  const hash = '0'.repeat(64);
  for (const { image, series, patient } of homes) {
    handle
      .prepare(`INSERT INTO file VALUES (?, 'root', ?, '${hash}', 64, 'png', NULL)`)
      .run(`f${image}`, `${image}.png`);
    handle
      .prepare(
        `INSERT INTO image (id, file_id, file_name, series_id, patient_id, width, height, channels, bit_depth, pixel_sha256,
           generated, added_at) VALUES (?, ?, ?, ?, ?, 8, 8, 1, 8, '${hash}', 0, '2026-01-01')`,
      )
      .run(image, `f${image}`, `${image}.png`, series, patient);
  }
  return {
    database,
    projects,
    journal: createJournal(database, replica),
    reading: createJournalReading(database),
    classes,
    reopened: () => createJournal(database, replica),
    person: (name) => projects.readerNamed(name, 'person').id,
    close() {
      database.close();
      rmSync(folder, { recursive: true });
    },
  };
}
