import type { MaskShape, Shape } from '../../contract/annotation.ts';
import type { SegmentationPlan } from '../../contract/dicom-labels.ts';
import { shapeOfMask } from '../../core/masks.ts';
import { shapeMask } from '../../core/shapes.ts';
import { counted } from '../../core/words.ts';
import type { LabelledImage, ReaderShape } from '../db/interchange-repository.ts';
import { createPace } from '../turns.ts';
import { noClass } from './coco-schema.ts';
import type { FrameOfImage } from './dicom-frames.ts';
import {
  type DicomExport,
  drawnPages,
  isReferable,
  type LeftOut,
  nothingLeftOut,
  planOf,
  referableFrames,
  shapesOf,
  tell,
  writePlans,
} from './dicom-out.ts';

/** Of one segmentation: what its reader and its writer can hold in memory. */
const mostFrames = 5000;
const mostBits = 2 ** 31;
const mostRuns = 2_000_000;

/** Images of one series and size, with shapes of one reader. */
interface SegmentedSeries {
  reader: string;
  images: LabelledImage[];
}

/**
 * Writes shapes as DICOM segmentations: a file for each series and reader, a segment for each class, and further ones
 * where shapes of a class lie on the same image, so that they stay apart.
 */
export async function writeSegmentations(run: DicomExport): Promise<void> {
  const { out } = run;
  const leftOut = nothingLeftOut();
  const groups = new Map<string, SegmentedSeries>();
  let outlined = 0;
  let annotated = 0;
  for await (const page of drawnPages(out, 'Looking for shapes', isArea, leftOut)) {
    for (const { image, drawn: areas } of page) {
      if (areas.length === 0 || !isReferable(image, leftOut)) continue;
      outlined += areas.filter(({ value }) => value.shape.kind !== 'mask').length;
      annotated += areas.filter(({ value }) => value.unsure || value.comment !== undefined).length;
      for (const reader of new Set(areas.map((shape) => shape.reader))) {
        const key = JSON.stringify([image.study, image.series, image.width, image.height, reader]);
        const group = groups.get(key);
        if (group) group.images.push(image);
        else groups.set(key, { reader, images: [image] });
      }
    }
  }
  await writePlans(groups.values(), (group) => segmentationsOf(group, run, leftOut), run);
  if (outlined > 0) out.warnings.push(`${counted(outlined, 'outline')} became masks of whole pixels.`);
  tell(out, leftOut, 'a segmentation has no points.');
  if (annotated > 0)
    out.warnings.push(
      `${counted(annotated, 'shape')} lost comment or doubt: a segmentation has no place for them.`,
    );
}

async function* segmentationsOf(
  { reader, images }: SegmentedSeries,
  run: DicomExport,
  leftOut: LeftOut,
): AsyncGenerator<SegmentationPlan> {
  const { out } = run;
  const colors = new Map(out.session.projects.classes().map(({ id, color }) => [id, color]));
  const found = await referableFrames(images, run, leftOut);
  const pace = createPace();
  let plan: SegmentationPlan | null = null;
  let runs = 0;
  let places = new Map<string, number>();
  for (const frame of found) {
    const drawn = shapesOf(out, frame.image, reader).filter(isArea);
    const masks = drawn.flatMap((shape) => {
      const mask = maskOf(shape.value.shape, frame.image);
      // An outline between the middles of pixels has none.
      if (!mask) leftOut.shapes += 1;
      return mask ? [{ shape, mask }] : [];
    });
    const isFull =
      plan !== null &&
      (plan.frames.length + masks.length > mostFrames ||
        runs > mostRuns ||
        (plan.frames.length + masks.length) * plan.rows * plan.columns > mostBits);
    if (plan !== null && isFull) {
      yield plan;
      plan = null;
    }
    if (masks.length === 0) continue;
    if (plan === null) {
      plan = emptySegmentation(reader, frame, run);
      runs = 0;
      places = new Map();
    }
    plan.sources.push(frame.source);
    const taken = new Map<string | null, number>();
    for (const { shape, mask } of masks) {
      const classId = out.classOf(shape);
      const nth = taken.get(classId) ?? 0;
      taken.set(classId, nth + 1);
      const key = `${classId} ${nth}`;
      if (!places.has(key)) {
        places.set(key, plan.segments.length);
        const label = classId === null ? noClass : out.nameOf(classId);
        plan.segments.push({ label, color: (classId !== null && colors.get(classId)) || null });
      }
      plan.frames.push({ source: plan.sources.length - 1, segment: places.get(key)!, mask });
      runs += mask.runs.length;
      out.written.shapes += 1;
    }
    await pace();
  }
  if (plan !== null) yield plan;
}

const isArea = ({ value }: ReaderShape): boolean => value.shape.kind !== 'point';

const maskOf = (shape: Shape, picture: LabelledImage): MaskShape | null => {
  const mask = shape.kind === 'mask' ? null : shapeMask(shape, picture);
  return shape.kind === 'mask' ? shape : mask && shapeOfMask(mask);
};

function emptySegmentation(
  reader: string,
  { image, path: source }: FrameOfImage,
  run: DicomExport,
): SegmentationPlan {
  return {
    kind: 'segmentation',
    ...planOf(run, source, reader),
    ...{ rows: image.height, columns: image.width, sources: [], segments: [], frames: [] },
  };
}
