import type { ImportReport } from '../../contract/import.ts';
import type { Import } from './import-run.ts';
import { tableColumns } from './label-table.ts';
import { importWarnings } from './import-warnings.ts';

/** What an import did, or what it would do. */
export async function reportImport(run: Import): Promise<ImportReport> {
  const { input, ledger, known, projects, plan } = run;
  const { counts } = ledger;
  const stored = projects.counts();
  const ahead = input.dryRun;
  const byClassId = known.countsByClass();
  if (ahead) for (const [id, n] of ledger.newByClass) byClassId.set(id, (byClassId.get(id) ?? 0) + n);
  const newPatients = [...ledger.newPatients].filter((key) => !known.hasPatient(key)).length;
  const classIds =
    run.classIds.size > 0 ? run.classIds : new Map(projects.classes().map(({ id, name }) => [name, id]));
  const byClass = Object.fromEntries([...classIds].map(([name, id]) => [name, byClassId.get(id) ?? 0]));
  const { series, studies } = countSeries(run);
  const conflictingDuplicates = ahead ? counts.pixelConflicts : await known.countConflictingDuplicates();
  return {
    dryRun: input.dryRun,
    added: counts.added,
    alreadyPresent: counts.alreadyPresent,
    refused: run.refused,
    images: stored.images + (ahead ? counts.added : 0),
    patients: stored.patients + (ahead ? newPatients : 0),
    labelled: stored.labelled + (ahead ? counts.labelled : 0),
    ...(series > 0 && { series, studies }),
    classes: [...classIds.keys()],
    byClass,
    warnings: [
      ...plan.warnings,
      ...run.unplaced.warnings(ledger.images()),
      ...importWarnings({
        counts,
        byClass,
        conflictingDuplicates,
        passedOver: run.passedOver,
        fileWarnings: [...run.fileWarnings.values()],
        studyConflicts: run.studyConflicts,
        contradictions: run.contradictions,
        copies: run.copies,
        labelConflicts: run.labelConflicts,
        twoLabels: run.twoLabels,
        level: projects.labelSchema().level,
        tagPatients: run.tagPatients,
      }),
    ],
    ...(run.preview && { files: run.preview.rows(), labelsFrom: plan.labelsFrom }),
    ...(ahead && input.labels.from === 'table' && { tableColumns: await tableColumns(input.labels.file) }),
  };
}

/** Series and studies of the project, with those that a dry run would bring. */
function countSeries({ known, ledger, input }: Import): { series: number; studies: number } {
  const stored = known.countSeries();
  if (!input.dryRun) return stored;
  const added = [...ledger.series].filter(([series]) => !known.hasSeries(series));
  const studies = new Set(added.map(([, study]) => study).filter((study) => known.study(study) === null));
  return { series: stored.series + added.length, studies: stored.studies + studies.size };
}
