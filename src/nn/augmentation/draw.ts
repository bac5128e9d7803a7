import type { Recipe } from '../../contract/recipe.ts';
import { createRandom } from '../../core/random.ts';
import type { PrincipalColours } from '../principal-colours.ts';
import { drawMixing } from './mixing.ts';
import { type Movement, movesPixels, projectiveTransform } from './transform.ts';

export type Augmentation = Recipe['augmentation'];

/** A host array that a step feeds to the device. */
export interface Feed {
  readonly values: Float32Array;
  readonly shape: readonly number[];
}

/** One picture's draw. Lengths in pixels. */
export interface AugmentationDraw extends Movement {
  /** Factor on pixel values. */
  readonly brightness: number;
  /** Factor on the distance from the picture's mean. */
  readonly contrast: number;
  /** Exponent on pixel/255. */
  readonly gamma: number;
  /** Weights of the principal colours. */
  readonly colour: readonly [number, number, number];
  /** Share of the blurred copy. */
  readonly blur: number;
  /** The square that is blanked out; it may lie partly outside. */
  readonly cutOut: { readonly left: number; readonly top: number; readonly edge: number };
}

/** What decides the draws of one step's batch, or of a piece of it that is computed at once. */
export interface DrawPlace {
  /** Pictures in the piece. */
  readonly rows: number;
  /** Where in the batch it begins; mix-up takes partners from the same piece. */
  readonly firstRow: number;
  /** Edge in pixels. */
  readonly size: number;
  readonly channels: number;
  readonly seed: number;
  readonly step: number;
  /** Null: the colours stay. */
  readonly colour: PrincipalColours | null;
}

/**
 * The draw of picture `index` of the batch of `step`: a pure function, so a resumed run sees the same pictures.
 * Every number is drawn whether used or not: switching one kind off leaves the others as they were.
 */
export function drawAugmentation(
  options: Augmentation,
  { size, seed, step }: Pick<DrawPlace, 'size' | 'seed' | 'step'>,
  index: number,
): AugmentationDraw {
  const random = createRandom(seed, 'augmentation', step, index);
  const between = (limit: number): number => (2 * random.uniform() - 1) * limit;
  const cell = (): number => Math.floor(random.uniform() * size);
  // The order is part of what a seed means: a new kind draws after those that are here.
  const draw = {
    rotationRadians: between((options.rotationDegrees * Math.PI) / 180),
    shiftX: between(options.widthShift * size),
    shiftY: between(options.heightShift * size),
    shear: Math.tan(between((options.shearDegrees * Math.PI) / 180)),
    zoomX: 1 + between(options.zoom),
    zoomY: 1 + between(options.zoom),
    flip: random.uniform() < 0.5 && options.horizontalFlip,
    brightness: 1 + between(options.brightness),
    verticalFlip: random.uniform() < 0.5 && options.verticalFlip,
    cropWindow: 1 - options.crop,
    cropX: between((options.crop * size) / 2),
    cropY: between((options.crop * size) / 2),
    contrast: 1 + between(options.contrast),
    gamma: 1 + between(options.gamma),
    colour: [random.normal(), random.normal(), random.normal()].map(
      (weight) => weight * options.pcaColour,
    ) as [number, number, number],
    blur: random.uniform() * options.blur,
  };
  const edge = Math.round(random.uniform() * options.cutOut * size);
  const corner = (): number => cell() - Math.floor(edge / 2);
  return { ...draw, cutOut: { left: corner(), top: corner(), edge } };
}

/**
 * What a step feeds for its batch. Names and shapes depend on options, rows and geometry only, never on the
 * draw, so that one compiled graph serves every step; a kind that is off has no feed.
 *
 * - `transforms` rows × 8, for ImageProjectiveTransformV3
 * - `exponent` rows × 1 × 1 × 1, on pixels from 0 to 255
 * - `gain` rows × 1 × 1 × 1: contrast · brightness / 255^gamma
 * - `lift` rows × 1 × 1 × 1: what the picture's mean counts towards every pixel, (1 − contrast) · brightness / 255^gamma
 * - `colour` rows × 1 × 1 × 3, added to pixel/255
 * - `blur` rows × 1 × 1 × 1: share of the blurred copy
 * - `keptRows` rows × size × 1 × 1 and `keptColumns` rows × 1 × size × 1: zero where the cut-out crosses them, else one
 * - `mixPartner` rows: whole numbers; `mixShare` rows × 1 × 1 × 1: share of the picture itself
 */
export function drawFeeds(options: Augmentation, of: DrawPlace): Map<string, Feed> {
  const { rows, size } = of;
  const draws = Array.from({ length: rows }, (_, row) => drawAugmentation(options, of, of.firstRow + row));
  const feeds = new Map<string, Feed>();
  const feed = (name: string, shape: readonly number[], values: (draw: AugmentationDraw) => number[]): void =>
    void feeds.set(name, { values: Float32Array.from(draws.flatMap(values)), shape: [rows, ...shape] });

  if (movesPixels(options)) feed('transforms', [8], (draw) => projectiveTransform(draw, size));
  const { brightness, contrast, gamma } = options;
  if (gamma > 0) feed('exponent', [1, 1, 1], (draw) => [draw.gamma]);
  if (brightness + contrast + gamma > 0)
    feed('gain', [1, 1, 1], (draw) => [(draw.contrast * draw.brightness) / 255 ** draw.gamma]);
  if (contrast > 0)
    feed('lift', [1, 1, 1], (draw) => [((1 - draw.contrast) * draw.brightness) / 255 ** draw.gamma]);
  const { colour } = of;
  if (options.pcaColour > 0 && colour !== null && of.channels === 3)
    feed('colour', [1, 1, 3], (draw) =>
      [0, 1, 2].map((channel) =>
        colour.reduce((sum, component, i) => sum + draw.colour[i]! * component[channel]!, 0),
      ),
    );
  if (options.blur > 0) feed('blur', [1, 1, 1], (draw) => [draw.blur]);
  if (options.cutOut > 0) {
    feed('keptRows', [size, 1, 1], ({ cutOut }) => keptCells(cutOut.top, cutOut.edge, size));
    feed('keptColumns', [1, size, 1], ({ cutOut }) => keptCells(cutOut.left, cutOut.edge, size));
  }
  if (options.mixup > 0) {
    const { partners, shares } = drawMixing(options.mixup, of);
    feeds.set('mixPartner', { values: partners, shape: [rows] });
    feeds.set('mixShare', { values: shares, shape: [rows, 1, 1, 1] });
  }
  return feeds;
}

function keptCells(first: number, edge: number, size: number): number[] {
  return Array.from({ length: size }, (_, cell) => (cell >= first && cell < first + edge ? 0 : 1));
}

/**
 * What mix-up does to the host's targets with this draw.
 *
 * @param targets rows × classes
 * @param feeds of `drawFeeds`
 * @returns rows × classes, a new array; null when mix-up is off
 */
export function mixedTargets(
  targets: Float32Array,
  classes: number,
  feeds: ReadonlyMap<string, Feed>,
): Float32Array | null {
  const partners = feeds.get('mixPartner')?.values;
  const shares = feeds.get('mixShare')?.values;
  if (!partners || !shares) return null;
  return targets.map((target, i) => {
    const row = Math.floor(i / classes);
    const other = targets[partners[row]! * classes + (i % classes)]!;
    return other + shares[row]! * (target - other);
  });
}
