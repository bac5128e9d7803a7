import type { DicomLabelLine } from '../../../../contract/dicom-labels.ts';
import { mostMaskRuns } from '../../../../contract/annotation.ts';
import { ReadroomError } from '../../../../contract/errors.ts';
import { shapeOfMask } from '../../../../core/masks.ts';
import { code, damaged, itemsOf, number, type DataSet } from '../data-set.ts';
import { readFrameGroups, type FrameGroups } from '../frame-groups.ts';
import type { Part10 } from '../open-part10.ts';
import { readPixelModule, type PixelModule } from '../pixel-module.ts';
import { frameReader } from '../stored-frame.ts';
import { tags } from '../tags.ts';
import { readWholeText } from '../text.ts';
import { longestName, shortName } from './codes.ts';
import { frameNumber } from './references-read.ts';
import type { ReadLabels } from './read-result.ts';

const mostSegments = 65_535;
const mostNameBytes = 1024;
/** Of all masks of a file: more would fill the memory of whoever takes them in. */
const mostRuns = 20_000_000;

const seriesOf = (dataSet: DataSet): ReadonlyMap<string, string> =>
  new Map(
    itemsOf(dataSet, tags.ReferencedSeriesSequence).flatMap((series) => {
      const uid = code(series, tags.SeriesInstanceUID).slice(0, 64);
      return itemsOf(series, tags.ReferencedInstanceSequence).map(
        (instance) => [code(instance, tags.ReferencedSOPInstanceUID), uid] as const,
      );
    }),
  );

/** Names of segments by number. */
async function segmentsOf(dataSet: DataSet): Promise<Map<number, string>> {
  const segments = new Map<number, string>();
  for (const segment of itemsOf(dataSet, tags.SegmentSequence).slice(0, mostSegments)) {
    const at = number(segment, tags.SegmentNumber, 'US');
    const label = (await readWholeText(segment, tags.SegmentLabel, mostNameBytes, dataSet)).trim();
    const whole = (await readWholeText(segment, tags.SegmentDescription, mostNameBytes, dataSet)).trim();
    // Ours hold there what a label has no room for.
    const isCut =
      label !== whole && label === shortName(whole) && (whole.length > longestName || whole.includes('\\'));
    if (at !== null) segments.set(at, (isCut ? whole : label) || `segment ${at}`);
  }
  return segments;
}

function checkKind(dataSet: DataSet): { threshold: number; warnings: string[] } {
  const kind = code(dataSet, tags.SegmentationType);
  if (kind === 'BINARY') return { threshold: 1, warnings: [] };
  if (kind === 'FRACTIONAL') {
    const most = number(dataSet, tags.MaximumFractionalValue, 'US') ?? 255;
    return {
      threshold: most / 2,
      warnings: ['The segmentation is fractional: what is at least half inside came in.'],
    };
  }
  throw new ReadroomError(
    'unsupportedFormat',
    `The segmentation is of the kind ${JSON.stringify(kind.slice(0, 20))}, which is not read.`,
    'Export it as binary.',
  );
}

interface Segmentation {
  pixel: PixelModule;
  groups: FrameGroups;
  segments: ReadonlyMap<number, string>;
  series: ReadonlyMap<string, string>;
  threshold: number;
}

/**
 * Reads a binary or fractional segmentation: a mask for each frame, on the picture that it was derived from.
 * @throws ReadroomError of the "one image" group
 */
export async function readSegmentation(part10: Part10): Promise<ReadLabels> {
  const { dataSet } = part10;
  const { threshold, warnings } = checkKind(dataSet);
  const pixel = readPixelModule(part10);
  if (pixel.samples !== 1) throw damaged('The segmentation has colours.');
  const segments = await segmentsOf(dataSet);
  if (segments.size === 0) throw damaged('The segmentation names no segments.');
  const groups = readFrameGroups(dataSet);
  const series = seriesOf(dataSet);
  const reader = frameReader(part10, pixel);
  const lines = readFrames({ pixel, groups, segments, series, threshold }, async (frame) => {
    const { samples } = await reader.read(frame);
    return samples as ArrayLike<number>;
  });
  const classes = [...new Set(segments.values())];
  return { head: { kind: 'segmentation', ofRecord: false, classes, warnings }, lines };
}

async function* readFrames(
  segmentation: Segmentation,
  read: (frame: number) => Promise<ArrayLike<number>>,
): AsyncGenerator<DicomLabelLine> {
  const { pixel, groups, segments, series, threshold } = segmentation;
  let runs = 0;
  for (let frame = 0; frame < pixel.frames; frame += 1) {
    const where = `frame ${frame + 1}`;
    const refused = (message: string): DicomLabelLine => ({ type: 'refused', where, message });
    const source = sourceOf(groups, frame);
    const identified = groups.macro(frame, tags.SegmentIdentificationSequence);
    const segment = identified && number(identified, tags.ReferencedSegmentNumber, 'US');
    const name = segment === null ? undefined : segments.get(segment);
    if (name === undefined) {
      yield refused('It belongs to no segment of the file.');
      continue;
    }
    const samples = await read(frame);
    const data = new Uint8Array(pixel.rows * pixel.columns);
    for (let at = 0; at < data.length; at += 1) if (samples[at]! >= threshold) data[at] = 1;
    const shape = shapeOfMask({ x: 0, y: 0, width: pixel.columns, height: pixel.rows, data });
    if (!shape) continue;
    if (source === null) {
      yield refused('It does not say which image it was made of.');
      continue;
    }
    runs += shape.runs.length;
    if (shape.runs.length > mostMaskRuns || runs > mostRuns) {
      yield refused('Its mask is too large.');
      continue;
    }
    yield {
      ...{ type: 'label', where, ...source, series: series.get(source.instance) ?? onlyOf(series) },
      ...{ size: { width: pixel.columns, height: pixel.rows }, class: name, classes: null, number: null },
      ...{ marks: [], comment: null, shape },
    };
  }
}

/** The one series that a file refers to: some list no instances. */
function onlyOf(series: ReadonlyMap<string, string>): string | null {
  const uids = new Set(series.values());
  return uids.size === 1 ? [...uids][0]! : null;
}

function sourceOf(groups: FrameGroups, frame: number): { instance: string; frame: number | null } | null {
  const derived = groups.macro(frame, tags.DerivationImageSequence);
  const [source] = derived ? itemsOf(derived, tags.SourceImageSequence) : [];
  const instance = source && code(source, tags.ReferencedSOPInstanceUID);
  if (!source || !instance || instance.length > 64) return null;
  return { instance, frame: frameNumber(source) };
}
