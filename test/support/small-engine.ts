import { implement } from '@orpc/server';

import { contract } from '../../src/contract/index.ts';
import { ReadroomError } from '../../src/contract/errors.ts';
import type { SequencedEvent } from '../../src/contract/events.ts';
import type { Job } from '../../src/contract/job.ts';
import type { ProjectSummary } from '../../src/contract/project.ts';

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
  const missing = (): never => {
    throw new Error('the small engine does not implement this');
  };
  const router = os.router({
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
      prepared: os.project.prepared.handler(missing),
      clearPrepared: os.project.clearPrepared.handler(missing),
      templates: os.project.templates.handler(() => []),
      recent: os.project.recent.handler(missing),
      forgetRecent: os.project.forgetRecent.handler(missing),
      suggestFolder: os.project.suggestFolder.handler(missing),
      createSample: os.project.createSample.handler(missing),
    },
    class: {
      add: os.class.add.handler(missing),
      change: os.class.change.handler(missing),
      reorder: os.class.reorder.handler(missing),
      retire: os.class.retire.handler(missing),
    },
    dataset: {
      import: os.dataset.import.handler(missing),
      images: os.dataset.images.handler(missing),
      openView: os.dataset.openView.handler(missing),
      viewRows: os.dataset.viewRows.handler(missing),
      rows: os.dataset.rows.handler(missing),
      viewPosition: os.dataset.viewPosition.handler(missing),
      nextUnread: os.dataset.nextUnread.handler(missing),
      facets: os.dataset.facets.handler(missing),
      image: os.dataset.image.handler(missing),
      summary: os.dataset.summary.handler(missing),
      patients: os.dataset.patients.handler(missing),
      savedViews: os.dataset.savedViews.handler(missing),
      saveView: os.dataset.saveView.handler(missing),
      deleteView: os.dataset.deleteView.handler(missing),
      split: os.dataset.split.handler(missing),
      currentSplit: os.dataset.currentSplit.handler(missing),
      versions: os.dataset.versions.handler(missing),
      compareVersions: os.dataset.compareVersions.handler(missing),
      findDuplicates: os.dataset.findDuplicates.handler(missing),
      showFile: os.dataset.showFile.handler(missing),
    },
    label: {
      set: os.label.set.handler(missing),
      undo: os.label.undo.handler(missing),
      redo: os.label.redo.handler(missing),
      history: os.label.history.handler(missing),
      assign: os.label.assign.handler(missing),
      reversible: os.label.reversible.handler(missing),
      place: os.label.place.handler(missing),
      leavePlace: os.label.leavePlace.handler(missing),
    },
    reader: {
      list: os.reader.list.handler(missing),
      add: os.reader.add.handler(missing),
    },
    run: {
      train: os.run.train.handler(missing),
      list: os.run.list.handler(missing),
      get: os.run.get.handler(missing),
      rerun: os.run.rerun.handler(missing),
      certificate: os.run.certificate.handler(missing),
      evaluate: os.run.evaluate.handler(missing),
      report: os.run.report.handler(missing),
      export: os.run.export.handler(missing),
      verify: os.run.verify.handler(missing),
      predict: os.run.predict.handler(missing),
      folder: os.run.folder.handler(missing),
      rename: os.run.rename.handler(missing),
      remove: os.run.remove.handler(missing),
      checkRecipe: os.run.checkRecipe.handler(() => undefined),
      plan: os.run.plan.handler(missing),
      previewAugmentation: os.run.previewAugmentation.handler(missing),
      pause: os.run.pause.handler(missing),
      resume: os.run.resume.handler(missing),
      stop: os.run.stop.handler(missing),
      moveInQueue: os.run.moveInQueue.handler(missing),
      resumeInterrupted: os.run.resumeInterrupted.handler(missing),
      queue: os.run.queue.handler(missing),
      pauseQueue: os.run.pauseQueue.handler(missing),
      setPriority: os.run.setPriority.handler(missing),
      samples: os.run.samples.handler(missing),
      steps: os.run.steps.handler(missing),
      filters: os.run.filters.handler(missing),
      evaluation: os.run.evaluation.handler(missing),
      curves: os.run.curves.handler(missing),
      cases: os.run.cases.handler(missing),
    },
    job: {
      get: os.job.get.handler(({ input }) => job(input.job)),
      list: os.job.list.handler(() => []),
      cancel: os.job.cancel.handler(() => undefined),
    },
    settings: {
      get: os.settings.get.handler(missing),
      set: os.settings.set.handler(missing),
    },
    system: {
      doctor: os.system.doctor.handler(missing),
      about: os.system.about.handler(missing),
      listFolder: os.system.listFolder.handler(missing),
      sample: os.system.sample.handler(missing),
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
