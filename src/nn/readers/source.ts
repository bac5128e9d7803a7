import { badWeights } from './fault.ts';

/** A file of any size, read piece by piece. */
export interface ByteSource {
  readonly size: number;
  /**
   * @param length whole bytes from `offset`, both within `size`
   * @throws ReadroomError what the system says of the file
   */
  read(offset: number, length: number): Promise<Uint8Array>;
}

/** A weight file and what stands beside it. */
export interface WeightPlace {
  /** What messages call it. */
  readonly name: string;
  readonly bytes: ByteSource;
  /** A file of the same folder; null where there is none of that name. */
  beside(name: string): Promise<ByteSource | null>;
}

/**
 * A range of a file, which the file itself named.
 *
 * @param what it would be, as in "… ends inside WHAT"
 * @throws ReadroomError `badWeights` when the file ends before, or the range is none
 */
export async function readRange(
  { name, bytes }: Pick<WeightPlace, 'name' | 'bytes'>,
  offset: number,
  length: number,
  what: string,
): Promise<Uint8Array> {
  if (!Number.isSafeInteger(offset) || !Number.isSafeInteger(length) || offset < 0 || length < 0)
    throw badWeights(`${name} gives ${what} an impossible place (${length} bytes from ${offset}).`);
  if (offset + length > bytes.size)
    throw badWeights(
      `${name} ends inside ${what}: it has ${bytes.size} bytes, and ${offset + length} would be needed.`,
    );
  return bytes.read(offset, length);
}

/** Part of a file as a file of its own. */
export function partOf(bytes: ByteSource, start: number, size: number): ByteSource {
  return { size, read: (offset, length) => bytes.read(start + offset, length) };
}
