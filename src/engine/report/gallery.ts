import { count, share } from '../../core/words.ts';
import type { Buffer } from 'node:buffer';
import { readFile } from 'node:fs/promises';

import type { ModelError } from '../evaluate/worst-errors.ts';
import { type Markup, markup } from './markup.ts';

export const galleryLength = 24;
/** A thumbnail larger than this is left out: the report stays a file that mail takes. */
const largestThumbnailBytes = 512 * 1024;

/** One error with what the reader sees of it. */
export interface GalleryEntry extends ModelError {
  readonly fileName: string;
  /** `data:image/…`, or null when no thumbnail could be had. */
  readonly picture: string | null;
}

/** Looks up an image's name and the thumbnail file that stands for it. */
export type FindPicture = (image: string) => Promise<{ fileName: string; thumbnail: string | null }>;

/** Names and thumbnails of errors; a thumbnail that cannot be read leaves its place empty. */
export async function fillGallery(errors: readonly ModelError[], find: FindPicture): Promise<GalleryEntry[]> {
  const entries: GalleryEntry[] = [];
  for (const error of errors) {
    const { fileName, thumbnail } = await find(error.image);
    entries.push({ ...error, fileName, picture: thumbnail === null ? null : await dataUri(thumbnail) });
  }
  return entries;
}

/** Worst errors first. */
export function gallerySection(
  entries: readonly GalleryEntry[],
  total: number,
  classes: readonly string[],
): Markup {
  if (total === 0) return markup`<p>No image of this part was decided wrongly.</p>`;
  const first = entries.length < total ? `the first ${entries.length} of ` : '';
  return markup`<p>${first ? `${first[0]!.toUpperCase()}${first.slice(1)}` : ''}${count(total)} wrong decisions, the least probability for the truth first.</p><div class="gallery">${entries.map(
    ({ fileName, picture, truth, decided, probabilityOfTruth }) =>
      markup`<figure><div class="picture">${picture === null ? markup`<span class="none">no picture</span>` : markup`<img src="${picture}" alt="${fileName}">`}</div>${classes[truth]!} → <b>${classes[decided]!}</b><br>${share(probabilityOfTruth)} for the truth<div class="name" title="${fileName}">${fileName}</div></figure>`,
  )}</div><p><small>truth → decision</small></p>`;
}

async function dataUri(file: string): Promise<string | null> {
  let bytes: Buffer;
  try {
    bytes = await readFile(file);
  } catch (error) {
    // A cache may lose a thumbnail at any time; the figures do not hang on it.
    if (error instanceof Error && 'code' in error) return null;
    throw error;
  }
  const type = pictureType(bytes);
  return type === null || bytes.length > largestThumbnailBytes
    ? null
    : `data:${type};base64,${bytes.toString('base64')}`;
}

/** Never SVG, whatever the name says: only what cannot hold script. */
function pictureType(bytes: Buffer): string | null {
  const at = (offset: number, text: string): boolean =>
    bytes.toString('latin1', offset, offset + text.length) === text;
  if (at(0, '\x89PNG\r\n\x1a\n')) return 'image/png';
  if (at(0, '\xff\xd8\xff')) return 'image/jpeg';
  if (at(0, 'RIFF') && at(8, 'WEBP')) return 'image/webp';
  return null;
}
