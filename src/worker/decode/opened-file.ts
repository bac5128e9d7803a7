import type { FileFormat, HeaderFacts } from '../../contract/decode.ts';
import type { Picture } from './picture.ts';

/** A file whose header is read and whose pictures can be decoded. */
export interface OpenedFile {
  format: FileFormat;
  /** The file says of itself that Readroom's sample generator wrote it. */
  generated: boolean;
  header: HeaderFacts | null;
  /** How many pictures it has. */
  frames: number;
  warnings: string[];
  /** What stays in memory for further frames, beside the file's own bytes. */
  heldBytes: number;
  /** Order of a frame within its series, as the contract has it. */
  position: (frame: number) => number | null;
  /** Decodes a frame, counted from 0. @throws ReadroomError of the "one image" group */
  picture: (frame: number) => Promise<Picture>;
}

/** The header of a file whose pictures belong together, known by its bytes: a study of one series. */
export function ownSeries(format: 'nifti' | 'tiff', byteSha256: string): HeaderFacts {
  const uid = `${format}.${byteSha256.slice(0, 32)}`;
  return {
    ...{ patientKey: null, sex: null, ageYears: null, modality: null, bodyPart: null },
    ...{ device: null, laterality: null, view: null },
    studyUid: uid,
    seriesUid: uid,
  };
}
