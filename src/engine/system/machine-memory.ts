import { readFileSync } from 'node:fs';
import { freemem } from 'node:os';
import path from 'node:path';

/** Where Linux tells of itself; other systems have none of it. */
export interface SystemFolders {
  readonly proc: string;
  readonly groups: string;
}

const usualFolders: SystemFolders = { proc: '/proc', groups: '/sys/fs/cgroup' };

/**
 * Bytes that new work can take: of the machine, and of the limit that this process was given by its control group.
 * Node's own figure counts files that the system merely keeps in memory as taken from that limit.
 */
export function availableMemory(folders = usualFolders): number {
  const rooms = groupsOf(folders).flatMap((group) => roomOf(group) ?? []);
  return Math.max(0, Math.min(freemem(), ...rooms));
}

/**
 * How many processes the kernel has ended for want of memory: in this process's control group where that is told, else
 * on the machine. Null where it is not told at all.
 */
export function outOfMemoryKills(folders = usualFolders): number | null {
  const told = groupsOf(folders).flatMap(({ folder }) => {
    const kills = numberAfter(read(path.join(folder, 'memory.events')), 'oom_kill');
    return kills ?? numberAfter(read(path.join(folder, 'memory.oom_control')), 'oom_kill') ?? [];
  });
  if (told.length > 0) return Math.max(...told);
  return numberAfter(read(path.join(folders.proc, 'vmstat')), 'oom_kill');
}

/** A control group that limits memory, of either version of the interface. */
interface Group {
  readonly folder: string;
  readonly version: 1 | 2;
}

/** The process's own control group, then those around it. */
function groupsOf({ proc, groups }: SystemFolders): Group[] {
  const lines = (read(path.join(proc, 'self', 'cgroup')) ?? '').split('\n').map((line) => line.split(':'));
  const found: Group[] = [];
  for (const [id, controllers = '', ...rest] of lines) {
    const version =
      id === '0' && controllers === '' ? 2 : controllers.split(',').includes('memory') ? 1 : null;
    if (version === null) continue;
    const root = version === 1 ? path.join(groups, 'memory') : groups;
    // Inside a container its own group is the root that it sees, whatever name the outside has for it.
    const names = rest.join(':').split('/').filter(Boolean);
    for (let depth = names.length; depth >= 0; depth -= 1)
      found.push({ folder: path.join(root, ...names.slice(0, depth)), version });
  }
  return found;
}

/** What is left of a group's limit; null where there is none. */
function roomOf({ folder, version }: Group): number | null {
  const [limitFile, usedFile, prefix] =
    version === 2
      ? (['memory.max', 'memory.current', ''] as const)
      : (['memory.limit_in_bytes', 'memory.usage_in_bytes', 'total_'] as const);
  const limit = Number(read(path.join(folder, limitFile)) ?? NaN);
  const used = Number(read(path.join(folder, usedFile)) ?? NaN);
  if (!Number.isFinite(limit) || !Number.isFinite(used)) return null;
  const parts = read(path.join(folder, 'memory.stat'));
  // Kept files are let go when memory is asked for.
  const files =
    (numberAfter(parts, `${prefix}inactive_file`) ?? 0) + (numberAfter(parts, `${prefix}active_file`) ?? 0);
  return limit - Math.max(0, used - files);
}

/** The number of the line that begins with a name. */
function numberAfter(text: string | null, name: string): number | null {
  const line = text?.split('\n').find((one) => one.startsWith(`${name} `));
  return line === undefined ? null : Number(line.slice(name.length + 1));
}

function read(file: string): string | null {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return null;
  }
}
