import { existsSync } from 'node:fs';
import { readdir, rename, rm } from 'node:fs/promises';
import path from 'node:path';

import { ReadroomError } from '../../contract/errors.ts';
import { isUnderWay } from '../../core/run-state.ts';
import { runStatusWord } from '../../core/words.ts';
import { diskError } from '../../files/disk-error.ts';
import type { ProjectSession } from '../project/session.ts';
import { runFolderOf } from './run-folder.ts';

const removedPrefix = '.removed-';

/** Removes a run that does not train, with its folder. @throws ReadroomError `usage`, `permissionDenied` */
export async function removeRun(session: ProjectSession, reference: string): Promise<string> {
  session.writing();
  const { run, status } = session.runs.get(session.runs.find(reference));
  if (isUnderWay(status)) {
    throw new ReadroomError(
      'usage',
      `Run ${run} is ${runStatusWord(status)}.`,
      'Stop it first, then remove it.',
    );
  }
  const { root } = runFolderOf(session.folder, run);
  const runs = path.dirname(root);
  try {
    // Moved aside in one step: a removal that breaks off leaves no half of a run.
    if (existsSync(root)) await rename(root, path.join(runs, `${removedPrefix}${run}`));
    session.runs.remove(run);
    const left = existsSync(runs) ? await readdir(runs) : [];
    for (const name of left.filter((entry) => entry.startsWith(removedPrefix)))
      await rm(path.join(runs, name), { recursive: true, force: true });
  } catch (error) {
    throw diskError(error, root);
  }
  return run;
}
