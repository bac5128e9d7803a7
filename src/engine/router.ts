import { requirePermission } from './access/guard.ts';
import { permissions, type Access } from './access/permissions.ts';
import { annotationProcedures } from './procedures/annotation.ts';
import { base } from './procedures/base.ts';
import { classProcedures } from './procedures/class.ts';
import { datasetProcedures } from './procedures/dataset.ts';
import { historyProcedures } from './procedures/history.ts';
import { interchangeProcedures } from './procedures/interchange.ts';
import { jobProcedures } from './procedures/job.ts';
import { labelProcedures } from './procedures/label.ts';
import { mergeProcedures } from './procedures/merge.ts';
import { profileProcedures } from './procedures/profile.ts';
import { projectProcedures } from './procedures/project.ts';
import { readerProcedures } from './procedures/reader.ts';
import { roundProcedures } from './procedures/round.ts';
import { runProcedures } from './procedures/run.ts';
import { settingsProcedures } from './procedures/settings.ts';
import { systemProcedures } from './procedures/system.ts';
import { tableProcedures } from './procedures/table.ts';
import { weightsProcedures } from './procedures/weights.ts';
import type { EngineServices } from './services.ts';

export type EngineRouter = ReturnType<typeof createRouter>;

/** The contract, domain by domain. A procedure without an implementation does not compile. */
export function createRouter(services: EngineServices) {
  const { grounds } = services;
  const guarded = base.use(({ context, path, next }, input) => {
    requirePermission(accessOf(path), context, input, grounds);
    return next();
  });
  return guarded.router({
    project: projectProcedures(services),
    class: classProcedures(services),
    dataset: datasetProcedures(services),
    table: tableProcedures(services),
    label: labelProcedures(services),
    annotation: annotationProcedures(services),
    history: historyProcedures(services),
    interchange: interchangeProcedures(services),
    reader: readerProcedures(services),
    profile: profileProcedures(services),
    round: roundProcedures(services),
    merge: mergeProcedures(services),
    run: runProcedures(services),
    weights: weightsProcedures(services),
    job: jobProcedures(services),
    settings: settingsProcedures(services),
    system: systemProcedures(services),
  });
}

/** What the table says of a procedure; what is named nowhere is the machine's own. */
function accessOf([domain, procedure]: readonly string[]): Access {
  const table = permissions as Readonly<Record<string, Readonly<Record<string, Access>>>>;
  return table[domain ?? '']?.[procedure ?? ''] ?? 'machine';
}
