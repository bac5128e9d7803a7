import path from 'node:path';

import { type Content, writeFolderWhole, writeSynced } from '../../files/durable.ts';

/**
 * Writes a folder of files, whole or not at all. One process writes a run, so what is being written has a name
 * of its own and a kill leaves no heap of half checkpoints.
 *
 * @param files content by name, in the order of writing
 * @param makeWay moves or removes what stands at `folder`; without, it is removed
 * @throws ReadroomError `diskFull`, `permissionDenied`; what stood at `folder` is then untouched
 */
export async function writeFiles(
  folder: string,
  files: Readonly<Record<string, Content>>,
  makeWay?: () => Promise<void>,
): Promise<void> {
  const fill = async (temporary: string): Promise<void> => {
    for (const [name, content] of Object.entries(files)) {
      await writeSynced(path.join(temporary, name), content);
    }
  };
  await writeFolderWhole(folder, fill, { temporary: `${folder}.writing`, ...(makeWay && { makeWay }) });
}
