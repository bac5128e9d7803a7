import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';

import type { Settings } from '../../contract/system.ts';

const mostNameBytes = 100;
/** Names that Windows keeps for devices, with any extension. */
const reserved = /^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/i;

/** Where new projects are put. */
export function projectsFolder({ projectsFolder: chosen }: Settings): string {
  return chosen ?? path.join(homedir(), 'Readroom');
}

/** A folder that does not exist yet, for a project of this name: with a number where the name is taken. */
export function suggestFolder(parent: string, name: string): string {
  const base = safeName(name);
  for (let number = 1; ; number += 1) {
    const folder = path.join(parent, number === 1 ? base : `${base} ${number}`);
    if (!existsSync(folder)) return folder;
  }
}

/** A name that every file system takes, as near to the given one as can be. */
export function safeName(name: string): string {
  let safe = name
    .normalize('NFC')
    .replace(/[\p{Cc}\p{Cs}<>:"/\\|?*]+/gu, '-')
    .replace(/\s+/g, ' ');
  while (Buffer.byteLength(safe) > mostNameBytes) safe = safe.replace(/.$/su, '');
  safe = safe.replace(/^[\s.-]+|[\s.-]+$/g, '');
  if (safe === '') return 'Project';
  return reserved.test(safe) ? `${safe.replace(/\./g, '-')} project` : safe;
}
