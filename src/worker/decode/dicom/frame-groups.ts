import type { PictureDisplay } from '../../../contract/decode.ts';
import { has, itemsOf, number, numbers, type DataSet } from './data-set.ts';
import { tags } from './tags.ts';

/** Where attributes of single frames stand: in functional groups (PS3.3 C.7.6.16), else in the image itself. */
export interface FrameGroups {
  /** The item of a macro's sequence that applies to a frame. */
  macro: (frame: number, sequence: number) => DataSet | null;
  /** The data set that holds `tag` for a frame: the macro's item, else the image. */
  holder: (frame: number, sequence: number, tag: number) => DataSet;
}

export function readFrameGroups(dataSet: DataSet): FrameGroups {
  const perFrame = itemsOf(dataSet, tags.PerFrameFunctionalGroupsSequence);
  const [shared = null] = itemsOf(dataSet, tags.SharedFunctionalGroupsSequence);
  const macro = (frame: number, sequence: number): DataSet | null => {
    for (const group of [perFrame[frame], shared]) {
      const item = group && itemsOf(group, sequence)[0];
      if (item) return item;
    }
    return null;
  };
  return {
    macro,
    holder: (frame, sequence, tag) => {
      const item = macro(frame, sequence);
      return item && has(item, tag) ? item : dataSet;
    },
  };
}

function vector(dataSet: DataSet, tag: number, length: number): number[] | null {
  const values = numbers(dataSet, tag, 'DS').slice(0, length);
  return values.length === length && !values.some(Number.isNaN) ? values : null;
}

/** Along a row and along a column in the patient's axes, six numbers; null where a frame does not say how it lies. */
export function axesOf(dataSet: DataSet, groups: FrameGroups, frame: number): number[] | null {
  const { PlaneOrientationSequence, ImageOrientationPatient } = tags;
  const holder = groups.holder(frame, PlaneOrientationSequence, ImageOrientationPatient);
  return vector(holder, ImageOrientationPatient, 6);
}

/** At a right angle to rows and columns. */
function normalOf(axes: readonly number[]): [number, number, number] {
  const [rx, ry, rz, cx, cy, cz] = axes as [number, number, number, number, number, number];
  return [ry * cz - rz * cy, rz * cx - rx * cz, rx * cy - ry * cx];
}

/** Millimetres along the normal of the slice; null where the file does not say where it lies. */
function alongNormal(dataSet: DataSet, groups: FrameGroups, frame: number): number | null {
  const { PlanePositionSequence, ImagePositionPatient } = tags;
  const holder = groups.holder(frame, PlanePositionSequence, ImagePositionPatient);
  const place = vector(holder, ImagePositionPatient, 3);
  const axes = axesOf(dataSet, groups, frame);
  if (!place || !axes) return null;
  const along = normalOf(axes).reduce((sum, part, axis) => sum + part * place[axis]!, 0);
  return Number.isFinite(along) ? along : null;
}

/** Order of a frame within its series, in millimetres along its normal; null where the file does not say them. */
function millimetresOf(dataSet: DataSet, groups: FrameGroups, frame: number, frames: number): number | null {
  const along = alongNormal(dataSet, groups, frame);
  const hasOwnPlaces = frames === 1 || has(dataSet, tags.PerFrameFunctionalGroupsSequence);
  if (along === null || hasOwnPlaces) return along;
  const offset = numbers(dataSet, tags.GridFrameOffsetVector, 'DS')[frame];
  return offset === undefined || Number.isNaN(offset) ? null : along + offset;
}

/** Order of a frame within its series, as the contract has it. */
export function positionOf(
  dataSet: DataSet,
  groups: FrameGroups,
  frame: number,
  frames: number,
): number | null {
  const along = millimetresOf(dataSet, groups, frame, frames);
  if (along !== null) return along;
  const instance = number(dataSet, tags.InstanceNumber, 'DS');
  if (frames === 1) return instance;
  return (instance ?? 0) + frame / frames;
}

/** The unit vector along which `positionOf` counts millimetres; null where it counts instances. */
export function positionNormal(dataSet: DataSet, groups: FrameGroups, frames: number): number[] | null {
  const axes = axesOf(dataSet, groups, 0);
  if (axes === null || millimetresOf(dataSet, groups, 0, frames) === null) return null;
  const normal = normalOf(axes);
  const length = Math.hypot(...normal);
  return length > 0 ? normal.map((part) => part / length) : null;
}

type Spacing = PictureDisplay['spacing'];

function spacingFrom(pair: number[] | null, at: 'patient' | 'detector'): Spacing {
  if (!pair || !(pair[0]! > 0) || !(pair[1]! > 0)) return null;
  return { row: pair[0]!, column: pair[1]!, at };
}

const centimetres = 3;
const plane = 1;

/** Of an ultrasound picture with one region in centimetres, the same in both directions. */
function ultrasoundSpacing(dataSet: DataSet): Spacing {
  const [region, ...others] = itemsOf(dataSet, tags.SequenceOfUltrasoundRegions);
  if (!region || others.length > 0 || number(region, tags.RegionSpatialFormat, 'US') !== plane) return null;
  const units = [tags.PhysicalUnitsXDirection, tags.PhysicalUnitsYDirection].map((tag) =>
    number(region, tag, 'US'),
  );
  if (units.some((unit) => unit !== centimetres)) return null;
  const row = Math.abs(number(region, tags.PhysicalDeltaY, 'FD') ?? 0) * 10;
  const column = Math.abs(number(region, tags.PhysicalDeltaX, 'FD') ?? 0) * 10;
  return spacingFrom([row, column], 'patient');
}

/** Millimetres from pixel to pixel of a frame; null where they are not known. */
export function spacingOf(dataSet: DataSet, groups: FrameGroups, frame: number): Spacing {
  const { PixelSpacing, PixelMeasuresSequence, ImagerPixelSpacing } = tags;
  const atPatient = vector(groups.holder(frame, PixelMeasuresSequence, PixelSpacing), PixelSpacing, 2);
  const atDetector = vector(dataSet, ImagerPixelSpacing, 2);
  // PS3.3 10.7.1.3: where both are equal, nothing was corrected.
  const isCorrected = atDetector?.some((value, i) => value !== atPatient?.[i]) ?? true;
  const patient = spacingFrom(atPatient, isCorrected ? 'patient' : 'detector');
  return patient ?? spacingFrom(atDetector, 'detector') ?? ultrasoundSpacing(dataSet);
}
