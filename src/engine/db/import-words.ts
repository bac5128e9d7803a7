import type { LabelKind, LabelSchema } from '../../contract/project.ts';
import type { ImportedLabel } from './import-files.ts';
import type { JournalChange } from './journal.ts';
import type { ProjectDatabase } from './open.ts';
import type { StoredValue } from './stored-value.ts';
import { createTargetRepository } from './target-repository.ts';

/**
 * Labels of images as words at the project's level of labels, which is where people's words stand: an image that
 * belongs to no series, study or patient has its own.
 */
export function createImportWords(database: ProjectDatabase) {
  const selectSchema = database.handle.prepare<[], string>('SELECT label_schema FROM project').pluck();
  const targets = createTargetRepository(database);

  return {
    /** What gives these labels as a reader's words; of several for one series, study or patient the first counts. */
    changes(labels: readonly { image: string; label: ImportedLabel }[], reader: string): JournalChange[] {
      const { kind, level } = JSON.parse(selectSchema.get()!) as LabelSchema;
      if (labels.length === 0) return [];
      const homes =
        level === 'image'
          ? null
          : new Map(
              targets
                .targetsOf(
                  labels.map(({ image }) => image),
                  level,
                )
                .map(({ image, target }) => [image, target]),
            );
      const done = new Set<string>();
      return labels.flatMap(({ image, label }): JournalChange[] => {
        const to = wordOf(label, kind);
        if (to === null) return [];
        const home = homes?.get(image) ?? null;
        if (home === null) return [{ target: { kind: 'image', id: image }, reader, to }];
        const isGiven = done.has(home) || targets.word(level, home, reader, '') !== null;
        done.add(home);
        return isGiven ? [] : [{ target: { kind: level, id: home }, reader, to }];
      });
    },
  };
}

/** Null for a label of another kind than the project's. */
function wordOf(label: ImportedLabel, kind: LabelKind): StoredValue | null {
  if (typeof label === 'number') return kind === 'number' ? { number: label } : null;
  if (kind === 'number') return null;
  return kind === 'multi' ? { classes: [label] } : { class: label };
}
