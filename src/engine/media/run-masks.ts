import { existsSync, statSync } from 'node:fs';
import { open } from 'node:fs/promises';
import path from 'node:path';

import { ReadroomError } from '../../contract/errors.ts';
import { classOf } from '../../contract/learning-task.ts';
import type { Manifest } from '../../contract/run-folder.ts';
import { fittedPlace, fittedSize, type PictureSize } from '../../core/input-geometry.ts';
import { readManifest, type RunFolder, runFolderOf } from '../runs/run-folder.ts';

/** The part of a network's input that shows a picture, a class a pixel: 0 the background, 255 not judged. */
export interface ShownMask extends PictureSize {
  readonly classes: Uint8Array<ArrayBuffer>;
}

/** Which mask of a segmentation is asked for. */
export interface MaskWish {
  readonly split: 'val' | 'test';
  /** As it was drawn when the run began, or as the run predicts it. */
  readonly which: 'truth' | 'predicted';
  readonly image: string;
  readonly picture: PictureSize;
}

/** Where the images of a part stand in the files of masks. */
interface Places {
  readonly manifest: Pick<Manifest, 'masks' | 'inputs'>;
  readonly rows: ReadonlyMap<string, { readonly row: number; readonly slot: number }>;
}

/** Reads masks of runs; where the images of the part that was asked for last stand is kept. */
export function createRunMasks(): (folder: RunFolder, wish: MaskWish) => Promise<ShownMask> {
  let last: { key: string; places: Places } | null = null;

  function placesOf(folder: RunFolder, split: 'val' | 'test'): Places {
    const key = `${folder.manifest} ${split} ${statSync(folder.manifest).mtimeMs}`;
    if (last?.key === key) return last.places;
    const { masks, inputs, rows } = readManifest(folder);
    const found = masks ? rows[split] : [];
    const places: Places = {
      manifest: { masks, inputs },
      rows: new Map(found.map(({ image, label }, row) => [image, { row, slot: classOf(label) }])),
    };
    last = { key, places };
    return places;
  }

  return async (folder, { split, which, image, picture }) => {
    const predicted = folder.predictedMasks(split);
    // Of a part that was not evaluated nothing is shown.
    if (!existsSync(folder.manifest) || !existsSync(predicted)) throw noMask(split);
    const { manifest, rows } = placesOf(folder, split);
    const place = rows.get(image);
    if (place === undefined || !manifest.masks) throw noMask(split);
    const { geometry } = manifest.inputs;
    const file = which === 'truth' ? path.join(folder.root, manifest.masks.file) : predicted;
    const slot = which === 'truth' ? place.slot : place.row;
    const bytes = geometry.size ** 2;
    const whole = await readAt(file, slot * bytes, bytes);
    if (whole === null) throw noMask(split);
    return cropped(whole, geometry.size, fittedSize(picture, geometry));
  };
}

/** What a mask is asked for of. */
interface MaskProject {
  readonly folder: string;
  readonly annotations: { pictureOf(image: string): PictureSize | null };
}

/** Answers `runs/<run>/masks/<split>/<image>/<truth|predicted>`: a byte a pixel, the size in headers as of pixels. */
export function createMaskAnswer(): (
  request: Request,
  project: MaskProject,
  parts: string[],
) => Promise<Response> {
  const read = createRunMasks();
  return async (request, { folder, annotations }, [run, split, image, which]) => {
    const picture = annotations.pictureOf(image!);
    if (!picture) throw new ReadroomError('unknownImage', 'There is no such image in this project.', '');
    const { width, height, classes } = await read(runFolderOf(folder, run!), {
      split: split as MaskWish['split'],
      which: which as MaskWish['which'],
      image: image!,
      picture,
    });
    const headers = {
      'content-type': 'application/octet-stream',
      'content-length': String(classes.byteLength),
      'cache-control': 'private, no-cache',
      'x-readroom-width': String(width),
      'x-readroom-height': String(height),
    };
    return new Response(request.method === 'HEAD' ? null : classes, { headers });
  };
}

/** Without the bars beside the picture. */
function cropped(whole: Uint8Array, size: number, inner: PictureSize): ShownMask {
  const { left, top } = fittedPlace(inner, size);
  const classes = new Uint8Array(inner.width * inner.height);
  for (let y = 0; y < inner.height; y += 1) {
    const start = (top + y) * size + left;
    classes.set(whole.subarray(start, start + inner.width), y * inner.width);
  }
  return { ...inner, classes };
}

/** Null where the file ends before. */
async function readAt(file: string, start: number, bytes: number): Promise<Uint8Array | null> {
  const handle = await open(file, 'r');
  try {
    const content = new Uint8Array(bytes);
    const { bytesRead } = await handle.read(content, 0, bytes, start);
    return bytesRead === bytes ? content : null;
  } finally {
    await handle.close();
  }
}

function noMask(split: 'val' | 'test'): ReadroomError {
  const part = split === 'val' ? 'validation' : 'test';
  return new ReadroomError(
    'fileNotFound',
    `This run has no mask of this image on its ${part} part.`,
    `Evaluate the ${part} part of a segmentation first.`,
  );
}
