import { itemExtents, truncated, type DataSet, type Extent } from './data-set.ts';
import { tags } from './tags.ts';

/** Where the frames of encapsulated pixel data begin, counted from the first fragment's item; null: not said. */
function offsetTable(dataSet: DataSet, table: Extent): number[] | null {
  const extended = dataSet.elements.get(tags.ExtendedOffsetTable);
  if (extended && extended.length >= 8) {
    return Array.from({ length: Math.floor(extended.length / 8) }, (_, i) =>
      Number(dataSet.bytes.readBigUInt64LE(extended.start + 8 * i)),
    );
  }
  const { start, end } = table;
  if (end - start < 4) return null;
  return Array.from({ length: Math.floor((end - start) / 4) }, (_, i) =>
    dataSet.bytes.readUInt32LE(start + 4 * i),
  );
}

/** Whether a fragment ends a code stream: EOI of JPEG and JPEG-LS, EOC of JPEG 2000, perhaps padded. */
function endsFrame(bytes: Buffer, { start, end }: Extent): boolean {
  return bytes.subarray(Math.max(start, end - 10), end).includes(Buffer.from([0xff, 0xd9]));
}

function byOffsets(
  fragments: readonly Extent[],
  offsets: readonly number[],
  frames: number,
): Extent[][] | null {
  const origin = fragments[0]!.start - 8;
  const starts = new Map(fragments.map(({ start }, i) => [start - 8 - origin, i]));
  const firsts = offsets.map((offset) => starts.get(offset));
  if (
    firsts.length !== frames ||
    firsts.some((first, i) => first === undefined || first <= (firsts[i - 1] ?? -1))
  )
    return null;
  return firsts.map((first, i) => fragments.slice(first, firsts[i + 1] ?? fragments.length));
}

function byEnds(bytes: Buffer, fragments: readonly Extent[]): Extent[][] {
  const frames: Extent[][] = [[]];
  for (const [index, fragment] of fragments.entries()) {
    frames.at(-1)!.push(fragment);
    if (endsFrame(bytes, fragment) && index + 1 < fragments.length) frames.push([]);
  }
  return frames;
}

/**
 * The fragments of each frame of encapsulated pixel data (PS3.5 A.4). Offsets that lead nowhere are passed over.
 * @throws ReadroomError `truncatedImage` where there are fewer than `frames`
 */
export function encapsulatedFrames(dataSet: DataSet, frames: number): Extent[][] {
  const [table, ...fragments] = itemExtents(dataSet, tags.PixelData);
  if (!table || fragments.length === 0) throw truncated('The DICOM file ends before its picture begins.');
  if (frames === 1) return [fragments];
  if (fragments.length === frames) return fragments.map((fragment) => [fragment]);
  const offsets = offsetTable(dataSet, table);
  const found = (offsets && byOffsets(fragments, offsets, frames)) ?? byEnds(dataSet.bytes, fragments);
  if (found.length < frames)
    throw truncated(
      `The DICOM file holds ${found.length} of the ${frames} frames that its header announces.`,
    );
  return found.slice(0, frames);
}

/** A frame's code stream, its fragments put together. */
export function joinFragments(bytes: Buffer, fragments: readonly Extent[]): Buffer {
  const parts = fragments.map(({ start, end }) => bytes.subarray(start, end));
  return parts.length === 1 ? parts[0]! : Buffer.concat(parts);
}
