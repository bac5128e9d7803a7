import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

const prefix = 'readroom-pictures-';

/** A folder of this process for pictures that belong to no project it may write; made when first asked for. */
export interface TemporaryFolder {
  path(): Promise<string>;
  remove(): Promise<void>;
}

export function createTemporaryFolder(): TemporaryFolder {
  let made: Promise<string> | null = null;
  const make = async (): Promise<string> => {
    await removeOrphans();
    await mkdir(tmpdir(), { recursive: true });
    return mkdtemp(path.join(tmpdir(), `${prefix}${process.pid}-`));
  };
  return {
    path: () => (made ??= make()),
    async remove() {
      const folder = await made?.catch(() => null);
      made = null;
      if (folder) await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Pictures of patients do not outlive a process that was killed. */
async function removeOrphans(): Promise<void> {
  for (const name of await readdir(tmpdir()).catch(() => [])) {
    const pid = new RegExp(`^${prefix}(\\d+)-`).exec(name)?.[1];
    if (pid === undefined || isRunning(Number(pid))) continue;
    await rm(path.join(tmpdir(), name), { recursive: true, force: true }).catch(() => undefined);
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}
