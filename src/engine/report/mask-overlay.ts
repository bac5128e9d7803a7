import type { InputGeometry } from '../../contract/decode.ts';
import { notJudged } from '../../contract/learning-task.ts';
import { darkColours } from './charts/palette.ts';
import { type Markup, markup } from './markup.ts';

/** The class of every pixel of a network's input, row by row: 0 background, else the class's place + 1. */
export interface MaskPictures {
  readonly truth: Uint8Array;
  readonly predicted: Uint8Array;
}

/** Looks up an image's masks; null where they are not there. */
export type FindMasks = (image: string) => Promise<MaskPictures | null>;

const stroke = { truth: darkColours['series-3'], predicted: darkColours['series-2'] } as const;

/**
 * A picture as the network sees it, outlines of what was drawn (solid) and found (dashed) over it.
 *
 * @param picture `data:image/…`; null: outlines alone
 */
export function maskOverlay(
  { picture, fileName }: { readonly picture: string | null; readonly fileName: string },
  masks: MaskPictures,
  { size, fit }: Pick<InputGeometry, 'size' | 'fit'>,
): Markup {
  const aspect = fit === 'stretch' ? 'none' : 'xMidYMid meet';
  return markup`<svg viewBox="0 0 ${size} ${size}" role="img"><title>${fileName}</title><desc>Outlines of what was drawn, solid green, and of what was found, dashed orange.</desc>${picture !== null && markup`<image href="${picture}" width="${size}" height="${size}" preserveAspectRatio="${aspect}"/>`}${(
    ['truth', 'predicted'] as const
  ).map(
    (of) =>
      markup`<path d="${outlinePath(masks[of], size)}" fill="none" stroke="${stroke[of]}" stroke-width="1.5" vector-effect="non-scaling-stroke" stroke-dasharray="${of === 'predicted' ? '4 2' : ''}"/>`,
  )}</svg>`;
}

/** The edges between pixels of different classes, straight runs of them joined; what is not judged has none. */
export function outlinePath(mask: Uint8Array, size: number): string {
  const at = (x: number, y: number): number => {
    const value = x < 0 || y < 0 || x >= size || y >= size ? 0 : mask[y * size + x]!;
    return value === notJudged ? 0 : value;
  };
  const parts: string[] = [];
  const runs = (
    differs: (place: number) => boolean,
    write: (from: number, length: number) => string,
  ): void => {
    for (let from = 0; from < size; from++) {
      if (!differs(from)) continue;
      let to = from + 1;
      while (to < size && differs(to)) to++;
      parts.push(write(from, to - from));
      from = to;
    }
  };
  for (let line = 0; line <= size; line++) {
    runs(
      (x) => at(x, line - 1) !== at(x, line),
      (x, length) => `M${x} ${line}h${length}`,
    );
    runs(
      (y) => at(line - 1, y) !== at(line, y),
      (y, length) => `M${line} ${y}v${length}`,
    );
  }
  return parts.join('');
}
