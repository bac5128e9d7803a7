import { createHash } from 'node:crypto';

import { projectTemplates } from '../../core/templates/index.ts';
import type { DatasetMember } from '../db/dataset-repository.ts';
import type { ProjectSession } from '../project/session.ts';
import { createPace } from '../turns.ts';

/** Whether a project is about masks: drawings then count in every version, else in those that a training of masks asks for. */
export function isAboutMasks({ template }: ProjectSession): boolean {
  return projectTemplates.some(({ id, task }) => id === template && task === 'segmentation');
}

/** An image may have large masks. */
const digestsPerTurn = 50;

/** SHA-256 of what is drawn now on each of those members that are drawn on. @param names of classes, by id */
export async function drawnDigests(
  { drawings }: ProjectSession,
  members: readonly Pick<DatasetMember, 'image' | 'drawn'>[],
  names: ReadonlyMap<string | null, string>,
): Promise<Map<string, string>> {
  const images = members.filter(({ drawn }) => drawn).map(({ image }) => image);
  const digests = new Map<string, string>();
  const pace = createPace();
  for (let start = 0; start < images.length; start += digestsPerTurn) {
    const some = images.slice(start, start + digestsPerTurn);
    for (const [image, digest] of drawings.digests(some, (id) => names.get(id) ?? id))
      digests.set(image, digest);
    await pace();
  }
  return digests;
}

/** One SHA-256 of the digests of images, whatever their order. */
export function drawingsHash(digests: ReadonlyMap<string, string>): string {
  const hash = createHash('sha256');
  for (const image of [...digests.keys()].sort()) hash.update(`${image} ${digests.get(image)!}\n`);
  return hash.digest('hex');
}
