import { computed, onBeforeUnmount, ref, shallowRef, watch } from 'vue';

import type { ImportInput, ImportReport } from '../../../contract/import.ts';
import { counted } from '../../../core/words.ts';
import { engine } from '../../api/engine.ts';
import { type Dropped, dropUpload, upload } from '../../api/media.ts';
import { useJobs } from '../../stores/jobs.ts';
import { useProject } from '../../stores/project.ts';
import { useToasts } from '../../stores/toasts.ts';
import { useWorkspace } from '../../stores/workspace.ts';
import { errorOnScreen } from '../../on-screen.ts';
import { uploadedRoots } from './uploaded-roots.ts';

export type LabelSource = 'auto' | 'folder' | 'table' | 'none';
export type PatientSource = 'tag' | 'folder' | 'column' | 'regex';

/** An import in the making: what it takes in, how it is read, and what the dry run says of it. */
export function useImport() {
  const project = useProject();
  const jobs = useJobs();
  const toasts = useToasts();
  const workspace = useWorkspace();

  const sources = ref<string[]>([]);
  /** Uploads behind some of the sources: their pictures are copied, and they are removed afterwards. */
  const incoming = ref<string[]>([]);
  const sending = ref<{ done: number; total: number } | null>(null);
  const sendingControl = shallowRef<AbortController | null>(null);
  const labels = ref<LabelSource>('auto');
  const table = ref('');
  const patient = ref<PatientSource>('tag');
  const column = ref('');
  const pattern = ref('');
  const splitFromFolder = ref(false);
  const copy = ref(false);

  /** Columns of the table of labels, as the dry run finds them. */
  const tableColumns = shallowRef<readonly string[]>([]);
  watch(table, () => {
    tableColumns.value = [];
    column.value = '';
  });

  const plan = shallowRef<ImportReport | null>(null);
  const planError = shallowRef<unknown>(null);
  const planJob = ref<string | null>(null);
  const importJob = ref<string | null>(null);
  const result = shallowRef<ImportReport | null>(null);

  const ready = computed(
    () =>
      sources.value.length > 0 &&
      (labels.value !== 'table' || table.value !== '') &&
      (patient.value !== 'regex' || pattern.value.trim() !== ''),
  );

  /** Without it a dry run only finds the columns. */
  const lacksColumn = computed(() => patient.value === 'column' && column.value === '');

  function input(dryRun: boolean): ImportInput {
    const patientInput: ImportInput['patient'] =
      patient.value === 'folder'
        ? { from: 'folder' }
        : patient.value === 'column' && !lacksColumn.value
          ? { from: 'column', column: column.value }
          : patient.value === 'regex'
            ? { from: 'regex', pattern: pattern.value }
            : null;
    // Of DICOM files the header's, unless another rule is given.
    return {
      project: project.id!,
      sources: [...sources.value],
      labels: labels.value === 'table' ? { from: 'table', file: table.value } : { from: labels.value },
      patient: patientInput,
      splitFrom: splitFromFolder.value ? 'folder' : null,
      copy: copy.value || incoming.value.length > 0,
      reader: workspace.reader,
      dryRun,
    };
  }

  let newestPlan = 0;
  async function makePlan(): Promise<void> {
    const mine = ++newestPlan;
    if (planJob.value !== null) void jobs.cancel(planJob.value).catch(() => undefined);
    planJob.value = null;
    if (!ready.value || project.id === null) {
      plan.value = null;
      planError.value = null;
      return;
    }
    try {
      const { job } = await (await engine()).dataset.import(input(true));
      if (mine !== newestPlan) {
        void jobs.cancel(job).catch(() => undefined);
        return;
      }
      planJob.value = job;
      const report = await jobs.result<ImportReport>(job);
      if (mine !== newestPlan) return;
      plan.value = report;
      tableColumns.value = report.tableColumns ?? [];
      planError.value = null;
    } catch (error) {
      if (mine !== newestPlan) return;
      plan.value = null;
      planError.value = errorOnScreen(error);
    } finally {
      if (mine === newestPlan) planJob.value = null;
    }
  }

  let timer: ReturnType<typeof setTimeout> | undefined;
  const settledMs = 350;
  watch([sources, labels, table, patient, column, pattern, splitFromFolder, copy], () => {
    clearTimeout(timer);
    timer = setTimeout(() => void makePlan(), settledMs);
  });
  onBeforeUnmount(() => {
    clearTimeout(timer);
    newestPlan += 1;
    if (planJob.value !== null) void jobs.cancel(planJob.value).catch(() => undefined);
    sendingControl.value?.abort();
    if (importJob.value === null) void removeIncoming();
  });

  /** Tables of labels become the labels; everything else is a source. */
  function addPaths(paths: readonly string[]): void {
    const tables = paths.filter((path) => /\.csv$/i.test(path));
    const pictures = paths.filter((path) => !/\.csv$/i.test(path));
    if (tables[0] !== undefined) {
      labels.value = 'table';
      table.value = tables[0];
    }
    sources.value = [...new Set([...sources.value, ...pictures])];
    result.value = null;
  }

  function dropTable(): void {
    table.value = '';
    labels.value = 'auto';
  }

  async function add(dropped: readonly Dropped[]): Promise<void> {
    if (project.id === null || dropped.length === 0) return;
    const control = new AbortController();
    sendingControl.value = control;
    try {
      const sent = await upload(
        project.id,
        dropped,
        (done, total) => (sending.value = { done, total }),
        control.signal,
      );
      if (sent.incoming === null) return addPaths(sent.sources);
      incoming.value = [...incoming.value, sent.incoming.id];
      addPaths(uploadedRoots(dropped, sent.sources, sent.incoming.folder));
    } catch (error) {
      toasts.showError(error);
    } finally {
      sending.value = null;
      sendingControl.value = null;
    }
  }

  async function removeIncoming(): Promise<void> {
    const folders = incoming.value;
    incoming.value = [];
    if (project.id === null) return;
    for (const folder of folders) await dropUpload(project.id, folder).catch(() => undefined);
  }

  const starting = ref(false);
  async function start(): Promise<void> {
    if (starting.value) return;
    starting.value = true;
    try {
      importJob.value = (await (await engine()).dataset.import(input(false))).job;
      const report = await jobs.result<ImportReport>(importJob.value);
      result.value = report;
      clear();
      if (report.added > 0) await offerUndo(report.added);
    } catch (error) {
      toasts.showError(error);
    } finally {
      importJob.value = null;
      starting.value = false;
    }
  }

  async function offerUndo(added: number): Promise<void> {
    await project.refreshReversible();
    toasts.show({
      kind: 'good',
      text: `${counted(added, 'image')} came in.`,
      action: { label: 'Undo', run: () => void project.reverse('undo') },
    });
  }

  /** The card tells of an import that stands: it goes when that is taken back, wherever that is done. */
  let wasThere = false;
  watch([() => project.summary?.images ?? 0, result], ([images, report]) => {
    const isThere = report !== null && images >= report.images;
    if (report !== null && wasThere && !isThere) result.value = null;
    wasThere = isThere;
  });

  function clear(): void {
    sources.value = [];
    dropTable();
    plan.value = null;
    planError.value = null;
    void removeIncoming();
  }

  return {
    sources,
    sending,
    sendingControl,
    labels,
    table,
    patient,
    column,
    tableColumns,
    lacksColumn,
    pattern,
    splitFromFolder,
    copy,
    plan,
    planError,
    planJob,
    importJob,
    result,
    incoming,
    add,
    addPaths,
    dropTable,
    start,
    clear,
  };
}
export type ImportDraft = ReturnType<typeof useImport>;
