import type { DisplayWindow } from '../../../contract/decode.ts';
import { fitSmall, fitWide, type Fitted, type Range, type StoredSamples } from '../fit-samples.ts';
import type { Picture } from '../picture.ts';
import { code, has, itemsOf, number, numbers, type DataSet } from './data-set.ts';
import type { FrameGroups } from './frame-groups.ts';
import { lookUp, readLookupTable, type LookupTable } from './lookup-table.ts';
import type { PixelModule } from './pixel-module.ts';
import { tags } from './tags.ts';
import { cleanText, readTexts } from './text.ts';

/** Grey samples, higher being brighter, and what they mean: value = slope × sample + intercept. */
export interface Grey {
  samples: Picture['samples'];
  bitDepth: 8 | 16;
  slope: number;
  intercept: number;
  unit: string;
  windows: DisplayWindow[];
}

/** Values of padding, both ends included (PS3.3 C.7.5.1.1.2); null where there is none. */
function paddingOf(dataSet: DataSet, { isSigned, bitsStored }: PixelModule): Range | null {
  const implied = isSigned ? 'SS' : 'US';
  const signed = (value: number | null): number | null =>
    value !== null && isSigned && bitsStored <= 16 && value >= 2 ** (bitsStored - 1)
      ? value - 2 ** bitsStored
      : value;
  const value = signed(number(dataSet, tags.PixelPaddingValue, implied));
  if (value === null) return null;
  const limit = signed(number(dataSet, tags.PixelPaddingRangeLimit, implied)) ?? value;
  return { low: Math.min(value, limit), high: Math.max(value, limit) };
}

/** A LUT of a sequence's first item. */
function tableOf(
  dataSet: DataSet,
  sequence: number,
  isSigned: boolean,
): { item: DataSet; table: LookupTable } | null {
  const [item] = itemsOf(dataSet, sequence);
  const table =
    item && readLookupTable(item, { descriptor: tags.LUTDescriptor, data: tags.LUTData }, isSigned);
  return table ? { item, table } : null;
}

type Curve = (centre: number, width: number) => Omit<DisplayWindow, 'name'> | null;

/** Windows of PS3.3 C.11.2.1.2 and C.11.2.1.3, in values of the modality. */
const curves: Readonly<Record<string, Curve>> = {
  LINEAR: (centre, width) =>
    width >= 1
      ? { low: centre - 0.5 - (width - 1) / 2, high: centre - 0.5 + (width - 1) / 2, curve: 'linear' }
      : null,
  LINEAR_EXACT: (centre, width) =>
    width > 0 ? { low: centre - width / 2, high: centre + width / 2, curve: 'linear' } : null,
  SIGMOID: (centre, width) =>
    width > 0 ? { low: centre - width / 2, high: centre + width / 2, curve: 'sigmoid' } : null,
};

const mostWindows = 16;

/** A file's windows, in values of the modality. */
async function readWindows(holder: DataSet, root: DataSet): Promise<DisplayWindow[]> {
  const centres = numbers(holder, tags.WindowCenter, 'DS');
  const widths = numbers(holder, tags.WindowWidth, 'DS');
  const curve = curves[code(holder, tags.VOILUTFunction) || 'LINEAR'] ?? curves['LINEAR']!;
  const names = await readTexts(holder, tags.WindowCenterWidthExplanation, root);
  return centres.slice(0, mostWindows).flatMap((centre, i) => {
    const width = widths[i] ?? NaN;
    const found = Number.isNaN(centre) || Number.isNaN(width) ? null : curve(centre, width);
    return found ? [{ name: names[i] ?? '', ...found }] : [];
  });
}

/** What samples mean before they are windowed: a table, or a slope and an intercept. */
interface Modality {
  table: LookupTable | null;
  slope: number;
  intercept: number;
  unit: string;
}

/** Without a word of the unit, rescaled CT is in Hounsfield units (PS3.3 C.8.2.1.1.2). */
function unitOf(said: string, dataSet: DataSet, isRescaled: boolean): string {
  const unit = cleanText(/^US$|unitless|unspecified/i.test(said) ? '' : said) ?? '';
  return unit === '' && isRescaled && code(dataSet, tags.Modality) === 'CT' ? 'HU' : unit;
}

function readModality(dataSet: DataSet, groups: FrameGroups, frame: number, isSigned: boolean): Modality {
  const found = tableOf(dataSet, tags.ModalityLUTSequence, isSigned);
  if (found) {
    const unit = unitOf(code(found.item, tags.ModalityLUTType), dataSet, false);
    return { table: found.table, slope: 1, intercept: 0, unit };
  }
  const holder = groups.holder(frame, tags.PixelValueTransformationSequence, tags.RescaleSlope);
  const slope = number(holder, tags.RescaleSlope, 'DS') ?? 1;
  const intercept = number(holder, tags.RescaleIntercept, 'DS') ?? 0;
  const isRescaled = has(holder, tags.RescaleIntercept);
  const unit = unitOf(code(holder, tags.RescaleType), dataSet, isRescaled);
  return { table: null, slope: slope === 0 ? 1 : slope, intercept, unit };
}

/** How samples change one by one: what a table gives for each, its highest value, and what it is called after. */
interface Mapping {
  at: (sample: number) => number;
  top: number;
  bitDepth: 8 | 16;
  slope: number;
  intercept: number;
  unit: string;
}

/** The modality's table is baked into the samples, its slope and intercept are not. */
function modalityMapping({ step, lowest, top, bitDepth }: Fitted, modality: Modality): Mapping {
  const { table, slope, intercept, unit } = modality;
  if (table) {
    const at = (sample: number): number => lookUp(table, Math.round(step * sample + lowest));
    return { at, top: 2 ** table.bits - 1, bitDepth: table.bits <= 8 ? 8 : 16, slope: 1, intercept: 0, unit };
  }
  return {
    at: (sample) => sample,
    ...{ top, bitDepth, slope: slope * step, intercept: intercept + slope * lowest, unit },
  };
}

/** A table instead of windows is baked in: what comes out has no unit any more. */
function voiMapping(before: Mapping, table: LookupTable): Mapping {
  const { at, slope, intercept } = before;
  return {
    at: (sample) => lookUp(table, Math.round(slope * at(sample) + intercept)),
    top: 2 ** table.bits - 1,
    bitDepth: table.bits <= 8 ? 8 : 16,
    slope: 1,
    intercept: 0,
    unit: '',
  };
}

/** Higher is brighter from here on. */
function inverted({ at, top, slope, intercept, ...rest }: Mapping): Mapping {
  return {
    at: (sample) => top - at(sample),
    top,
    slope: -slope,
    intercept: intercept + slope * top,
    ...rest,
  };
}

/** Samples through a mapping, in place where their size stays; padding as the darkest that stands for something. */
function apply(
  { samples, isPadding, top }: Fitted,
  { at, top: newTop, bitDepth }: Mapping,
): Picture['samples'] {
  const table = bitDepth === 8 ? new Uint8Array(top + 1) : new Uint16Array(top + 1);
  for (let sample = 0; sample <= top; sample += 1) table[sample] = Math.max(0, Math.min(newTop, at(sample)));
  if (isPadding) {
    const isThere = new Uint8Array(top + 1);
    for (let i = 0; i < samples.length; i += 1) isThere[samples[i]!] = 1;
    let darkest = newTop;
    let isAny = false;
    for (let sample = 0; sample <= top; sample += 1) {
      if (isThere[sample] === 0 || isPadding(sample)) continue;
      isAny = true;
      darkest = Math.min(darkest, table[sample]!);
    }
    for (let sample = 0; sample <= top; sample += 1)
      if (isPadding(sample)) table[sample] = isAny ? darkest : 0;
  }
  const isSameSize = (bitDepth === 8) === samples instanceof Uint8Array;
  const mapped = isSameSize
    ? samples
    : bitDepth === 8
      ? new Uint8Array(samples.length)
      : new Uint16Array(samples.length);
  for (let i = 0; i < samples.length; i += 1) mapped[i] = table[samples[i]!]!;
  return mapped;
}

/** A window in values of the modality as one in samples. */
function inSamples(
  { low, high, ...rest }: DisplayWindow,
  { slope, intercept }: Mapping,
): DisplayWindow | null {
  const ends = [(low - intercept) / slope, (high - intercept) / slope].sort((a, b) => a - b) as [
    number,
    number,
  ];
  return ends.every(Number.isFinite) ? { ...rest, low: ends[0], high: ends[1] } : null;
}

/**
 * A frame's samples made higher-is-brighter, with modality and VOI LUT as PS3.3 C.11.1 and C.11.2 have them: linear
 * ones are told, tables are baked in.
 * @throws ReadroomError `damagedImage`
 */
export async function greyOf(
  stored: StoredSamples,
  dataSet: DataSet,
  pixel: PixelModule,
  groups: FrameGroups,
  frame: number,
): Promise<Grey> {
  const { isFloat, bitsStored, isSigned } = pixel;
  const padding = isFloat ? null : paddingOf(dataSet, pixel);
  const fitted = isWide(pixel) ? fitWide(stored, padding) : fitSmall(stored, bitsStored, isSigned, padding);
  const modality = readModality(dataSet, groups, frame, isSigned);
  let mapping = modalityMapping(fitted, modality);
  const voi = groups.holder(frame, tags.FrameVOILUTSequence, tags.WindowCenter);
  let windows = await readWindows(voi, dataSet);
  const tables = groups.holder(frame, tags.FrameVOILUTSequence, tags.VOILUTSequence);
  const found =
    windows.length === 0 ? tableOf(tables, tags.VOILUTSequence, modalityIsSigned(pixel, modality)) : null;
  if (found) mapping = voiMapping(mapping, found.table);
  const isDarkHigh = (pixel.photometric === 'MONOCHROME1') !== mapping.slope < 0;
  if (isDarkHigh) mapping = inverted(mapping);
  windows = windows.flatMap((window) => inSamples(window, mapping) ?? []);
  if (windows.length === 0 && (found || (mapping.bitDepth === 8 && mapping.top < 255)))
    windows = [{ name: '', low: 0, high: mapping.top, curve: 'linear' }];
  const { bitDepth, slope, intercept, unit } = mapping;
  return { samples: apply(fitted, mapping), bitDepth, slope, intercept, unit, windows };
}

/** Values after the modality's step may be negative where stored ones, or the intercept, are. */
function modalityIsSigned({ isSigned }: PixelModule, { table, slope, intercept }: Modality): boolean {
  return table === null && (isSigned || intercept < 0 || slope < 0);
}

/** Whether samples have more bits than a picture. */
export function isWide({ isFloat, bitsStored, bitsAllocated }: PixelModule): boolean {
  return isFloat || bitsStored > 16 || bitsAllocated === 64;
}
