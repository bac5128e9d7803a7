import { rm, stat } from 'node:fs/promises';

import { ReadroomError } from '../../contract/errors.ts';
import { inspectFile } from '../media/inspect-file.ts';
import { translateSystemError } from '../system-errors.ts';
import type { Candidate } from './candidates.ts';
import type { Found, Import, Looked } from './import-run.ts';
import { findKnownFile } from './known-file.ts';
import { extensionOf } from './picture-names.ts';

const largestCopyBytes = 1_000_000_000;

/** Codes that end the import instead of refusing one file. */
const fatalCodes = new Set(['cancelled', 'diskFull', 'projectReadOnly']);

/** What a candidate is. A file that is to be copied is first looked for by its bytes, so that none is copied in vain. */
async function lookAt(
  candidate: Candidate,
  index: number,
  run: Import,
  stage: (file: string) => void,
): Promise<Found> {
  const { origin, name } = candidate;
  const { signal } = run.context;
  let file: string;
  let staged: string | null = null;
  if (origin.kind === 'entry') {
    file = staged = await run.originals.nextStaged();
    stage(staged);
    await origin.entry.extract(staged, signal);
  } else file = origin.path;
  const copied =
    origin.kind === 'entry' ||
    (run.input.copy && !run.input.dryRun && (await stat(file)).size <= largestCopyBytes);
  const found = { candidate, index, referenced: !copied };
  const { patientFromTag } = run.plan;
  const known = await findKnownFile(file, name, { known: run.known, patientFromTag }, signal);
  if (known) return { ...found, kind: 'known', ...known, staged };
  if (copied && staged === null) {
    file = staged = await run.originals.stage(file);
    stage(staged);
  }
  const { thumbnails } = run;
  const options = thumbnails === undefined ? {} : { thumbnails };
  const inspected = await inspectFile(run.pool, file, signal, options);
  return { ...found, kind: 'picture', inspected, byteSha256: inspected.file.byteSha256, staged };
}

/** Finds out what a candidate is: known bytes, a decoded picture, or why it is neither. */
export async function look(candidate: Candidate, index: number, run: Import): Promise<Looked> {
  let staged = null as string | null;
  try {
    return await lookAt(candidate, index, run, (file) => (staged = file));
  } catch (error) {
    if (staged !== null) await rm(staged, { force: true });
    const known = translateSystemError(error);
    if (run.context.signal.aborted)
      throw new ReadroomError('cancelled', 'The import was cancelled.', 'Import again to go on.');
    if (!(known instanceof ReadroomError) || fatalCodes.has(known.code) || known.data['starts'] === false)
      throw known;
    if (!candidate.promised && ['notAnImage', 'emptyFile'].includes(known.code)) {
      return { kind: 'passedOver', extension: extensionOf(candidate.name) };
    }
    return {
      kind: 'refused',
      refused: { file: candidate.shownAs, code: known.code, message: known.message },
    };
  }
}
