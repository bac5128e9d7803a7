import { ReadroomError } from '../../../../contract/errors.ts';
import { code } from '../data-set.ts';
import { openPart10 } from '../open-part10.ts';
import { tags } from '../tags.ts';
import { reportClasses, sopClasses } from './codes.ts';
import type { ReadLabels } from './read-result.ts';
import { readReport } from './read-report.ts';
import { readSegmentation } from './read-segmentation.ts';

/**
 * Lines of JSON of a DICOM segmentation or structured report: a `DicomLabelsHead`, then `DicomLabelLine`s.
 * @throws ReadroomError `unsupportedFormat` for other DICOM files, and those of the "one image" group
 */
export async function* readLabels(bytes: Buffer): AsyncGenerator<string> {
  const part10 = openPart10(bytes);
  const sopClass = code(part10.dataSet, tags.SOPClassUID);
  let read: ReadLabels;
  if (sopClass === sopClasses.segmentation) read = await readSegmentation(part10);
  else if (sopClass.startsWith(reportClasses)) read = await readReport(part10.dataSet);
  else {
    throw new ReadroomError(
      'unsupportedFormat',
      sopClass === sopClasses.labelMap
        ? 'The DICOM file is a label map segmentation, which is not read.'
        : 'The DICOM file is neither a segmentation nor a structured report.',
      'Segmentations (SEG) and structured reports of measurements (SR, TID 1500) are read.',
    );
  }
  yield `${JSON.stringify(read.head)}\n`;
  for await (const line of read.lines) yield `${JSON.stringify(line)}\n`;
}
