import { base } from './procedures/base.ts';
import { classProcedures } from './procedures/class.ts';
import { datasetProcedures } from './procedures/dataset.ts';
import { jobProcedures } from './procedures/job.ts';
import { labelProcedures } from './procedures/label.ts';
import { projectProcedures } from './procedures/project.ts';
import { readerProcedures } from './procedures/reader.ts';
import { runProcedures } from './procedures/run.ts';
import { settingsProcedures } from './procedures/settings.ts';
import { systemProcedures } from './procedures/system.ts';
import type { EngineServices } from './services.ts';

export type EngineRouter = ReturnType<typeof createRouter>;

/** The contract, domain by domain. A procedure without an implementation does not compile. */
export function createRouter(services: EngineServices) {
  return base.router({
    project: projectProcedures(services),
    class: classProcedures(services),
    dataset: datasetProcedures(services),
    label: labelProcedures(services),
    reader: readerProcedures(services),
    run: runProcedures(services),
    job: jobProcedures(services),
    settings: settingsProcedures(services),
    system: systemProcedures(services),
  });
}
