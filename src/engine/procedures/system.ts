import type { SampleResult } from '../../contract/system.ts';
import { findSampleTemplate } from '../../core/sample/index.ts';
import { isTold } from '../access/callers.ts';
import type { JobContext } from '../jobs.ts';
import type { EngineServices } from '../services.ts';
import { listFolder } from '../system/list-folder.ts';
import { writeSample } from '../system/sample.ts';
import { projectsFolder } from '../workspace/project-folder.ts';
import { base } from './base.ts';

/** The machine, the event stream, generated files. */
export function systemProcedures(services: EngineServices) {
  const { events, jobs, doctor, about, options, workspace, projects } = services;
  const { system } = base;
  return {
    doctor: system.doctor.handler(() => doctor()),
    about: system.about.handler(({ context: { identity } }) => {
      const profile = identity?.name ?? null;
      const shown = about();
      return { ...shown, profile, userName: profile ?? shown.userName };
    }),
    listFolder: system.listFolder.handler(async ({ input }) =>
      listFolder(input.path, {
        hidden: input.hidden,
        files: input.files,
        projectsFolder: projectsFolder(await workspace.settings()),
      }),
    ),
    events: system.events.handler(async function* ({ input, signal, context: { identity } }) {
      for await (const sequenced of events.subscribe(input.since, signal))
        if (isTold(sequenced.event, identity, projects.list)) yield sequenced;
    }),
    sample: system.sample.handler(({ input }) => {
      findSampleTemplate(input.template);
      const write = async (context: JobContext): Promise<SampleResult> =>
        (await writeSample(input, options.spawn, context)).result;
      return { job: jobs.start('sample', null, write) };
    }),
  };
}
