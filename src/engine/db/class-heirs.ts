import type { Heirs } from '../../core/label-record.ts';
import type { ProjectDatabase } from './open.ts';

/** Reads which classes were merged or split up, with the class that their labels count as (`heirOf`). */
export function createHeirsReading({ handle }: ProjectDatabase): () => Heirs {
  const select = handle
    .prepare<[], [string, string]>('SELECT id, heir FROM class WHERE heir IS NOT NULL')
    .raw();
  return () => new Map(select.all());
}
