import { imageElements, type Elements, writeDicom } from './dicom-files.ts';
import { tags } from '../../src/worker/decode/dicom/tags.ts';

export const sliceSize = { width: 24, height: 16 };

const identity: Elements = [
  [tags.SpecificCharacterSet, 'CS', 'ISO_IR 100'],
  [tags.PatientName, 'PN', 'Mül\xe9er^Ada'],
  [tags.PatientID, 'LO', 'P-1'],
  [tags.PatientBirthDate, 'DA', '19600102'],
  [tags.PatientSex, 'CS', 'F'],
  [tags.StudyInstanceUID, 'UI', '1.2.3.1'],
  [tags.StudyDate, 'DA', '20200304'],
  [tags.StudyID, 'SH', 'S1'],
  [tags.AccessionNumber, 'SH', 'A 77'],
];

/** Samples that differ from picture to picture. */
const samples = (seed: number, count: number): Buffer =>
  Buffer.from(Uint8Array.from({ length: count }, (_, i) => (i * 7 + seed * 31) % 251));

interface Film {
  instance: string;
  series: string;
  modality: string;
  rest?: Elements;
  frames?: number;
  size?: { width: number; height: number };
}

function film(
  seed: number,
  { instance, series, modality, rest = [], frames, size = sliceSize }: Film,
): Buffer {
  const { width, height } = size;
  const own = imageElements({ rows: height, columns: width, ...(frames !== undefined && { frames }) });
  const changed = new Set([tags.SOPClassUID, ...rest.map(([tag]) => tag)] as number[]);
  return writeDicom([
    ...identity,
    ...own.filter(([tag]) => !changed.has(tag)),
    [tags.SOPClassUID, 'UI', '1.2.840.10008.5.1.4.1.1.7'],
    [tags.SOPInstanceUID, 'UI', instance],
    [tags.SeriesInstanceUID, 'UI', series],
    [tags.Modality, 'CS', modality],
    ...rest,
    [tags.PixelData, 'OW', samples(seed, width * height * (frames ?? 1))],
  ]);
}

const slice = (index: number): Buffer =>
  film(index, {
    instance: `1.2.3.1.1.${index + 1}`,
    series: '1.2.3.1.1',
    modality: 'CT',
    rest: [
      [tags.FrameOfReferenceUID, 'UI', '1.2.3.9'],
      [tags.ImagePositionPatient, 'DS', `-10\\-20.5\\${index * 2.5}`],
      [tags.ImageOrientationPatient, 'DS', '1\\0\\0\\0\\1\\0'],
      [tags.PixelSpacing, 'DS', '0.7\\0.8'],
      [tags.SliceThickness, 'DS', '2.5'],
    ],
  });

/** A study of one patient: three slices of a CT, a film without a place in the patient, and a film of three frames. */
export const dicomStudy: Readonly<Record<string, Buffer>> = {
  'ct/3.dcm': slice(2),
  'ct/1.dcm': slice(0),
  'ct/2.dcm': slice(1),
  'cr.dcm': film(5, { instance: '1.2.3.1.2.1', series: '1.2.3.1.2', modality: 'CR' }),
  'frames.dcm': film(9, {
    instance: '1.2.3.1.3.1',
    series: '1.2.3.1.3',
    modality: 'US',
    frames: 3,
    size: { width: 10, height: 9 },
  }),
};
