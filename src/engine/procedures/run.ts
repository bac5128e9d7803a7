import { projectsOf } from '../access/callers.ts';
import type { ProjectSession } from '../project/session.ts';
import { certificateOf } from '../runs/certificate.ts';
import { compareRuns } from '../runs/compare-runs.ts';
import { casesOf, curvesOf, storedEvaluation } from '../runs/evaluated.ts';
import { pauseRun, stopRun } from '../runs/hold.ts';
import { planOf } from '../runs/plan.ts';
import { askedRecipe } from '../runs/prepare.ts';
import { predictFiles } from '../predict/predict-files.ts';
import { previewAugmentation } from '../runs/preview-augmentation.ts';
import { removeRun } from '../runs/remove-run.ts';
import { evaluateInProject, exportRun, reportRun, verifyFolder } from '../runs/results.ts';
import { withTask } from '../runs/run-classes.ts';
import { runFolderSize } from '../runs/run-folder-size.ts';
import { startOutlook } from '../runs/start-outlook.ts';
import { filterEpochsOf, stepsOf } from '../runs/watched.ts';
import type { EngineServices } from '../services.ts';
import { base } from './base.ts';
import { ownerOf, startJob } from './start-job.ts';

/** Trainings, what they gave, and what is made of them. */
export function runProcedures({
  events,
  jobs,
  projects,
  pool,
  options,
  trainings,
  workspace,
  keptWeights,
}: EngineServices) {
  const { spawn, version } = options;
  const { run } = base;
  const results = { spawn, pool, version };
  const { queue } = trainings;
  const holding = { queue, jobs, publish: events.publish };
  const changed = (session: ProjectSession, id: string): void =>
    events.publish({ type: 'run.changed', project: session.id, run: id });
  const writing = (project: string): ProjectSession => {
    const session = projects.get(project);
    session.writing();
    return session;
  };
  return {
    train: run.train.handler(({ input }) => trainings.train(writing(input.project), input)),
    resume: run.resume.handler(({ input }) =>
      trainings.train(writing(input.project), { resume: input.run, set: {} }),
    ),
    resumeInterrupted: run.resumeInterrupted.handler(async ({ input }) => ({
      resumed: await trainings.resumeInterrupted(writing(input.project)),
    })),
    rerun: run.rerun.handler(({ input }) => {
      const session = writing(input.project);
      return trainings.rerun(session, session.runs.find(input.run));
    }),
    certificate: run.certificate.handler(({ input }) =>
      certificateOf(projects.get(input.project), input.run),
    ),
    queue: run.queue.handler(({ context: { identity } }) => {
      const state = trainings.state();
      const owned = new Set(projectsOf(projects.list(), identity, 'owner').map(({ id }) => id));
      return { ...state, runs: state.runs.filter(({ project }) => owned.has(project)) };
    }),
    pauseQueue: run.pauseQueue.handler(async ({ input }) => {
      await workspace.pauseQueue(input.paused);
      queue.pause(input.paused);
    }),
    list: run.list.handler(({ input }) => {
      const session = projects.get(input.project);
      const rows = session.runs.list();
      const runs = rows.map((row) => ({ ...row, queued: queue.placeOf(session.id, row.run) }));
      return { runs, testOpenings: session.runs.testOpenings() };
    }),
    get: run.get.handler(({ input }) => {
      const session = projects.get(input.project);
      const result = session.runs.get(session.runs.find(input.run));
      return { ...withTask(session, result), job: queue.jobOf(session.id, result.run) };
    }),
    rename: run.rename.handler(({ input }) => {
      const session = writing(input.project);
      const id = session.runs.find(input.run);
      session.runs.rename(id, input.name);
      changed(session, id);
    }),
    folder: run.folder.handler(({ input }) => {
      const session = projects.get(input.project);
      return runFolderSize(session, session.runs.find(input.run));
    }),
    remove: run.remove.handler(async ({ input }) => {
      const session = writing(input.project);
      changed(session, await removeRun(session, input.run));
    }),
    pause: run.pause.handler(({ input }) => pauseRun(writing(input.project), input.run, holding)),
    stop: run.stop.handler(({ input }) => stopRun(writing(input.project), input.run, holding)),
    moveInQueue: run.moveInQueue.handler(({ input }) => {
      const session = writing(input.project);
      queue.move(session.id, session.runs.find(input.run), input.place);
    }),
    setPriority: run.setPriority.handler(({ input }) => {
      const session = writing(input.project);
      queue.setPriority(session.id, session.runs.find(input.run), input.priority);
    }),
    checkRecipe: run.checkRecipe.handler(({ input }) => void askedRecipe(input)),
    plan: run.plan.handler(async ({ input }) => {
      const session = projects.get(input.project);
      const plan = await planOf(session, input);
      const start = await startOutlook(session, plan.recipe, { spawn, keptWeights });
      return {
        ...plan,
        remarks: [...plan.remarks, ...start.remarks],
        problems: [...plan.problems, ...start.problems],
      };
    }),
    previewAugmentation: run.previewAugmentation.handler(({ input }) => {
      const session = writing(input.project);
      return startJob(jobs, 'previewAugmentation', session, (context) =>
        previewAugmentation(session, input, results, context),
      );
    }),
    samples: run.samples.handler(({ input }) => {
      const { runs } = projects.get(input.project);
      return runs.samples(runs.find(input.run));
    }),
    steps: run.steps.handler(({ input }) => stepsOf(projects.get(input.project), input.run)),
    filters: run.filters.handler(({ input }) => filterEpochsOf(projects.get(input.project), input.run)),
    evaluation: run.evaluation.handler(({ input }) =>
      storedEvaluation(projects.get(input.project), input.run, input.split),
    ),
    curves: run.curves.handler(({ input }) => curvesOf(projects.get(input.project), input.run, input.split)),
    cases: run.cases.handler(({ input }) =>
      casesOf(projects.get(input.project), input.run, input.split, input),
    ),
    compare: run.compare.handler(({ input }) => {
      const session = projects.get(input.project);
      return startJob(jobs, 'compare', session, (context) => compareRuns(session, input, context));
    }),
    evaluate: run.evaluate.handler(({ input }) => {
      const session = projects.get(input.project);
      return startJob(jobs, 'evaluate', session, async (context) => {
        const evaluation = await evaluateInProject(session, input, results, context);
        changed(session, evaluation.run);
        return evaluation;
      });
    }),
    report: run.report.handler(({ input }) => {
      const session = projects.get(input.project);
      return startJob(jobs, 'report', session, (context) => reportRun(session, input, results, context));
    }),
    export: run.export.handler(({ input }) => {
      const session = projects.get(input.project);
      return startJob(jobs, 'export', session, (context) => exportRun(session, input, results, context));
    }),
    verify: run.verify.handler(({ input }) => ({
      job: jobs.start('verify', null, (context) => verifyFolder(input.folder, spawn, context)),
    })),
    predict: run.predict.handler(({ input }) => {
      const session = 'project' in input.model ? projects.get(input.model.project) : null;
      const owner = session && ownerOf(session);
      return {
        job: jobs.start('predict', owner, (context) => predictFiles(session, input, results, context)),
      };
    }),
  };
}
