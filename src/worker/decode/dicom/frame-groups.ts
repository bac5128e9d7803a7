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

/** Millimetres along the normal of the slice; null where the file does not say where it lies. */
function alongNormal(dataSet: DataSet, groups: FrameGroups, frame: number): number | null {
  const { PlanePositionSequence, PlaneOrientationSequence, ImagePositionPatient, ImageOrientationPatient } =
    tags;
  const place = vector(
    groups.holder(frame, PlanePositionSequence, ImagePositionPatient),
    ImagePositionPatient,
    3,
  );
  const axes = vector(
    groups.holder(frame, PlaneOrientationSequence, ImageOrientationPatient),
    ImageOrientationPatient,
    6,
  );
  if (!place || !axes) return null;
  const [rx, ry, rz, cx, cy, cz] = axes as [number, number, number, number, number, number];
  const [x, y, z] = place as [number, number, number];
  const along = x * (ry * cz - rz * cy) + y * (rz * cx - rx * cz) + z * (rx * cy - ry * cx);
  return Number.isFinite(along) ? along : null;
}

/** Order of a frame within its series, as the contract has it. */
export function positionOf(
  dataSet: DataSet,
  groups: FrameGroups,
  frame: number,
  frames: number,
): number | null {
  const along = alongNormal(dataSet, groups, frame);
  const hasOwnPlaces = frames === 1 || has(dataSet, tags.PerFrameFunctionalGroupsSequence);
  if (along !== null && hasOwnPlaces) return along;
  const offset = numbers(dataSet, tags.GridFrameOffsetVector, 'DS')[frame];
  if (along !== null && offset !== undefined && !Number.isNaN(offset)) return along + offset;
  const instance = number(dataSet, tags.InstanceNumber, 'DS');
  if (frames === 1) return instance;
  return (instance ?? 0) + frame / frames;
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
