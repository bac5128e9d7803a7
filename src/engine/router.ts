import { implement } from '@orpc/server';

import { contract } from '../contract/index.ts';
import type { JobContext, JobOwner } from './jobs.ts';
import { importImages, importTarget } from './dataset/import.ts';
import { predictFiles } from './runs/predict-files.ts';
import { evaluateInProject, exportRun, reportRun, verifyFolder } from './runs/results.ts';
import { planRerun, planTraining } from './runs/train.ts';
import { rerunAndCompare } from './runs/rerun.ts';
import { labelHistory, reverseLabel, setLabel } from './label/label-service.ts';
import type { ProjectSession } from './project/session.ts';
import { findTemplate, templates } from './project/templates.ts';
import type { EngineServices } from './services.ts';
import { splitProject } from './split/split-service.ts';
import { writeSample } from './system/sample.ts';
import { translateSystemError } from './system-errors.ts';

export type EngineRouter = ReturnType<typeof createRouter>;

/** The contract, procedure by procedure. A procedure without an implementation does not compile. */
export function createRouter(services: EngineServices) {
  const { events, jobs, projects, pool } = services;
  const { spawn, version } = services.options;
  const results = { spawn, pool, version };
  const base = implement(contract).use(async ({ next }) => {
    try {
      return await next();
    } catch (error) {
      throw translateSystemError(error);
    }
  });
  const training = { spawn: spawn, publish: events.publish, pool };

  const ownerOf = (session: ProjectSession): JobOwner => ({ project: session.id, store: session.jobs });

  /** A job whose row the project keeps when it can be written. */
  const startJob = (
    kind: string,
    session: ProjectSession,
    work: (context: JobContext) => Promise<unknown>,
  ): { job: string } => ({ job: jobs.start(kind, ownerOf(session), work) });

  /** As `startJob`, for work whose planning writes: the job's row comes first, so no plan is left that nobody starts. */
  const planJob = async <P>(
    kind: string,
    session: ProjectSession,
    plan: () => P | Promise<P>,
    work: (plan: P, context: JobContext) => Promise<unknown>,
  ): Promise<{ planned: P; job: string }> => {
    const prepared = jobs.prepare(kind, ownerOf(session));
    let planned: P;
    try {
      planned = await plan();
    } catch (error) {
      prepared.discard();
      throw error;
    }
    return { planned, job: prepared.begin((context) => work(planned, context)) };
  };

  const datasetChanged = (session: ProjectSession): void =>
    events.publish({ type: 'dataset.changed', project: session.id });
  const labelled = (
    session: ProjectSession,
    { results }: ReturnType<typeof setLabel>,
  ): (typeof results)[number] => {
    for (const { image, reader } of results)
      events.publish({ type: 'label.changed', project: session.id, image, reader });
    return results[0];
  };

  return base.router({
    project: {
      create: base.project.create.handler(async ({ input }) => (await projects.create(input)).summary()),
      open: base.project.open.handler(async ({ input }) =>
        (await projects.open(input.path, input.mode)).summary(),
      ),
      get: base.project.get.handler(({ input }) => projects.get(input.project).summary()),
      list: base.project.list.handler(() => projects.list().map((session) => session.summary())),
      close: base.project.close.handler(({ input }) => projects.close(input.project)),
      templates: base.project.templates.handler(() => [...templates]),
    },
    dataset: {
      import: base.dataset.import.handler(({ input }) => {
        const session = projects.get(input.project);
        const target = importTarget(session, input.dryRun);
        return startJob('import', session, async (context) => {
          const report = await importImages({ ...target, input, pool, context });
          if (!input.dryRun) datasetChanged(session);
          return report;
        });
      }),
      images: base.dataset.images.handler(({ input }) =>
        projects.get(input.project).dataset.rows(input.offset, input.limit, input.after),
      ),
      split: base.dataset.split.handler(({ input }) => {
        const session = projects.get(input.project);
        return startJob('split', session, async () => {
          const report = await splitProject(session, input);
          datasetChanged(session);
          return report;
        });
      }),
      currentSplit: base.dataset.currentSplit.handler(
        ({ input }) => projects.get(input.project).dataset.currentVersion()?.report ?? null,
      ),
    },
    label: {
      set: base.label.set.handler(({ input }) => {
        const session = projects.get(input.project);
        return labelled(session, setLabel(session, input));
      }),
      undo: base.label.undo.handler(({ input }) => {
        const session = projects.get(input.project);
        return labelled(session, reverseLabel(session, 'undo', input.reader));
      }),
      redo: base.label.redo.handler(({ input }) => {
        const session = projects.get(input.project);
        return labelled(session, reverseLabel(session, 'redo', input.reader));
      }),
      history: base.label.history.handler(({ input }) =>
        labelHistory(projects.get(input.project), input.image),
      ),
    },
    run: {
      train: base.run.train.handler(async ({ input }) => {
        const session = projects.get(input.project);
        session.writing();
        const { planned, job } = await planJob(
          'train',
          session,
          () => planTraining(session, input, training),
          ({ train }, context) => train(context),
        );
        return { run: planned.run, job };
      }),
      list: base.run.list.handler(({ input }) => ({ runs: projects.get(input.project).runs.list() })),
      get: base.run.get.handler(({ input }) => {
        const { runs } = projects.get(input.project);
        return runs.get(runs.find(input.run));
      }),
      rerun: base.run.rerun.handler(async ({ input }) => {
        const session = projects.get(input.project);
        session.writing();
        const first = session.runs.find(input.run);
        const { job } = await planJob(
          'rerun',
          session,
          () => planRerun(session, first, training),
          (plan, context) => rerunAndCompare(session, first, plan, context),
        );
        return { job };
      }),
      evaluate: base.run.evaluate.handler(({ input }) => {
        const session = projects.get(input.project);
        return startJob('evaluate', session, (context) =>
          evaluateInProject(session, input, results, context),
        );
      }),
      report: base.run.report.handler(({ input }) => {
        const session = projects.get(input.project);
        return startJob('report', session, (context) => reportRun(session, input, results, context));
      }),
      export: base.run.export.handler(({ input }) => {
        const session = projects.get(input.project);
        return startJob('export', session, (context) => exportRun(session, input, results, context));
      }),
      verify: base.run.verify.handler(({ input }) => ({
        job: jobs.start('verify', null, (context) => verifyFolder(input.folder, spawn, context)),
      })),
      predict: base.run.predict.handler(({ input }) => {
        const session = 'project' in input.model ? projects.get(input.model.project) : null;
        const owner = session && ownerOf(session);
        return {
          job: jobs.start('predict', owner, (context) => predictFiles(session, input, results, context)),
        };
      }),
    },
    job: {
      get: base.job.get.handler(({ input }) => jobs.get(input.job)),
      list: base.job.list.handler(({ input }) => jobs.list(input.project)),
      cancel: base.job.cancel.handler(({ input }) => jobs.cancel(input.job)),
    },
    system: {
      doctor: base.system.doctor.handler(() => services.doctor()),
      events: base.system.events.handler(({ input, signal }) => events.subscribe(input.since, signal)),
      sample: base.system.sample.handler(({ input }) => {
        findTemplate(input.template);
        return { job: jobs.start('sample', null, (context) => writeSample(input, spawn, context)) };
      }),
    },
  });
}
