import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';

import { implement } from '@orpc/server';

import { ReadroomError } from '../../contract/errors.ts';
import { decodeContract } from '../../contract/workers.ts';
import { thumbnailEdge, thumbnailFile } from '../../core/thumbnail.ts';
import { writeFileWhole } from '../../files/durable.ts';
import { decodePicture, type Decoded } from './decode-picture.ts';
import { fitInput, renderWebp } from './fit-input.ts';
import { pixelSha256, type Picture } from './picture.ts';
import { pictureFacts } from './picture-facts.ts';
import { readSource } from './read-source.ts';
import { writeAt } from './write-at.ts';
import { writePictures, writeSamples } from './write-pictures.ts';
import { writeSample } from './write-sample.ts';

const os = implement(decodeContract);

/** Decodes what stands at `path` now; refuses it when it is no longer the picture that was imported. */
async function decodeImported(path: string, imported: string | undefined): Promise<Decoded> {
  const decoded = await decodePicture(readSource(path));
  if (imported !== undefined && pixelSha256(decoded.picture) !== imported) {
    throw new ReadroomError(
      'fileChanged',
      'The file holds another picture than the one that was imported.',
      'Put the imported picture back, or import the new one under another name.',
    );
  }
  return decoded;
}

/** Leaves the thumbnail of a picture that is larger than one. */
async function leaveThumbnail(picture: Picture, key: string, folder: string): Promise<void> {
  const to = join(folder, thumbnailFile(key));
  if (Math.max(picture.width, picture.height) <= thumbnailEdge || existsSync(to)) return;
  const { data } = await renderWebp(picture, thumbnailEdge);
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
    if (input.thumbnails !== undefined) await leaveThumbnail(picture, key, input.thumbnails);
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
      ...pictureFacts(picture),
      warnings,
    };
  }),

  cacheInput: os.cacheInput.handler(async ({ input }) => {
    const { picture } = await decodeImported(input.path, input.pixelSha256);
    const pixels = await fitInput(picture, input.geometry);
    writeAt(input.file, pixels, input.slot * pixels.length);
  }),

  render: os.render.handler(async ({ input }) => {
    const { picture } = await decodeImported(input.path, input.pixelSha256);
    const { data, width, height } = await renderWebp(picture, input.edge);
    await writeFileWhole(input.to, data, { durable: false });
    return { width, height };
  }),

  writePixels: os.writePixels.handler(async ({ input }) => {
    const { picture } = await decodeImported(input.path, input.pixelSha256);
    await writeSamples(picture, input.to);
    const { width, height, channels, bitDepth } = picture;
    return { width, height, channels, bitDepth };
  }),

  writePictures: os.writePictures.handler(({ input }) => writePictures(input)),

  writeSample: os.writeSample.handler(({ input, signal }) => writeSample(input, signal)),
});
