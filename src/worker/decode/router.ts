import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';

import { implement } from '@orpc/server';

import { decodeContract } from '../../contract/decode.ts';
import { thumbnailEdge, thumbnailFile } from '../../core/thumbnail.ts';
import { writeFileWhole } from '../../files/durable.ts';
import { decodePicture } from './decode-picture.ts';
import { renderWebp } from './fit-input.ts';
import { pixelSha256, releaseSamples, type Picture } from './picture.ts';
import { fittedGrey, pictureFacts, type Plane } from './picture-facts.ts';
import { decodeImported, readInput } from './read-input.ts';
import { readSource } from './read-source.ts';
import { writeAt } from './write-at.ts';
import { writePictures, writeSamples } from './write-pictures.ts';

const os = implement(decodeContract);

/** Leaves the thumbnail of a picture that is larger than one. */
async function leaveThumbnail(picture: Picture, fitted: Plane, key: string, folder: string): Promise<void> {
  const to = join(folder, thumbnailFile(key));
  if (Math.max(picture.width, picture.height) <= thumbnailEdge || existsSync(to)) return;
  const { data } = await renderWebp(picture, thumbnailEdge, fitted);
  // The picture comes in all the same: what is lacking is made when it is needed.
  await writeFileWhole(to, data, { durable: false }).catch(() => undefined);
}

/** What the decode child answers. Every refusal is a ReadroomError of the "one image" group. */
export const decodeRouter = os.router({
  inspect: os.inspect.handler(async ({ input }) => {
    const bytes = readSource(input.path);
    const byteSha256 = createHash('sha256').update(bytes).digest('hex');
    const { format, picture, generated, warnings } = await decodePicture(bytes);
    const { width, height, channels, bitDepth } = picture;
    const key = pixelSha256(picture);
    const fitted = fittedGrey(picture, thumbnailEdge);
    if (input.thumbnails !== undefined) await leaveThumbnail(picture, fitted, key, input.thumbnails);
    releaseSamples(picture);
    return {
      format,
      width,
      height,
      channels,
      bitDepth,
      byteSha256,
      pixelSha256: key,
      sizeBytes: bytes.length,
      generated,
      ...pictureFacts(fitted),
      warnings,
    };
  }),

  cacheInput: os.cacheInput.handler(async ({ input }) => {
    const pixels = await readInput(readSource(input.path), input, input.geometry);
    writeAt(input.file, pixels, input.slot * pixels.length);
  }),

  render: os.render.handler(async ({ input }) => {
    const { picture } = await decodeImported(readSource(input.path), input.pixelSha256);
    const { data, width, height } = await renderWebp(picture, input.edge);
    await writeFileWhole(input.to, data, { durable: false });
    return { width, height };
  }),

  writePixels: os.writePixels.handler(async ({ input }) => {
    const { picture } = await decodeImported(readSource(input.path), input.pixelSha256);
    await writeSamples(picture, input.to);
    const { width, height, channels, bitDepth } = picture;
    return { width, height, channels, bitDepth };
  }),

  writePictures: os.writePictures.handler(({ input }) => writePictures(input)),

  writeSample: os.writeSample.handler(async ({ input, signal }) => {
    // Drawing is for few processes, and all of them would load it.
    const { writeSample } = await import('./write-sample.ts');
    return writeSample(input, signal);
  }),
});
