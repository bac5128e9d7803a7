import type { FileHandle } from 'node:fs/promises';

/** Node reads less than 2 GiB at once. */
const sliceBytes = 1e9;

/** `length` bytes of a file from `position`; null when it ends before. @throws what the system says */
export async function readExactly(
  handle: FileHandle,
  position: number,
  length: number,
): Promise<Uint8Array | null> {
  const bytes = new Uint8Array(length);
  let done = 0;
  while (done < length) {
    const { bytesRead } = await handle.read(
      bytes,
      done,
      Math.min(sliceBytes, length - done),
      position + done,
    );
    if (bytesRead === 0) return null;
    done += bytesRead;
  }
  return bytes;
}
