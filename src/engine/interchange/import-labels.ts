import path from 'node:path';

import type { LabelImportInput, LabelImportReport } from '../../contract/interchange.ts';
import type { JobContext } from '../jobs.ts';
import type { DecodePool } from '../media/decode-pool.ts';
import type { ProjectSession } from '../project/session.ts';
import { takeInCoco } from './coco-in.ts';
import { takeInCsv } from './csv-in.ts';
import { createInstanceFinder, type DicomPool } from './dicom-frames.ts';
import { takeInDicom } from './dicom-in.ts';
import { createImageFinder } from './find-images.ts';
import { createIncoming } from './incoming.ts';
import { createOutgoing } from './outgoing.ts';
import { takeInMasks } from './mask-in.ts';
import { takeInYolo } from './yolo-in.ts';

/** @see LabelImportInput; without a reader the import acts by itself, as a sample's does. */
type ImportRequest = Omit<LabelImportInput, 'reader'> & { reader: string | null };

/**
 * Takes labels and shapes of a file or folder into a project, as words of its import and one action of the person who
 * imports. One that was cancelled keeps what it had brought, and is taken back by one undo as well.
 * @throws ReadroomError `badTable`, `fileNotFound`, `projectReadOnly`, `cancelled`; of a DICOM file
 *   those of the "one image" group
 */
export async function importLabels(
  session: ProjectSession,
  input: ImportRequest,
  context: JobContext,
  { pool }: { pool: DicomPool & Pick<DecodePool, 'readMask' | 'size'> },
): Promise<LabelImportReport> {
  const source = path.resolve(input.source);
  const { kind } = session.projects.labelSchema();
  const known = createOutgoing(session, { which: { of: 'all' } }, context);
  const incoming = createIncoming(session, input, context);
  if (input.format === 'dicom-seg' || input.format === 'dicom-sr') {
    const find = await createInstanceFinder(known, pool, context.signal);
    await takeInDicom(source, kind, find, incoming, pool, context.signal);
    return incoming.finish();
  }
  const find = await createImageFinder(known);
  if (input.format === 'csv') await takeInCsv(source, kind, find, incoming);
  else if (input.format === 'coco') await takeInCoco(source, kind, find, incoming);
  else if (input.format === 'yolo') await takeInYolo(source, find, incoming);
  else {
    const names = session.projects.classes().map(({ name }) => name);
    const masks = { folder: source, pool, signal: context.signal };
    await takeInMasks(masks, session.projects.labelSchema(), names, find, incoming);
  }
  return incoming.finish();
}
