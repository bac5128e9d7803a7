import { existsSync } from 'node:fs';
import { arch, cpus, release, type as systemName } from 'node:os';

import { type RunEnvironment, runEnvironmentsSchema, runFormatVersion } from '../../contract/run-folder.ts';
import { writeFileWhole } from '../../files/durable.ts';
import { readJson } from '../files.ts';
import type { ProjectSession } from '../project/session.ts';
import { type RunFolder, runFolderOf } from './run-folder.ts';

const unknown: RunEnvironment = { readroom: null, node: null, system: null, processor: null };

/** @param readroom this program's version */
function environmentHere(readroom: string | null): RunEnvironment {
  return {
    readroom,
    node: process.version,
    system: `${systemName()} ${release()}, ${arch()}`,
    processor: cpus()[0]?.model.trim() ?? null,
  };
}

function readEnvironments({ environment }: RunFolder): RunEnvironment[] {
  if (!existsSync(environment)) return [];
  const read = runEnvironmentsSchema.safeParse(readJson(environment));
  return read.success ? read.data.environments : [];
}

/** Keeps with a run what it is trained with from now on, durably. */
export async function noteEnvironment(
  session: ProjectSession,
  run: string,
  readroom: string | null,
): Promise<void> {
  const folder = runFolderOf(session.folder, run);
  const known = readEnvironments(folder);
  const began = session.runs.get(run).backend !== null;
  const before = known.length === 0 && began ? [unknown] : known;
  const here = environmentHere(readroom);
  if (JSON.stringify(before.at(-1)) === JSON.stringify(here)) return;
  const file = { formatVersion: runFormatVersion, environments: [...before, here] };
  await writeFileWhole(folder.environment, JSON.stringify(file));
}

/** What a run was trained with: all of it one after the other, null where that is not known of every sitting. */
export function environmentOf(folder: RunFolder): RunEnvironment {
  const environments = readEnvironments(folder);
  const inWords = (fact: keyof RunEnvironment): string | null => {
    const values = environments.map((environment) => environment[fact]);
    return values.length === 0 || values.includes(null) ? null : [...new Set(values)].join(', then ');
  };
  return {
    readroom: inWords('readroom'),
    node: inWords('node'),
    system: inWords('system'),
    processor: inWords('processor'),
  };
}
