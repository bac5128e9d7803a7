import { readFile } from 'node:fs/promises';
import path from 'node:path';

import { type RunMemory, runFormatVersion, runMemorySchema } from '../contract/run-folder.ts';
import { writeFileWhole } from './durable.ts';

const fileName = 'memory.json';

/** What a run folder says of memory that ran out; null where it never did, or where the file cannot be read. */
export async function readRunMemory(runFolder: string): Promise<RunMemory | null> {
  const text = await readFile(path.join(runFolder, fileName), 'utf8').catch(() => null);
  if (text === null) return null;
  try {
    return runMemorySchema.parse(JSON.parse(text));
  } catch {
    return null;
  }
}

/** @throws ReadroomError `diskFull`, `permissionDenied` */
export async function writeRunMemory(runFolder: string, memory: RunMemory): Promise<void> {
  const text = JSON.stringify({ formatVersion: runFormatVersion, ...memory });
  await writeFileWhole(path.join(runFolder, fileName), text);
}
