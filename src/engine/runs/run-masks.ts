import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import path from 'node:path';

import type { FileFormat, InputGeometry } from '../../contract/decode.ts';
import { ReadroomError } from '../../contract/errors.ts';
import type { Manifest, ManifestRow } from '../../contract/run-folder.ts';
import { type ClassMask, fitMasks, fittedSpacing } from '../../core/fit-masks.ts';
import { shapeMask } from '../../core/shapes.ts';
import { writeFileWhole } from '../../files/durable.ts';
import { digestOfDrawing } from '../db/drawing-repository.ts';
import type { RunClass } from '../db/run-repository.ts';
import type { JobContext } from '../jobs.ts';
import { mapLimited } from '../dataset/map-limited.ts';
import type { DecodePool } from '../media/decode-pool.ts';
import type { ProjectSession } from '../project/session.ts';
import { createPace } from '../turns.ts';
import { drawingsChanged, type MaskTruths, namesOf } from './mask-truths.ts';
import { runFolderOf } from './run-folder.ts';

/** In a run's folder, beside the manifest that names it. */
export const masksFile = 'masks.u8';

/** An image may have large masks. */
const imagesAtOnce = 50;

interface MaskRequest {
  /** In the order of their slots. */
  images: readonly string[];
  classes: readonly RunClass[];
  geometry: InputGeometry;
  truths: MaskTruths;
}

/**
 * Writes the masks that a run learns and is judged by, an image's drawings of record fitted as its picture is; of a run
 * that trains another one again that one's, whatever was drawn since.
 *
 * @throws ReadroomError `changedSince` where an image was drawn on since its drawings were looked at
 */
export async function writeRunMasks(
  session: ProjectSession,
  run: string,
  request: MaskRequest,
  context: JobContext,
): Promise<NonNullable<Manifest['masks']>> {
  const { images, geometry, truths } = request;
  const { learned } = truths;
  const masks = learned
    ? readMasks(
        learned.file,
        images.map((image) => learned.slots.get(image)!),
        geometry.size ** 2,
      )
    : drawnMasks(session, request);
  const hash = createHash('sha256');
  async function* hashed(): AsyncGenerator<Uint8Array> {
    let done = 0;
    for await (const mask of masks) {
      hash.update(mask);
      yield mask;
      context.signal.throwIfAborted();
      if (++done % imagesAtOnce === 0) context.progress(done, images.length, 'Preparing masks');
    }
  }
  await writeFileWhole(path.join(runFolderOf(session.folder, run).root, masksFile), hashed());
  return { file: masksFile, sha256: hash.digest('hex') };
}

async function* drawnMasks(
  { drawings, annotations }: ProjectSession,
  { images, classes, geometry, truths }: MaskRequest,
): AsyncGenerator<Uint8Array> {
  const places = new Map(classes.map(({ id }, place) => [id, place]));
  const names = namesOf(classes);
  const pace = createPace();
  for (let start = 0; start < images.length; start += imagesAtOnce) {
    const some = images.slice(start, start + imagesAtOnce);
    const shapes = drawings.shapesOn(some);
    for (const image of some) {
      const picture = annotations.pictureOf(image);
      if (!picture) throw new ReadroomError('unknownImage', `There is no image "${image}" any more.`, '');
      const drawn = shapes.get(image);
      const digest = drawn && digestOfDrawing(drawn, (id) => names.get(id) ?? id);
      if (digest !== truths.digests.get(image)) throw drawingsChanged(null);
      const masks = (drawn ?? []).flatMap(({ class: id, shape }): ClassMask[] => {
        const place = places.get(id);
        const mask = place === undefined ? null : shapeMask(shape, picture);
        return mask ? [{ place: place!, mask }] : [];
      });
      yield fitMasks(masks, picture, geometry);
      await pace();
    }
  }
}

async function* readMasks(file: string, slots: readonly number[], bytes: number): AsyncGenerator<Uint8Array> {
  const handle = await open(file, 'r');
  try {
    for (const slot of slots) {
      const mask = new Uint8Array(bytes);
      const { bytesRead } = await handle.read(mask, 0, bytes, slot * bytes);
      if (bytesRead < bytes)
        throw new ReadroomError('fileNotFound', `The masks ${file} end before slot ${slot}.`, 'Train anew.');
      yield mask;
    }
  } finally {
    await handle.close();
  }
}

/** Formats whose files say what a pixel measures. */
const measured: readonly FileFormat[] = ['dicom', 'nifti'];

/**
 * What a pixel of the input measures in millimetres, of each picture in their order; null where its file does not say so
 * for the patient.
 */
export function spacingsOf(
  session: ProjectSession,
  images: readonly string[],
  geometry: InputGeometry,
  { pool, context }: { pool: DecodePool; context: JobContext },
): Promise<ManifestRow['spacing'][]> {
  return mapLimited(images, pool.size, async (image) => {
    const { path: file, frame, format } = session.dataset.file(image);
    if (!measured.includes(format)) return undefined;
    const found = await pool.readSpacing({ path: file, frame }, context.signal);
    const picture = session.annotations.pictureOf(image);
    return found?.at === 'patient' && picture ? fittedSpacing(found, picture, geometry) : undefined;
  });
}
