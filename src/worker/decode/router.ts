import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { implement } from '@orpc/server';

import { decodeContract, mostFramesAtOnce, type PictureFacts } from '../../contract/decode.ts';
import { thumbnailEdge, thumbnailFile } from '../../core/thumbnail.ts';
import { writeFileWhole } from '../../files/durable.ts';
import { renderWebp } from './fit-input.ts';
import type { OpenedFile } from './opened-file.ts';
import { pixelSha256, releaseSamples, toEightBit, type Picture } from './picture.ts';
import { fittedGrey, pictureFacts, type Plane } from './picture-facts.ts';
import { decodeImported, readInput } from './read-input.ts';
import { readSource } from './read-source.ts';
import { requirePicture } from './sniff.ts';
import { readPictureFile } from './source.ts';
import { writeAt } from './write-at.ts';
import { writePictures, writeSamples } from './write-pictures.ts';

/** After so long, what was found is told: a call that takes 20 s is ended. */
const longestMs = 5000;

const os = implement(decodeContract);

/** Leaves the thumbnail of a picture that is larger than one. */
async function leaveThumbnail(picture: Picture, fitted: Plane, key: string, folder: string): Promise<void> {
  const to = join(folder, thumbnailFile(key));
  if (Math.max(picture.width, picture.height) <= thumbnailEdge || existsSync(to)) return;
  const { data } = await renderWebp(picture, thumbnailEdge, fitted);
  // The picture comes in all the same: what is lacking is made when it is needed.
  await writeFileWhole(to, data, { durable: false }).catch(() => undefined);
}

async function inspectFrame(
  file: OpenedFile,
  frame: number,
  thumbnails: string | undefined,
): Promise<PictureFacts> {
  const picture = await file.picture(frame);
  const { width, height, channels, bitDepth } = picture;
  const key = pixelSha256(picture);
  // What is judged and hashed is what is shown, where the file says how that is.
  const shown = picture.display ? toEightBit(picture) : picture;
  const fitted = fittedGrey(shown, thumbnailEdge);
  if (thumbnails !== undefined) await leaveThumbnail(shown, fitted, key, thumbnails);
  releaseSamples(shown);
  releaseSamples(picture);
  const position = file.position(frame);
  return { frame, position, width, height, channels, bitDepth, pixelSha256: key, ...pictureFacts(fitted) };
}

/** What the decode child answers. Every refusal is a ReadroomError of the "one image" group. */
export const decodeRouter = os.router({
  inspect: os.inspect.handler(async ({ input }) => {
    const source = readPictureFile(input.path);
    const byteSha256 = source.byteSha256();
    const file = await source.open();
    const { format, generated, header, frames, warnings } = file;
    const pictures: PictureFacts[] = [];
    const end = Math.min(frames, input.from + mostFramesAtOnce);
    const started = performance.now();
    for (let frame = input.from; frame < end && performance.now() - started < longestMs; frame += 1)
      pictures.push(await inspectFrame(file, frame, input.thumbnails));
    const sizeBytes = source.bytes.length;
    return { file: { format, byteSha256, sizeBytes, generated, header, frames, warnings }, pictures };
  }),

  cacheInput: os.cacheInput.handler(async ({ input }) => {
    const pixels = await readInput(readPictureFile(input.path), input, input.geometry);
    writeAt(input.file, pixels, input.slot * pixels.length);
  }),

  render: os.render.handler(async ({ input }) => {
    const file = await readPictureFile(input.path).open();
    const picture = await decodeImported(file, input.frame, input.pixelSha256);
    const { data, width, height } = await renderWebp(picture, input.edge);
    await writeFileWhole(input.to, data, { durable: false });
    return { width, height };
  }),

  writePixels: os.writePixels.handler(async ({ input }) => {
    const file = await readPictureFile(input.path).open();
    const picture = await decodeImported(file, input.frame, input.pixelSha256);
    await writeSamples(picture, input.to);
    const { width, height, channels, bitDepth, display } = picture;
    return { width, height, channels, bitDepth, display };
  }),

  readSpacing: os.readSpacing.handler(async ({ input }) => {
    const file = await readPictureFile(input.path).open();
    const picture = await decodeImported(file, input.frame, undefined);
    releaseSamples(picture);
    return picture.display?.spacing ?? null;
  }),

  readStudy: os.readStudy.handler(async ({ input }) => {
    const { bytes } = readPictureFile(input.path);
    if (requirePicture(bytes) !== 'dicom')
      return { date: null, description: null, seriesNumber: null, seriesDescription: null, normal: null };
    const { readStudy } = await import('./dicom/open-dicom.ts');
    return readStudy(bytes);
  }),

  dicomReference: os.dicomReference.handler(async ({ input }) => {
    const { readReference } = await import('./dicom/interchange/reference.ts');
    return readReference(readPictureFile(input.path).bytes, input.frames);
  }),

  writeDicomLabels: os.writeDicomLabels.handler(async ({ input }) => {
    const { writeLabels } = await import('./dicom/interchange/write-labels.ts');
    await writeFileWhole(input.to, await writeLabels(input.plan));
  }),

  readDicomLabels: os.readDicomLabels.handler(async ({ input }) => {
    const { readLabels } = await import('./dicom/interchange/read-labels.ts');
    await writeFileWhole(input.to, readLabels(readSource(input.path)), { durable: false });
  }),

  readMask: os.readMask.handler(async ({ input }) => {
    const { readMask } = await import('./mask-file.ts');
    return readMask(input.path, input.to);
  }),

  writeMask: os.writeMask.handler(async ({ input }) => {
    const { writeMask } = await import('./mask-file.ts');
    return writeMask(await readFile(input.from), input);
  }),

  writePictures: os.writePictures.handler(({ input }) => writePictures(input)),

  writeSample: os.writeSample.handler(async ({ input, signal }) => {
    // Drawing is for few processes, and all of them would load it.
    const { writeSample } = await import('./write-sample.ts');
    return writeSample(input, signal);
  }),
});
