import type { PictureDisplay, StudyWords } from '../../../contract/decode.ts';
import { isPlainDisplay } from '../../../core/value-windows.ts';
import type { OpenedFile } from '../opened-file.ts';
import { collapseGrey, type Picture } from '../picture.ts';
import { coloursOf } from './colour.ts';
import { number, type DataSet } from './data-set.ts';
import { positionNormal, positionOf, readFrameGroups, spacingOf, type FrameGroups } from './frame-groups.ts';
import { greyOf, isWide } from './grey.ts';
import { readHeaderFacts } from './header-facts.ts';
import { openPart10 } from './open-part10.ts';
import { sidesOf } from './patient-sides.ts';
import { readPixelModule, type PixelModule } from './pixel-module.ts';
import { frameReader, type StoredFrame } from './stored-frame.ts';
import { tags } from './tags.ts';
import { readDate, readText } from './text.ts';

/** Null where a file says no more than a plain picture does. */
function displayOf(display: PictureDisplay): PictureDisplay | null {
  return isPlainDisplay(display) && display.sides === undefined ? null : display;
}

interface Image {
  dataSet: DataSet;
  pixel: PixelModule;
  groups: FrameGroups;
}

/**
 * A stored frame as a picture, by what the header says that its samples mean. Overlays are not drawn.
 * @throws ReadroomError `damagedImage`
 */
async function pictureOf(
  stored: StoredFrame,
  { dataSet, pixel, groups }: Image,
  frame: number,
): Promise<Picture> {
  const size = { width: pixel.columns, height: pixel.rows };
  const sides = sidesOf(dataSet, groups, frame);
  const place = { spacing: spacingOf(dataSet, groups, frame), ...(sides && { sides }) };
  if (pixel.photometric.startsWith('MONOCHROME')) {
    const { samples, bitDepth, ...meaning } = await greyOf(stored.samples, dataSet, pixel, groups, frame);
    return { ...size, channels: 1, bitDepth, samples, display: displayOf({ ...meaning, ...place }) };
  }
  const { samples, bitDepth, top } = coloursOf(stored, dataSet, pixel);
  // Colours are not to be stretched from the lowest to the highest.
  const windows = bitDepth === 16 ? [{ name: '', low: 0, high: top, curve: 'linear' as const }] : [];
  const display = displayOf({ slope: 1, intercept: 0, unit: '', windows, ...place });
  return collapseGrey({ ...size, channels: 3, bitDepth, samples, display });
}

/**
 * Opens a DICOM file: single and multi-frame images, with or without preamble and file meta information.
 * @throws ReadroomError of the "one image" group
 */
export async function openDicom(bytes: Buffer): Promise<OpenedFile> {
  const part10 = openPart10(bytes);
  const { dataSet } = part10;
  const pixel = readPixelModule(part10);
  const groups = readFrameGroups(dataSet);
  const reader = frameReader(part10, pixel);
  const image = { dataSet, pixel, groups };
  return {
    format: 'dicom',
    generated: false,
    header: await readHeaderFacts(dataSet, groups),
    frames: pixel.frames,
    warnings: isWide(pixel)
      ? [`Samples of ${pixel.bitsStored} bits are fitted linearly into 16; slope and intercept lead back.`]
      : [],
    heldBytes: dataSet.bytes.length,
    position: (frame) => positionOf(dataSet, groups, frame, pixel.frames),
    picture: async (frame) => pictureOf(await reader.read(frame), image, frame),
  };
}

/** What a study and a series are told apart by on screen. @throws ReadroomError */
export async function readStudy(bytes: Buffer): Promise<StudyWords> {
  const { dataSet } = openPart10(bytes);
  const frames = number(dataSet, tags.NumberOfFrames, 'DS') ?? 1;
  const seriesNumber = number(dataSet, tags.SeriesNumber, 'DS');
  return {
    date: readDate(dataSet, tags.StudyDate),
    description: await readText(dataSet, tags.StudyDescription),
    seriesNumber: Number.isSafeInteger(seriesNumber) ? seriesNumber : null,
    seriesDescription: await readText(dataSet, tags.SeriesDescription),
    normal: positionNormal(dataSet, readFrameGroups(dataSet), frames),
  };
}
