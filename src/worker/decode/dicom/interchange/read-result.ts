import type { DicomLabelLine, DicomLabelsHead } from '../../../../contract/dicom-labels.ts';

/** What was read of a file of labels; lines come as they are read. */
export interface ReadLabels {
  head: DicomLabelsHead;
  lines: AsyncIterable<DicomLabelLine> | Iterable<DicomLabelLine>;
}
