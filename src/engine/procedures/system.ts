import { findSampleTemplate } from '../../core/sample/index.ts';
import { findTemplate } from '../project/templates.ts';
import type { EngineServices } from '../services.ts';
import { listFolder } from '../system/list-folder.ts';
import { writeSample } from '../system/sample.ts';
import { projectsFolder } from '../workspace/project-folder.ts';
import { base } from './base.ts';

/** The machine, the event stream, generated files. */
export function systemProcedures({ events, jobs, doctor, about, options, workspace }: EngineServices) {
  const { system } = base;
  return {
    doctor: system.doctor.handler(() => doctor()),
    about: system.about.handler(() => about()),
    listFolder: system.listFolder.handler(async ({ input }) =>
      listFolder(input.path, {
        hidden: input.hidden,
        projectsFolder: projectsFolder(await workspace.settings()),
      }),
    ),
    events: system.events.handler(({ input, signal }) => events.subscribe(input.since, signal)),
    sample: system.sample.handler(({ input }) => {
      findTemplate(input.template);
      findSampleTemplate(input.template);
      return { job: jobs.start('sample', null, (context) => writeSample(input, options.spawn, context)) };
    }),
  };
}
