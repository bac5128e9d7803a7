import type { Buffer } from 'node:buffer';
import { readFile } from 'node:fs/promises';

import type { InputGeometry } from '../../contract/decode.ts';
import type { Evaluation } from '../../contract/evaluation.ts';
import { quantity } from '../../core/figures.ts';
import { count, counted, share } from '../../core/words.ts';
import type { DecidedCase } from '../evaluate/cases.ts';
import { type Markup, markup } from './markup.ts';
import { type FindMasks, maskOverlay, type MaskPictures } from './mask-overlay.ts';
import { judgedNoun } from './metric-tables.ts';

export const galleryLength = 24;
/** A thumbnail larger than this is left out: the report stays a file that mail takes. */
const largestThumbnailBytes = 512 * 1024;

/** One case with what the reader sees of it. */
export interface GalleryEntry {
  readonly of: DecidedCase;
  readonly fileName: string;
  /** `data:image/…`, or null when no thumbnail could be had. */
  readonly picture: string | null;
  /** Of a segmentation, drawn over the picture; null where they are not there. */
  readonly masks: MaskPictures | null;
}

/** Looks up an image's name and the thumbnail file that stands for it. */
export type FindPicture = (image: string) => Promise<{ fileName: string; thumbnail: string | null }>;

/** Names and thumbnails of cases; a thumbnail that cannot be read leaves its place empty. */
export async function fillGallery(
  cases: readonly DecidedCase[],
  find: FindPicture,
  findMasks: FindMasks,
): Promise<GalleryEntry[]> {
  const entries: GalleryEntry[] = [];
  for (const of of cases) {
    const { fileName, thumbnail } = await find(of.image);
    const picture = thumbnail === null ? null : await dataUri(thumbnail);
    entries.push({ of, fileName, picture, masks: await findMasks(of.image) });
  }
  return entries;
}

/** What is listed, in which order, and how a caption is read. */
const galleryWords = {
  class: {
    none: 'No decision of this part is wrong.',
    what: () => 'wrong decisions, the least probability for the truth first.',
    legend: 'truth → decision',
  },
  labels: {
    none: 'No label of this part is wrong.',
    what: (noun: string) => `${noun} with a wrong label, the largest loss summed over labels first.`,
    legend: 'Loss: negative log likelihood summed over all labels, nats.',
  },
  number: {
    none: 'Every number of this part was predicted exactly.',
    what: (noun: string) => `${noun}, the largest error first.`,
    legend: 'true → predicted; below: predicted − true',
  },
  masks: {
    none: 'Every mask of this part was predicted exactly.',
    what: (noun: string) => `${noun} with a wrong pixel, the least mean Dice of their classes first.`,
    legend:
      'Dice: mean over the classes that are drawn or found in the image. Pictures as the network sees them; green: drawn, dashed orange: found.',
  },
} as const;

const kindOf = ({ task }: Evaluation): keyof typeof galleryWords => {
  if (task === 'regression') return 'number';
  if (task === 'segmentation') return 'masks';
  return task === 'multiLabel' ? 'labels' : 'class';
};

/** Worst cases first. @param total how many cases there are that are not right */
export function gallerySection(
  entries: readonly GalleryEntry[],
  total: number,
  evaluation: Evaluation,
  geometry: InputGeometry,
): Markup {
  const { none, what, legend } = galleryWords[kindOf(evaluation)];
  if (total === 0) return markup`<p>${none}</p>`;
  const first = entries.length < total ? `The first ${entries.length} of ` : '';
  return markup`<p>${first}${count(total)} ${what(judgedNoun(evaluation))}</p><div class="gallery">${entries.map(
    ({ fileName, picture, masks, of }) =>
      markup`<figure><div class="picture">${masks ? maskOverlay({ picture, fileName }, masks, geometry) : plainPicture(picture, fileName)}</div>${caption(of, evaluation)}<div class="name" title="${fileName}">${fileName}${of.images.length > 1 && ` and ${counted(of.images.length - 1, 'more image')}`}</div></figure>`,
  )}</div><p><small>${legend}</small></p>`;
}

function plainPicture(picture: string | null, fileName: string): Markup {
  return picture === null
    ? markup`<span class="none">no picture</span>`
    : markup`<img src="${picture}" alt="${fileName}">`;
}

function caption(of: DecidedCase, { classes, unit }: Evaluation): Markup {
  const names = (labels: readonly number[]): string => labels.map((label) => classes[label]!).join(', ');
  switch (of.kind) {
    case 'class':
      return markup`${classes[of.truth]!} → <b>${classes[of.decided]!}</b><br>${share(of.probabilities[of.truth]!)} for the truth`;
    case 'labels': {
      const missed = of.truth.filter((label) => !of.decided.includes(label));
      const added = of.decided.filter((label) => !of.truth.includes(label));
      return markup`${missed.length > 0 && markup`missed: <b>${names(missed)}</b><br>`}${added.length > 0 && markup`wrongly given: <b>${names(added)}</b><br>`}loss ${quantity(of.loss)}`;
    }
    case 'number': {
      const error = of.predicted - of.truth;
      return markup`${quantity(of.truth, 4)} → <b>${quantity(of.predicted, 4)}</b> ${unit ?? ''}<br>${error > 0 && '+'}${quantity(error)}`;
    }
    case 'masks': {
      const withOutcome = (outcome: 'missed' | 'false'): string =>
        names(of.classes.flatMap((one, label) => (one.outcome === outcome ? [label] : [])));
      const [missed, added] = [withOutcome('missed'), withOutcome('false')];
      return markup`Dice <b>${of.dice === null ? 'none' : share(of.dice)}</b>${missed !== '' && markup`<br>missed: ${missed}`}${added !== '' && markup`<br>found, not drawn: ${added}`}`;
    }
  }
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
