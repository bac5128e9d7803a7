import { access } from 'node:fs/promises';
import { basename } from 'node:path';

import { ReadroomError } from '../../contract/errors.ts';
import type { ModelFile } from '../../contract/run-folder.ts';
import { counted } from '../../core/words.ts';
import type { JobContext } from '../jobs.ts';
import type { DecodePool } from '../media/decode-pool.ts';
import { ensureInputs } from '../media/input-cache.ts';

/** A picture file as the caller named it, and the picture in it. */
export type PreparedFile = { file: string } & (
  { slot: number; picture: FoundPicture; error: null } | { slot: null; picture: null; error: ReadroomError }
);

/** Decodes files into a temporary input cache. */
export async function prepareFiles(
  files: readonly string[],
  {
    geometry,
    pool,
    context,
    scratch,
  }: { geometry: ModelFile['geometry']; pool: DecodePool; context: JobContext; scratch: string },
): Promise<{ inputs: string; files: PreparedFile[] }> {
  // Every file is gone through twice, and counts once.
  let passes = 0;
  const passed = (done: number, note: string): void =>
    context.progress(Math.floor(done / 2), files.length, note);
  const inspected = await Promise.all(
    files.map(async (file) => {
      const picture = await findPicture(file, pool, context.signal).catch(expected);
      passed(++passes, 'Reading pictures');
      return { file, picture };
    }),
  );
  const readable = inspected.flatMap(({ picture }) => (picture instanceof ReadroomError ? [] : [picture]));
  const cached = await ensureInputs({
    images: readable,
    geometry,
    cacheFolder: scratch,
    pool,
    onProgress: (count) => passed(2 * files.length - readable.length + count, 'Preparing pictures'),
    signal: context.signal,
  });
  const failed = new Map(cached.failed.map(({ index, error }) => [index, error]));
  let index = 0;
  const prepared = inspected.map(({ file, picture }): PreparedFile => {
    if (picture instanceof ReadroomError) return { file, slot: null, picture: null, error: picture };
    const error = failed.get(index);
    const slot = cached.slots[index++]!;
    return error ? { file, slot: null, picture: null, error } : { file, slot, picture, error: null };
  });
  return { inputs: cached.file, files: prepared };
}

export interface FoundPicture {
  path: string;
  frame: number;
  pixelSha256: string;
  byteSha256: string;
  /** Of the picture as it is shown, in pixels. */
  width: number;
  height: number;
  /** As the file's header has it. */
  patient: string | null;
  /** UID, as the file's header has it. */
  study: string | null;
}

/** `film.dcm#3` is the fourth picture of `film.dcm`, unless a file is called so. @throws ReadroomError `usage` */
async function findPicture(name: string, pool: DecodePool, signal: AbortSignal): Promise<FoundPicture> {
  const [, before, digits] = /^(.+)#(\d{1,9})$/.exec(name) ?? [];
  const isNumbered = before !== undefined && !(await isThere(name));
  const path = isNumbered ? before : name;
  const frame = isNumbered ? Number(digits) : 0;
  const { file, pictures } = await pool.inspect(path, signal, { from: frame });
  const picture = pictures.find((one) => one.frame === frame);
  if (!picture || (file.frames > 1 && !isNumbered)) {
    const [first, last] = [`${basename(path)}#0`, `${basename(path)}#${file.frames - 1}`];
    const names = file.frames === 1 ? basename(path) : `one of them, from ${first} to ${last}`;
    throw new ReadroomError('usage', `It holds ${counted(file.frames, 'picture')}: name ${names}.`);
  }
  const { pixelSha256, width, height } = picture;
  const { patientKey: patient = null, studyUid: study = null } = file.header ?? {};
  return { path, frame, pixelSha256, byteSha256: file.byteSha256, width, height, patient, study };
}

const isThere = (file: string): Promise<boolean> =>
  access(file).then(
    () => true,
    () => false,
  );

function expected(error: unknown): ReadroomError {
  if (error instanceof ReadroomError && error.code !== 'cancelled') return error;
  throw error;
}
