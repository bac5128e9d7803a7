import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

const computeEntry = 'worker/compute.ts';

/** The processes that a process started, and those that they did; Linux only. */
export function descendantsOf(pid: number): number[] {
  const children = new Map<number, number[]>();
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const parent = parentOf(Number(name));
    if (parent !== null) children.set(parent, [...(children.get(parent) ?? []), Number(name)]);
  }
  const found: number[] = [];
  for (let next = [pid]; next.length > 0;) {
    next = next.flatMap((each) => children.get(each) ?? []);
    found.push(...next);
  }
  return found;
}

/** The compute processes among the descendants: a trainer, or one that only asks which backends answer. */
export function computeProcessesOf(pid: number): number[] {
  return descendantsOf(pid).filter((each) => {
    const commandLine = ifAlive(() => readFileSync(`/proc/${each}/cmdline`, 'utf8'));
    return commandLine?.includes(computeEntry) ?? false;
  });
}

/** The compute process below `pid` that has a file of the run's folder open: its trainer; null when there is none. */
export function trainerOf(pid: number, runFolder: string): number | null {
  const holds = (each: number): boolean =>
    (ifAlive(() => readdirSync(`/proc/${each}/fd`)) ?? []).some((descriptor) =>
      ifAlive(() => readlinkSync(`/proc/${each}/fd/${descriptor}`))?.startsWith(`${runFolder}/`),
    );
  return computeProcessesOf(pid).find(holds) ?? null;
}

/** Whether a process runs; one that has ended and was not yet waited for does not. */
export function isAlive(pid: number): boolean {
  const state = ifAlive(() => readFileSync(`/proc/${pid}/stat`, 'utf8'));
  return state !== null && !/\) [ZX] /.test(state);
}

/** A figure of /proc/PID/status in bytes, such as `VmRSS` or `VmData`; null when the process is gone. */
export function memoryOf(pid: number, figure: string): number | null {
  const text = ifAlive(() => readFileSync(`/proc/${pid}/status`, 'utf8'));
  const kilobytes = new RegExp(`^${figure}:\\s+(\\d+) kB`, 'm').exec(text ?? '')?.[1];
  return kilobytes === undefined ? null : Number(kilobytes) * 1024;
}

/** Asks again every few milliseconds until there is an answer. @throws Error after `limitMs`, with `what` */
export async function until<T>(
  what: string,
  limitMs: number,
  look: () => T | null | undefined | false | Promise<T | null | undefined | false>,
): Promise<T> {
  const started = performance.now();
  for (;;) {
    const found = await look();
    if (found !== null && found !== undefined && found !== false) return found;
    if (performance.now() - started > limitMs) throw new Error(`${what} did not come within ${limitMs} ms.`);
    await sleep(5);
  }
}

/** How long a process still lived; null when it outlived `limitMs`. */
export async function millisecondsUntilGone(pid: number, limitMs: number): Promise<number | null> {
  const started = performance.now();
  while (isAlive(pid)) {
    if (performance.now() - started > limitMs) return null;
    await sleep(5);
  }
  return performance.now() - started;
}

/** The pid of a process' parent; null when there is no such process. */
export function parentOf(pid: number): number | null {
  // The name in brackets may hold anything, a bracket too.
  const fields = ifAlive(() => readFileSync(`/proc/${pid}/stat`, 'utf8'))
    ?.split(') ')
    .at(-1)
    ?.split(' ');
  return fields === undefined ? null : Number(fields[1]);
}

function ifAlive<T>(read: () => T): T | null {
  try {
    return read();
  } catch {
    return null;
  }
}
