import { computed, onBeforeUnmount, ref, shallowRef, watch } from 'vue';

import type { LabelFormat, LabelImportReport } from '../../../contract/interchange.ts';
import type { LabelActionSummary } from '../../../contract/label.ts';
import { engine } from '../../api/engine.ts';
import type { Dropped } from '../../api/media.ts';
import { useProject } from '../../stores/project.ts';
import { useJob } from '../../stores/use-job.ts';
import { useWorkspace } from '../../stores/workspace.ts';
import { folderFormat, guessFormat, uploadedSource } from './label-files.ts';
import { useUpload } from './use-upload.ts';

/** An import of labels in the making: what is read, what the dry run says of it, and what it did. */
export function useLabelImport() {
  const project = useProject();
  const workspace = useWorkspace();
  const source = ref('');
  const format = ref<LabelFormat>('csv');
  const plan = useJob<LabelImportReport>();
  const work = useJob<LabelImportReport>();
  const files = useUpload();
  /** The action that an undo would have to take back, as it stood right after the import. */
  const action = shallowRef<LabelActionSummary | null>(null);

  const input = (dryRun: boolean) => ({
    ...{ project: project.id!, format: format.value, source: source.value },
    ...{ reader: workspace.reader, dryRun },
  });
  const brings = computed(() => {
    const found = plan.result.value;
    return found === null ? 0 : found.labels + found.shapes;
  });
  const canUndo = computed(
    () => action.value !== null && JSON.stringify(action.value) === JSON.stringify(project.reversible.undo),
  );

  watch([source, format], () => {
    plan.cancel();
    if (source.value !== '') void plan.run(async () => (await engine()).interchange.import(input(true)));
  });
  onBeforeUnmount(() => {
    plan.cancel();
    if (!work.running.value) files.remove();
  });

  function take(path: string, as: LabelFormat): void {
    format.value = as;
    source.value = path;
    work.result.value = null;
    work.error.value = null;
  }

  /** Names of what lies in a folder of the engine's machine, and in the first folder in it. */
  async function namesIn(path: string): Promise<{ own: string[]; below: string[] }> {
    const { system } = await engine();
    const { entries } = await system.listFolder({ path });
    const inner = entries.find(({ kind }) => kind === 'folder');
    const below = inner === undefined ? [] : (await system.listFolder({ path: inner.path })).entries;
    return { own: entries.map(({ name }) => name), below: below.map(({ name }) => name) };
  }

  /** A file or folder of the engine's machine: of a folder that lies in it tells the format. */
  async function choose(path: string): Promise<void> {
    const guess = guessFormat([path]);
    if (guess !== null) return take(path, guess);
    try {
      const names = await namesIn(path);
      take(path, folderFormat(names.own, names.below));
    } catch {
      // The dry run says what is wrong with it.
      take(path, 'yolo');
    }
  }

  async function add(dropped: readonly Dropped[]): Promise<void> {
    const uploaded = await files.send(dropped);
    if (uploaded === null) return;
    const { sources, incoming } = uploaded;
    reset();
    if (incoming === null) return choose(sources[0]!);
    const names = dropped.flatMap((item) => ('file' in item ? [item.relativePath] : []));
    take(uploadedSource(names, sources, incoming.folder), guessFormat(names) ?? 'yolo');
  }

  function reset(): void {
    source.value = '';
    plan.result.value = null;
    plan.error.value = null;
  }

  function clear(): void {
    reset();
    files.remove();
  }

  async function start(): Promise<void> {
    const report = await work.run(async () => (await engine()).interchange.import(input(false)));
    if (report === null) return;
    clear();
    if (report.labels + report.shapes + report.newClasses.length === 0) return;
    await project.refreshReversible();
    action.value = project.reversible.undo;
  }

  async function undo(): Promise<void> {
    await project.reverse('undo');
    action.value = null;
    work.result.value = null;
  }

  return {
    source,
    format,
    plan,
    work,
    sending: files.sending,
    cancelSending: files.cancel,
    brings,
    canUndo,
    choose,
    add,
    clear,
    start,
    undo,
  };
}
