import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import type { z } from 'zod';

import type { ProjectSummary } from '../contract/project.ts';
import { waitForJob, type EngineClient, type WaitOptions } from '../rpc/jobs.ts';
import type { CommandContext } from './command.ts';
import { plain } from './format.ts';

/** Opens the project at a path as the caller wrote it, and says what was noticed. */
export async function openProject(
  context: CommandContext,
  path: string,
  mode: 'read' | 'write',
): Promise<{ client: EngineClient; project: ProjectSummary }> {
  const client = await context.client();
  const opening = client.project.open({ path: context.resolve(path), mode });
  const project = await withWaitNotice(opening, context, () => whatIsWaitedFor(context.resolve(path)));
  for (const notice of project.notices) context.progress.line(plain(notice));
  return { client, project };
}

const noticeIntervalMs = 1000;

/** Says once a second, on stderr, what is being waited for. */
async function withWaitNotice<T>(
  waiting: Promise<T>,
  { progress }: CommandContext,
  describe: () => string,
): Promise<T> {
  const timer = setInterval(() => progress.line(plain(describe())), noticeIntervalMs);
  return waiting.finally(() => clearInterval(timer));
}

/** The file beside a project's lock names its last holder, who may be gone. */
function whatIsWaitedFor(folder: string): string {
  try {
    const text = readFileSync(join(folder, 'project.lock.json'), 'utf8');
    const { program, pid, machine } = JSON.parse(text) as Record<string, unknown>;
    return `Waiting for ${folder}; the last to write it was ${String(program)} (process ${String(pid)} on ${String(machine)}) …`;
  } catch {
    return `Waiting for ${folder} …`;
  }
}

/** Waits for a job with its progress on stderr; Ctrl-C cancels it. Returns its result, checked. */
export async function finishJob<S extends z.ZodType>(
  context: CommandContext,
  started: { job: string },
  schema: S,
  shown: { what: string; noun?: string } & Pick<WaitOptions, 'run' | 'onEvent' | 'onProgress'>,
): Promise<z.output<S>> {
  const { progress, signal } = context;
  progress.start(shown.what, shown.noun);
  try {
    const result = await waitForJob(await context.client(), started.job, {
      signal,
      onProgress: shown.onProgress ?? ((update) => progress.update(update)),
      ...(shown.run !== undefined && { run: shown.run }),
      ...(shown.onEvent && { onEvent: shown.onEvent }),
    });
    return schema.parse(result);
  } finally {
    progress.end();
  }
}
