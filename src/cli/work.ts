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
  const project = await client.project.open({ path: context.resolve(path), mode });
  for (const notice of project.notices) context.progress.line(plain(notice));
  return { client, project };
}

/** Waits for a job with its progress on stderr; Ctrl-C cancels it. Returns its result, checked. */
export async function finishJob<S extends z.ZodType>(
  context: CommandContext,
  started: { job: string },
  schema: S,
  shown: { what: string; noun?: string } & Pick<WaitOptions, 'onEvent' | 'onProgress'>,
): Promise<z.output<S>> {
  const { progress, signal } = context;
  progress.start(shown.what, shown.noun);
  try {
    const result = await waitForJob(await context.client(), started.job, {
      signal,
      onProgress: shown.onProgress ?? ((update) => progress.update(update)),
      ...(shown.onEvent && { onEvent: shown.onEvent }),
    });
    return schema.parse(result);
  } finally {
    progress.end();
  }
}
