import { stat } from 'node:fs/promises';
import path from 'node:path';

import { v4 as uuid, v5 as uuidOfName } from 'uuid';

import { ReadroomError } from '../../contract/errors.ts';

const keptFiles = 1000;

/** Files beside the projects that a screen shows: opaque handles in place of their paths. */
export interface ShownFiles {
  /** The same handle for a file that has not changed. @throws ReadroomError `fileNotFound`, `usage` */
  show(project: string, file: string): Promise<string>;
  /** @throws ReadroomError `fileNotFound` */
  path(project: string, handle: string): string;
}

export function createShownFiles(): ShownFiles {
  // Handles cannot be told from a path: who only guesses paths finds nothing.
  const secret = uuid();
  const files = new Map<string, { project: string; file: string }>();
  return {
    async show(project, file) {
      if (!path.isAbsolute(file))
        throw new ReadroomError('usage', `"${file}" is not a whole path.`, 'Give it from the root.');
      const facts = await stat(file);
      if (!facts.isFile()) throw new ReadroomError('usage', `${file} is not a file.`, 'Choose a picture.');
      const handle = uuidOfName(`${project} ${facts.mtimeMs} ${facts.size} ${file}`, secret);
      files.delete(handle);
      files.set(handle, { project, file });
      for (const oldest of files.keys()) {
        if (files.size <= keptFiles) break;
        files.delete(oldest);
      }
      return handle;
    },
    path(project, handle) {
      const shown = files.get(handle);
      if (shown?.project === project) return shown.file;
      throw new ReadroomError('fileNotFound', 'The file is not shown any more.', 'Choose it again.');
    },
  };
}
