import {
  type LabelChoice,
  type LabelFormat,
  labelFormats,
  type LabelOutlook,
  type WhichLabels,
} from '../../contract/interchange.ts';
import { counted } from '../../core/words.ts';
import type { LabelledImage, ReaderShape } from '../db/interchange-repository.ts';
import type { ProjectSession } from '../project/session.ts';
import { wordsOn } from './csv-out.ts';
import { isReferable } from './dicom-out.ts';
import { createOutgoing, type Outgoing } from './outgoing.ts';

/** Labels and shapes of some images, counted. */
interface Counts {
  /** Labels of record, or of the one reader that is asked for; words of every reader beside labels of record. */
  labels: number;
  words: number;
  shapes: number;
  points: number;
  masks: number;
  /** Those with a class. */
  classedMasks: number;
  /** Points that have a class are counted as points only. */
  withoutClass: number;
  /** Boxes, polygons and outlines. */
  outlines: number;
  /** Shapes with a comment or doubt. */
  annotated: number;
}

/** What is there to be written. */
export interface Stock {
  which: WhichLabels;
  all: Counts;
  /** Of images that DICOM labels can refer to. */
  referable: Counts;
  /** Images with something to write that DICOM labels cannot refer to: no DICOM files, or without study and series. */
  plainImages: number;
  withoutSeries: number;
}

const nothing = (): Counts => ({
  ...{ labels: 0, words: 0 },
  ...{ shapes: 0, points: 0, masks: 0, classedMasks: 0, withoutClass: 0, outlines: 0, annotated: 0 },
});

/** Counts what an export would have to write. @throws the reason of its signal */
export async function takeStock(out: Outgoing): Promise<Stock> {
  const stock: Stock = {
    which: out.which,
    all: nothing(),
    referable: nothing(),
    plainImages: 0,
    withoutSeries: 0,
  };
  for await (const page of out.pages('Counting what is there')) {
    const words = out.which.of === 'record' ? null : wordsOn(out, page);
    const shapes = out.shapesOn(page);
    for (const image of page) {
      const drawn = shapes.get(image.image) ?? [];
      const counts = countOf(out, image, words?.get(image.image) ?? [], drawn);
      add(stock.all, counts);
      if (counts.labels + counts.words + counts.shapes === 0) continue;
      if (isReferable(image, stock)) add(stock.referable, counts);
    }
  }
  return stock;
}

function countOf(
  out: Outgoing,
  { record }: LabelledImage,
  words: readonly unknown[],
  drawn: readonly ReaderShape[],
): Counts {
  const count = (test: (shape: ReaderShape) => boolean): number => drawn.filter(test).length;
  const kindOf = ({ value }: ReaderShape): string => value.shape.kind;
  const points = count((shape) => kindOf(shape) === 'point');
  const masks = count((shape) => kindOf(shape) === 'mask');
  return {
    ...(out.which.of === 'reader'
      ? { labels: words.length, words: 0 }
      : { labels: record === null ? 0 : 1, words: words.length }),
    ...{ shapes: drawn.length, points, masks, outlines: drawn.length - points - masks },
    classedMasks: count((shape) => kindOf(shape) === 'mask' && out.classOf(shape) !== null),
    withoutClass: count((shape) => kindOf(shape) !== 'point' && out.classOf(shape) === null),
    annotated: count(({ value }) => value.unsure === true || value.comment !== undefined),
  };
}

function add(sum: Counts, counts: Counts): void {
  for (const key of Object.keys(sum) as (keyof Counts)[]) sum[key] += counts[key];
}

const sentence = (n: number, noun: string, rest: string): string[] =>
  n > 0 ? [`${counted(n, noun)} ${rest}`] : [];

/** What a format cannot hold beside what its writer tells, which for DICOM knows the files. */
export function leftOutBeside(format: LabelFormat, { which, all }: Stock): string[] {
  switch (format) {
    case 'csv':
      return sentence(all.shapes, 'shape', 'left out: a table has labels only.');
    case 'coco':
      return sentence(
        which.of === 'reader' ? all.labels : all.words,
        'word',
        'of readers left out: COCO has labels of record only.',
      );
    case 'yolo':
      return [
        ...sentence(all.labels, 'label', 'left out: YOLO has shapes only.'),
        ...sentence(all.words, 'word', 'of readers left out: YOLO has shapes only.'),
        ...sentence(all.points, 'point', 'left out: YOLO has boxes and outlines only.'),
        ...sentence(all.withoutClass, 'shape', 'without a class left out: YOLO has none.'),
        ...sentence(
          all.classedMasks,
          'mask',
          'written as outlines: YOLO has no masks, so that each part of one comes back as a shape of its own, several with a box around them, without holes.',
        ),
        ...sentence(all.annotated, 'shape', 'lost comment or doubt: YOLO has no place for them.'),
      ];
    case 'mask-png':
      return [
        ...sentence(all.labels, 'label', 'left out: masks say where classes are, or that none is.'),
        ...sentence(all.words, 'word', 'of readers left out: masks say where classes are.'),
        ...sentence(all.points, 'point', 'left out: masks have areas only.'),
        ...sentence(all.withoutClass, 'shape', 'without a class left out: masks have none.'),
        ...sentence(classedOutlines(all), 'outline', 'written as masks of whole pixels.'),
        ...sentence(all.annotated, 'shape', 'lost comment or doubt: masks have no place for them.'),
      ];
    case 'dicom-seg':
      return [
        ...sentence(all.labels, 'label', 'left out: a segmentation has shapes only.'),
        ...sentence(all.words, 'word', 'of readers left out: a segmentation has shapes only.'),
      ];
    case 'dicom-sr':
      return [];
  }
}

/** Boxes and outlines with a class. */
const classedOutlines = ({ outlines, withoutClass, masks, classedMasks }: Counts): number =>
  outlines - (withoutClass - (masks - classedMasks));

/** What a DICOM writer would tell, as far as the database knows. */
function leftOutOfDicom(format: LabelFormat, { referable, plainImages, withoutSeries }: Stock): string[] {
  const images = [
    ...sentence(plainImages, 'image', 'left out: no DICOM files, which DICOM labels cannot refer to.'),
    ...sentence(withoutSeries, 'image', 'left out: the file does not say its study and series.'),
  ];
  if (format === 'dicom-seg') {
    return [
      ...sentence(referable.outlines, 'outline', 'become masks of whole pixels.'),
      ...images,
      ...sentence(referable.points, 'shape', 'left out: a segmentation has no points.'),
      ...sentence(
        referable.annotated,
        'shape',
        'lose comment or doubt: a segmentation has no place for them.',
      ),
    ];
  }
  return format === 'dicom-sr'
    ? [
        ...images,
        ...sentence(
          referable.masks,
          'shape',
          'left out: reports have no masks; write them as segmentations.',
        ),
      ]
    : [];
}

function held(
  format: LabelFormat,
  { which, all, referable }: Stock,
): Omit<LabelOutlook, 'format' | 'leftOut'> {
  switch (format) {
    case 'csv':
      return { labels: all.labels, words: all.words, shapes: 0 };
    case 'coco':
      return { labels: which.of === 'reader' ? 0 : all.labels, words: 0, shapes: all.shapes };
    case 'yolo':
    case 'mask-png':
      return { labels: 0, words: 0, shapes: all.shapes - all.points - all.withoutClass };
    case 'dicom-seg':
      return { labels: 0, words: 0, shapes: referable.shapes - referable.points };
    case 'dicom-sr': {
      const { labels, words, shapes, masks } = referable;
      return { labels, words, shapes: shapes - masks };
    }
  }
}

/**
 * What each format would hold of a project's labels and leave out, before anything is written.
 * @throws ReadroomError `unknownReader`, `unknownView`
 */
export async function outlook(
  session: ProjectSession,
  choice: Pick<LabelChoice, 'which' | 'view'>,
  signal: AbortSignal,
): Promise<LabelOutlook[]> {
  const stock = await takeStock(createOutgoing(session, choice, { signal, progress: () => undefined }));
  return labelFormats.map((format) => ({
    ...{ format, ...held(format, stock) },
    leftOut: [...leftOutBeside(format, stock), ...leftOutOfDicom(format, stock)],
  }));
}
