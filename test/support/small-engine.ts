import { implement } from '@orpc/server';

import { contract } from '../../src/contract/index.ts';
import { ReadroomError } from '../../src/contract/errors.ts';
import type { SequencedEvent } from '../../src/contract/events.ts';
import type { Job } from '../../src/contract/job.ts';
import type { ProjectSummary } from '../../src/contract/project.ts';
import { wholeRouter } from './whole-router.ts';

/** A sleep that ends early when the caller leaves. */
function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal?.addEventListener('abort', () => {
      clearTimeout(timer);
      resolve();
    });
  });
}

/** What a test learns about the engine from outside its client. */
export interface Probe {
  streamsOpen: number;
}

/**
 * A router that implements enough of the contract to show how a transport behaves: an echo with a
 * default, an expected failure with data, a bug, an endless stream and a long value.
 */
export function createSmallEngine() {
  const os = implement(contract);
  const probe: Probe = { streamsOpen: 0 };
  const summary = (path: string, name: string): ProjectSummary => ({
    project: 'p1',
    path,
    name,
    template: 'blank',
    task: 'classification',
    classes: [],
    labels: { kind: 'single', level: 'image', number: null, shapes: [] },
    images: 0,
    patients: 0,
    labelled: 0,
    generated: false,
    readOnly: false,
    notices: [],
    createdAt: '2026-01-01T00:00:00.000Z',
  });
  const job = (id: string): Job => ({
    job: id,
    project: null,
    kind: 'test',
    status: 'completed',
    done: 1,
    total: 1,
    note: '',
    startedAt: '2026-01-01T00:00:00.000Z',
    endedAt: '2026-01-01T00:00:01.000Z',
    result: { seen: id },
    error: null,
  });
  const router = wholeRouter({
    project: {
      create: os.project.create.handler(({ input }) => summary(input.path, input.name ?? 'unnamed')),
      open: os.project.open.handler(({ input }) => summary(input.path, input.mode)),
      get: os.project.get.handler(({ input }) => {
        if (input.project === 'bug') throw new Error('a bug with /secret/path');
        throw new ReadroomError(
          'projectLocked',
          `Project ${input.project} is open elsewhere.`,
          'Close it there.',
          {
            pid: 42,
          },
        );
      }),
      list: os.project.list.handler(() => [summary('/a', 'x'.repeat(10))]),
      close: os.project.close.handler(() => undefined),
      templates: os.project.templates.handler(() => []),
    },
    run: {
      checkRecipe: os.run.checkRecipe.handler(() => undefined),
    },
    job: {
      get: os.job.get.handler(({ input }) => job(input.job)),
      list: os.job.list.handler(() => []),
      cancel: os.job.cancel.handler(() => undefined),
    },
    system: {
      events: os.system.events.handler(async function* ({ input, signal }): AsyncGenerator<SequencedEvent> {
        probe.streamsOpen += 1;
        try {
          for (let seq = input.since + 1; signal?.aborted !== true; seq += 1) {
            if (seq === 100) throw new ReadroomError('diskFull', 'The disk is full.', 'Free some space.');
            yield {
              seq,
              event: { type: 'job.progressed', project: null, job: 'j', done: seq, total: null, note: '' },
            };
            await pause(2, signal);
          }
        } finally {
          probe.streamsOpen -= 1;
        }
      }),
    },
  });
  return { router, probe };
}
