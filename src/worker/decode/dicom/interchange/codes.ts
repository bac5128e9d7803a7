import { createHash } from 'node:crypto';

import type { DicomMark } from '../../../../contract/dicom-labels.ts';
import type { Shape } from '../../../../contract/annotation.ts';

/** A coded concept: value, coding scheme, meaning. */
export type Code = readonly [value: string, scheme: string, meaning: string];

/** Codes that no scheme of others has. */
const ownScheme = '99READROOM';
/** Makes files known as ours. */
export const manufacturer = 'Readroom';

export const sopClasses = {
  segmentation: '1.2.840.10008.5.1.4.1.1.66.4',
  labelMap: '1.2.840.10008.5.1.4.1.1.66.7',
  comprehensiveReport: '1.2.840.10008.5.1.4.1.1.88.33',
} as const;
/** All structured reports. */
export const reportClasses = '1.2.840.10008.5.1.4.1.1.88.';

/** PS3.16: TID 1500, 1204, 1001, 1600, 1410, 1501 and what they are made of. */
export const concepts = {
  report: ['126000', 'DCM', 'Imaging Measurement Report'],
  language: ['121049', 'DCM', 'Language of Content Item and Descendants'],
  english: ['en-US', 'RFC5646', 'English (United States)'],
  observerType: ['121005', 'DCM', 'Observer Type'],
  person: ['121006', 'DCM', 'Person'],
  device: ['121007', 'DCM', 'Device'],
  personName: ['121008', 'DCM', 'Person Observer Name'],
  deviceUid: ['121012', 'DCM', 'Device Observer UID'],
  deviceName: ['121013', 'DCM', 'Device Observer Name'],
  procedure: ['121058', 'DCM', 'Procedure reported'],
  imaging: ['363679005', 'SCT', 'Imaging procedure'],
  library: ['111028', 'DCM', 'Image Library'],
  libraryGroup: ['126200', 'DCM', 'Image Library Group'],
  measurements: ['126010', 'DCM', 'Imaging Measurements'],
  group: ['125007', 'DCM', 'Measurement Group'],
  trackingId: ['112039', 'DCM', 'Tracking Identifier'],
  trackingUid: ['112040', 'DCM', 'Tracking Unique Identifier'],
  finding: ['121071', 'DCM', 'Finding'],
  region: ['111030', 'DCM', 'Image Region'],
  source: ['260753009', 'SCT', 'Source'],
  comment: ['121106', 'DCM', 'Comment'],
  tissue: ['85756007', 'SCT', 'Tissue'],
  segmentation: ['113076', 'DCM', 'Segmentation'],
  sourceImage: ['121322', 'DCM', 'Source image for image processing operation'],
  present: ['PRESENT', ownScheme, 'Class present'],
  none: ['NONE', ownScheme, 'None of the classes'],
  noClass: ['NOCLASS', ownScheme, 'Of no class'],
  number: ['NUMBER', ownScheme, 'Number'],
  mark: ['MARK', ownScheme, 'Mark of the reader'],
  outline: ['OUTLINE', ownScheme, 'Kind of outline'],
} as const satisfies Record<string, Code>;

export const marks: Readonly<Record<DicomMark, Code>> = {
  unsure: ['UNSURE', ownScheme, 'Unsure'],
  skipped: ['SKIPPED', ownScheme, 'Skipped'],
  bookmarked: ['BOOKMARKED', ownScheme, 'Bookmarked'],
};

/** What tells a box or a line drawn by hand from a polygon: in a report all of them are closed lines. */
export const outlines: Readonly<Partial<Record<Shape['kind'], Code>>> = {
  box: ['BOX', ownScheme, 'Box'],
  freehand: ['FREEHAND', ownScheme, 'Freehand'],
};

/** Longest meaning of a code and label of a segment. */
export const longestName = 64;

/** A class as a code: equal names have equal values. Backslashes part values. */
export function codeOfClass(name: string): Code {
  const value = createHash('sha256').update(name.toLowerCase()).digest('hex').slice(0, 15).toUpperCase();
  return [`C${value}`, ownScheme, shortName(name)];
}

export const shortName = (name: string): string =>
  Array.from(name.replaceAll('\\', '/')).slice(0, longestName).join('');
