import { createRandom } from './random.ts';

/** Who of the readers gets which images: all all, each image one reader, or each image `k` readers. */
export type Assignment = { kind: 'all' } | { kind: 'share' } | { kind: 'overlap'; k: number };

/**
 * Deals images out to readers. Images that stay together (a patient's) go to the same readers. Loads differ by one
 * group at most, as far as groups allow; the same arguments give the same lists.
 *
 * @param groups the images of each group, in any order that is always the same
 * @param readers ids, each once
 * @returns each reader's images, in the reader's own random order: f(seed, reader)
 * @throws RangeError when more readers are asked for than there are
 */
export function dealImages(
  groups: readonly (readonly string[])[],
  readers: readonly string[],
  assignment: Assignment,
  seed: number,
): Map<string, string[]> {
  const perGroup =
    assignment.kind === 'all' ? readers.length : assignment.kind === 'share' ? 1 : assignment.k;
  if (perGroup < 1 || perGroup > readers.length) {
    throw new RangeError(`Each image cannot have ${perGroup} of ${readers.length} readers`);
  }
  const lists = new Map(readers.map((reader) => [reader, [] as string[]]));
  const random = createRandom(seed, 'worklist');
  const dealt = random.shuffle([...groups]);
  // Large groups first: the small ones even out what these leave uneven.
  dealt.sort((a, b) => b.length - a.length);
  for (const group of dealt) {
    // Among readers of equal load, chance decides.
    const order = random.shuffle([...readers]);
    order.sort((a, b) => lists.get(a)!.length - lists.get(b)!.length);
    for (const reader of order.slice(0, perGroup)) lists.get(reader)!.push(...group);
  }
  for (const [reader, images] of lists) {
    images.sort();
    createRandom(seed, 'order', reader).shuffle(images);
  }
  return lists;
}
