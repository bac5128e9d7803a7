import { ReadroomError } from '../../../../contract/errors.ts';
import type { DicomPlane, DicomReference } from '../../../../contract/decode.ts';
import { code, number, numbers, type DataSet } from '../data-set.ts';
import { readFrameGroups } from '../frame-groups.ts';
import { openPart10 } from '../open-part10.ts';
import { tags } from '../tags.ts';

function vector(dataSet: DataSet, tag: number, length: number): number[] | null {
  const values = numbers(dataSet, tag, 'DS').slice(0, length);
  return values.length === length && !values.some(Number.isNaN) ? values : null;
}

/**
 * What labels say of an instance and of some of its frames, counted from 0.
 * @throws ReadroomError `notAnImage` for what has no UIDs to be referred to by
 */
export function readReference(bytes: Buffer, frames: readonly number[]): DicomReference {
  const { dataSet } = openPart10(bytes);
  const [sopClassUid, sopInstanceUid, studyUid, seriesUid] = [
    tags.SOPClassUID,
    tags.SOPInstanceUID,
    tags.StudyInstanceUID,
    tags.SeriesInstanceUID,
  ].map((tag) => code(dataSet, tag));
  const uids = { sopClassUid, sopInstanceUid, studyUid, seriesUid } as Record<string, string>;
  const lacking = Object.entries(uids).find(([, uid]) => !/^[\d.]{1,64}$/.test(uid));
  if (lacking) {
    throw new ReadroomError(
      'notAnImage',
      `The file has no ${lacking[0].replace('Uid', '')} UID, and cannot be referred to.`,
      'Export the image again from where it came.',
    );
  }
  const groups = readFrameGroups(dataSet);
  const planes = frames.map((frame): DicomPlane => {
    const from = (sequence: number, tag: number): DataSet => groups.holder(frame, sequence, tag);
    const { PlanePositionSequence, PlaneOrientationSequence, PixelMeasuresSequence } = tags;
    return {
      position: vector(from(PlanePositionSequence, tags.ImagePositionPatient), tags.ImagePositionPatient, 3),
      orientation: vector(
        from(PlaneOrientationSequence, tags.ImageOrientationPatient),
        tags.ImageOrientationPatient,
        6,
      ),
      spacing: vector(from(PixelMeasuresSequence, tags.PixelSpacing), tags.PixelSpacing, 2),
      thickness: number(from(PixelMeasuresSequence, tags.SliceThickness), tags.SliceThickness, 'DS'),
    };
  });
  const said = number(dataSet, tags.NumberOfFrames, 'DS');
  return {
    ...(uids as Pick<DicomReference, 'sopClassUid' | 'sopInstanceUid' | 'studyUid' | 'seriesUid'>),
    frameOfReferenceUid: code(dataSet, tags.FrameOfReferenceUID).slice(0, 64) || null,
    frames: said !== null && said >= 1 ? Math.floor(said) : null,
    planes,
  };
}
