import { sourceOf } from '../../src/worker/decode/source.ts';

/** A file's first picture and what is said of the file. */
export async function decodeFile(bytes: Buffer) {
  const file = await sourceOf(bytes).open();
  const { format, generated, warnings, frames, header } = file;
  return { format, generated, warnings, frames, header, picture: await file.picture(0) };
}
