import { concernsImage, type LabelTargetKind, labelTargets } from './label-targets.ts';
import type { ProjectDatabase } from './open.ts';

/**
 * What names classes: words of all readers in all rounds, and shapes, also of images whose import was taken back. Who
 * may see of them what, is not asked here.
 */
export function createClassUses({ handle }: ProjectDatabase) {
  // The class, and those whose labels count as its own.
  const same = `same (id) AS (SELECT ? UNION SELECT class.id FROM class JOIN same ON class.heir = same.id)`;
  const namesSame = `(label.value ->> '$.class' IN (SELECT id FROM same)
    OR EXISTS (SELECT 1 FROM json_each(label.value, '$.classes') AS each WHERE each.value IN (SELECT id FROM same)))`;
  const isNamed = handle
    .prepare<[string], number>(
      `WITH RECURSIVE ${same}
       SELECT EXISTS (SELECT 1 FROM annotation WHERE class_id IN (SELECT id FROM same))
         OR EXISTS (SELECT 1 FROM label WHERE ${namesSame})`,
    )
    .pluck();
  const imagesSaid = (level: LabelTargetKind): string =>
    `SELECT image.id FROM said CROSS JOIN image ON ${concernsImage(level, 'said.target_id')} WHERE target_kind = '${level}'`;
  const imagesNaming = handle
    .prepare<[string], string>(
      `WITH RECURSIVE ${same},
         said AS MATERIALIZED (SELECT DISTINCT target_kind, target_id FROM label WHERE ${namesSame})
       ${labelTargets.map(imagesSaid).join('\n       UNION ')}`,
    )
    .pluck();
  const namedClasses = handle
    .prepare<[], string>(
      `WITH RECURSIVE named (id) AS (
         SELECT value ->> '$.class' FROM label
         UNION SELECT each.value FROM label, json_each(label.value, '$.classes') AS each
         UNION SELECT class_id FROM annotation
         UNION SELECT class.heir FROM class JOIN named ON named.id = class.id)
       SELECT id FROM named WHERE id IS NOT NULL`,
    )
    .pluck();
  return {
    /** Whether a word or shape names the class, or one that it is the heir of. */
    isNamed: (id: string): boolean => isNamed.get(id) === 1,
    /** Images with a word that names the class, or one that it is the heir of. */
    imagesNaming: (id: string): string[] => imagesNaming.all(id),
    /** Classes that a word or shape names, and their heirs. */
    namedClasses: (): string[] => namedClasses.all(),
  };
}
