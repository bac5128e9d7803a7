import type { DatasetRepository } from '../db/dataset-repository.ts';
import type { IndexRepository, IndexStamp } from '../db/index-repository.ts';
import type { ProjectCounts, ProjectRepository } from '../db/project-repository.ts';
import { qualityBit, statusBit } from '../dataset/image-index-columns.ts';
import { type ImageIndex, type IndexedImages, isSameStamp } from '../dataset/image-index.ts';

type Counts = ProjectCounts & { generated: boolean };

/**
 * What a summary counts. Screens ask after every label, and SQLite would go through all images each time: the index
 * counts instead once it is made, and what was counted stands until something changes.
 */
export function createProjectCounts(
  repository: IndexRepository,
  index: ImageIndex,
  stored: { projects: ProjectRepository; dataset: DatasetRepository },
): () => Counts {
  let known: { stamp: IndexStamp; invalidations: number; counts: Counts } | null = null;
  return () => {
    const stamp = repository.stamp();
    const invalidations = index.invalidations();
    if (known?.invalidations === invalidations && isSameStamp(stamp, known.stamp)) return known.counts;
    const indexed = index.current();
    const counts = indexed
      ? countIndexed(indexed)
      : { ...stored.projects.counts(), generated: stored.dataset.traits().anyGenerated };
    known = { stamp, invalidations, counts };
    return counts;
  };
}

function countIndexed({ columns, patientKeys }: IndexedImages): Counts {
  const seen = new Uint8Array(Math.max(1, patientKeys.length));
  const labelledBit = statusBit('labelled');
  const generatedBit = qualityBit('generated');
  let labelled = 0;
  let flags = 0;
  for (let ordinal = 0; ordinal < columns.count; ordinal++) {
    seen[columns.patients[ordinal]!] = 1;
    if (columns.status[ordinal]! & labelledBit) labelled += 1;
    flags |= columns.flags[ordinal]!;
  }
  // The first entry stands for unknown patients.
  const patients = seen.subarray(1).reduce((sum, one) => sum + one, 0);
  return { images: columns.count, patients, labelled, generated: (flags & generatedBit) !== 0 };
}
