import { existsSync } from 'node:fs';
import { readdir, rmdir } from 'node:fs/promises';
import path from 'node:path';

import { ReadroomError } from '../../contract/errors.ts';
import type { LabelExportInput, LabelExportResult } from '../../contract/interchange.ts';
import { writeFileWhole, writeFolderWhole } from '../../files/durable.ts';
import type { JobContext } from '../jobs.ts';
import type { DecodePool } from '../media/decode-pool.ts';
import type { ProjectSession } from '../project/session.ts';
import { cocoPieces } from './coco-out.ts';
import { csvLines } from './csv-out.ts';
import type { DicomExport } from './dicom-out.ts';
import { writeSegmentations } from './dicom-seg-out.ts';
import { writeReports } from './dicom-sr-out.ts';
import { leftOutBeside, takeStock } from './outlook.ts';
import { createOutgoing } from './outgoing.ts';
import { writeMasks } from './mask-out.ts';
import { writeYolo } from './yolo-out.ts';

/**
 * Writes a project's labels and shapes into a new file, or for YOLO, masks and DICOM a new folder: whole, or not at all.
 * @throws ReadroomError `usage` where something stands already, `folderNotEmpty`, `unknownReader`, `unknownView`,
 *   `diskFull`, `permissionDenied`
 */
export async function exportLabels(
  session: ProjectSession,
  { format, to, which, view }: LabelExportInput,
  context: JobContext,
  dicom: Pick<DicomExport, 'version'> & { pool: DicomExport['pool'] & Pick<DecodePool, 'writeMask'> },
): Promise<LabelExportResult> {
  const target = path.resolve(to);
  const out = createOutgoing(session, { which, view }, context);
  const leftOut = leftOutBeside(format, await takeStock(createOutgoing(session, { which, view }, context)));
  if (format !== 'csv' && format !== 'coco') {
    await refuseOccupied(target);
    const fill = (folder: string): Promise<void> => {
      if (format === 'yolo') return writeYolo(folder, out);
      if (format === 'mask-png') return writeMasks(folder, out, { ...dicom, signal: context.signal });
      const run = { ...dicom, out, folder, signal: context.signal };
      return format === 'dicom-seg' ? writeSegmentations(run) : writeReports(run);
    };
    await writeFolderWhole(target, fill, {
      makeWay: () => (existsSync(target) ? rmdir(target) : Promise.resolve()),
    });
  } else {
    if (existsSync(target)) {
      throw new ReadroomError(
        'usage',
        `${target} is there already.`,
        'Give another name, or remove it first.',
      );
    }
    await writeFileWhole(target, format === 'csv' ? csvLines(out) : cocoPieces(out));
  }
  return { format, to: target, ...out.written, warnings: [...leftOut, ...out.warnings] };
}

async function refuseOccupied(folder: string): Promise<void> {
  if (!existsSync(folder)) return;
  const names = await readdir(folder).catch(() => ['a file']);
  if (names.length > 0)
    throw new ReadroomError('folderNotEmpty', `${folder} is not empty.`, 'Choose a new or an empty folder.');
}
