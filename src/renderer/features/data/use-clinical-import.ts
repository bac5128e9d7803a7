import { computed, onBeforeUnmount, ref, shallowRef, watch } from 'vue';

import { ReadroomError } from '../../../contract/errors.ts';
import type { LabelActionSummary } from '../../../contract/label.ts';
import { type ColumnChoice, type TableReport, usualMissing } from '../../../contract/table.ts';
import { engine } from '../../api/engine.ts';
import type { Dropped } from '../../api/media.ts';
import { useLoaded } from '../../api/use-loaded.ts';
import { useProject } from '../../stores/project.ts';
import { useWorkspace } from '../../stores/workspace.ts';
import { useUpload } from './use-upload.ts';

const writingPauseMs = 400;

/** An import of a clinical table in the making: the file, what is said of its columns, and what would come in. */
export function useClinicalImport() {
  const project = useProject();
  const workspace = useWorkspace();
  const files = useUpload();
  const source = ref('');
  /** Header of the column of patients; empty: found by its name. */
  const key = ref('');
  const choices = ref<Readonly<Record<string, ColumnChoice>>>({});
  /** Those that the preview shows: a unit that is being written comes once its writer pauses. */
  const rested = ref(choices.value);
  let rest: ReturnType<typeof setTimeout> | undefined;
  const missing = ref(usualMissing.join(', '));
  const busy = ref(false);
  const failure = shallowRef<unknown>(null);
  const done = shallowRef<TableReport | null>(null);
  /** The action that an undo would have to take back, as it stood right after the import. */
  const action = shallowRef<LabelActionSummary | null>(null);

  const input = () => ({
    project: project.id!,
    file: source.value,
    ...(key.value !== '' && { key: key.value }),
    columns: Object.fromEntries(Object.entries(choices.value).filter(([header]) => header !== key.value)),
    missing: missing.value
      .split(',')
      .map((word) => word.trim())
      .filter((word) => word !== ''),
  });
  const plan = useLoaded(
    async () => {
      const asked = source.value;
      return asked === '' ? null : { of: asked, report: await (await engine()).table.preview(input()) };
    },
    () => [source.value, key.value, rested.value, missing.value, project.datasetRevision],
  );
  /** Null while another file is read, and where this one cannot be. */
  const report = computed(() =>
    plan.error.value === null && plan.value.value?.of === source.value ? plan.value.value.report : null,
  );
  /** What the column of patients could be, as far as the file could be read. */
  const keyChoices = computed((): string[] => {
    if (report.value !== null) return [report.value.key, ...report.value.columns.map(({ header }) => header)];
    const told = plan.error.value instanceof ReadroomError ? plan.error.value.data['columns'] : null;
    const names: unknown[] = Array.isArray(told) ? told : [];
    return names.filter((name) => typeof name === 'string').filter((name) => name !== '');
  });
  const canUndo = computed(
    () => action.value !== null && JSON.stringify(action.value) === JSON.stringify(project.reversible.undo),
  );
  // Taken back by key, from the history or elsewhere, nothing was imported.
  watch(
    () => action.value !== null && project.reversible.redo?.what === action.value.what,
    (takenBack) => {
      if (takenBack) [action.value, done.value] = [null, null];
    },
  );

  onBeforeUnmount(() => {
    if (!busy.value) files.remove();
  });

  function take(path: string): void {
    [source.value, key.value] = [path, ''];
    decide({});
    failure.value = null;
    done.value = null;
  }

  /** A file of the engine's machine. */
  function choose(path: string): void {
    files.remove();
    take(path);
  }

  async function add(dropped: readonly Dropped[]): Promise<void> {
    const [first] = (await files.send(dropped))?.sources ?? [];
    if (first !== undefined) take(first);
  }

  function clear(): void {
    take('');
    files.remove();
  }

  function decide(all: Readonly<Record<string, ColumnChoice>>, afterMs = 0): void {
    choices.value = all;
    clearTimeout(rest);
    if (afterMs === 0) rested.value = all;
    else rest = setTimeout(() => (rested.value = all), afterMs);
  }

  /** Says something of a column by its header. */
  function say(header: string, choice: ColumnChoice): void {
    const all = { ...choices.value, [header]: { ...choices.value[header], ...choice } };
    decide(all, choice.unit === undefined ? 0 : writingPauseMs);
  }

  async function start(): Promise<void> {
    busy.value = true;
    failure.value = null;
    try {
      const reader = workspace.reader;
      const brought = await (await engine()).table.import({ ...input(), reader });
      clear();
      done.value = brought;
      await project.refreshReversible();
      action.value = project.reversible.undo;
    } catch (error) {
      failure.value = error;
    } finally {
      busy.value = false;
    }
  }

  async function undo(): Promise<void> {
    await project.reverse('undo');
    action.value = null;
    done.value = null;
  }

  return {
    ...{ source, key, choices, missing, report, keyChoices, busy, failure, done, canUndo },
    ...{ planError: plan.error, sending: files.sending, cancelSending: files.cancel },
    ...{ choose, add, clear, say, start, undo },
  };
}
