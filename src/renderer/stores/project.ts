import { defineStore } from 'pinia';
import { v7 as uuid } from 'uuid';
import { computed, ref, shallowRef, watch } from 'vue';

import { ReadroomError } from '../../contract/errors.ts';
import type { EngineEvent } from '../../contract/events.ts';
import type { ProcedureName } from '../../contract/index.ts';
import type { LabelActionSummary, Reader, Reversal } from '../../contract/label.ts';
import type { LabelClass, LabelSchema, ProjectSummary } from '../../contract/project.ts';
import { adjudicatedRound } from '../../contract/round-id.ts';
import { engine, onEngineEvent, onResync } from '../api/engine.ts';
import { oneReading } from '../api/one-reading.ts';
import { unitOf } from '../label-text.ts';
import { shownError } from '../shown-error.ts';
import { useAccess } from './access.ts';
import { useToasts } from './toasts.ts';
import { useWorkspace } from './workspace.ts';

const pathsKey = 'readroom.projectPaths';

type NewProjectInput = Parameters<Awaited<ReturnType<typeof engine>>['project']['create']>[0];

/** Until the project is there. */
const unknownLabels: LabelSchema = { kind: 'single', level: 'image', number: null, shapes: [] };

/** Folder of each project that this window has shown: after a restart of the engine it opens them again. */
function knownPaths(): Record<string, string> {
  try {
    return JSON.parse(localStorage.getItem(pathsKey) ?? '{}') as Record<string, string>;
  } catch {
    return {};
  }
}

/** The project on screen: its summary, classes and readers, and what undo would do. */
export const useProject = defineStore('project', () => {
  const summary = shallowRef<ProjectSummary | null>(null);
  const readers = shallowRef<Reader[]>([]);
  const reversible = shallowRef<{ undo: LabelActionSummary | null; redo: LabelActionSummary | null }>({
    undo: null,
    redo: null,
  });
  /** What this window took back or did again last: a screen may go to its image. */
  const reversed = shallowRef<Reversal | null>(null);
  /** Why the project of the address is not on screen. */
  const failure = shallowRef<ReadroomError | null>(null);
  /** Goes up with every change of images or split, so that screens know when to read again. */
  const datasetRevision = ref(0);
  const labelRevision = ref(0);
  const viewRevision = ref(0);
  /** Where this window reads: '' in the open, else a blinded round's id, with its mark while it is adjudicated. */
  const round = ref('');
  const access = useAccess();
  const workspace = useWorkspace();
  const toasts = useToasts();

  const id = computed(() => summary.value?.project ?? null);
  const classes = computed<LabelClass[]>(() => summary.value?.classes ?? []);
  const labels = computed<LabelSchema>(() => summary.value?.labels ?? unknownLabels);
  const isAdjudicating = computed(() => adjudicatedRound(round.value) !== null);
  /** Nothing is shown that tells what others said, or what a file is called. */
  const isBlinded = computed(() => round.value !== '' && !isAdjudicating.value);
  const unit = computed(() => unitOf(labels.value));
  const classById = computed(() => new Map(classes.value.map((entry) => [entry.id, entry])));
  const classByName = computed(() => new Map(classes.value.map((entry) => [entry.name, entry])));
  const readerName = (reader: string): string =>
    readers.value.find((entry) => entry.reader === reader || entry.name === reader)?.name ?? reader;
  const canWrite = computed(() => summary.value !== null && !summary.value.readOnly);
  /** Whether a call that changes the project can be made from here now. */
  const can = (call: ProcedureName): boolean => canWrite.value && access.may(call);
  /** Why it cannot, as a sentence; '' where it can. */
  const whyNot = (call: ProcedureName): string =>
    access.whyNot(call) || (canWrite.value ? '' : 'This project is open for reading only.');

  async function adopt(opened: ProjectSummary): Promise<ProjectSummary> {
    await access.load(opened.project);
    summary.value = opened;
    failure.value = null;
    // Where it lies is told to those only who may open it.
    if (opened.path !== '')
      localStorage.setItem(pathsKey, JSON.stringify({ ...knownPaths(), [opened.project]: opened.path }));
    void refreshReversible();
    void loadReaders();
    return opened;
  }

  /** Opens a folder; beside another writer for reading. */
  async function open(path: string): Promise<ProjectSummary> {
    const client = await engine();
    try {
      return await adopt(await client.project.open({ path, mode: 'write' }));
    } catch (error) {
      const held =
        error instanceof ReadroomError && ['projectLocked', 'permissionDenied'].includes(error.code);
      if (!held) throw error;
      toasts.show({ text: error.message, hint: 'It was opened for reading only.' });
      return await adopt(await client.project.open({ path, mode: 'read' }));
    }
  }

  /** Shows the project of an address, opening it again where the engine has forgotten it. */
  async function show(project: string): Promise<void> {
    if (id.value === project) return;
    summary.value = null;
    failure.value = null;
    const client = await engine();
    try {
      await adopt(await client.project.get({ project }));
    } catch (error) {
      const path = knownPaths()[project];
      try {
        if (path === undefined || !access.may('project.open')) throw error;
        await open(path);
      } catch (again) {
        failure.value = shownError(again);
      }
    }
  }

  async function create(input: NewProjectInput) {
    return adopt(await (await engine()).project.create(input));
  }

  async function close(): Promise<void> {
    const project = id.value;
    summary.value = null;
    if (project !== null) await (await engine()).project.close({ project });
  }

  async function refresh(): Promise<void> {
    const project = id.value;
    if (project === null) return;
    const fresh = await (await engine()).project.get({ project });
    if (id.value === project) summary.value = fresh;
  }

  async function loadReaders(): Promise<void> {
    const project = id.value;
    if (project === null) return;
    readers.value = await (await engine()).reader.list({ project });
  }

  async function refreshReversible(): Promise<void> {
    const project = id.value;
    if (project === null) return;
    const asked = { project, reader: workspace.reader, round: round.value };
    reversible.value = await (await engine()).label.reversible(asked);
  }

  // What is done anew leaves nothing to do again.
  watch(reversible, (now, before) => {
    for (const direction of ['undo', 'redo'] as const)
      if (before[direction] !== null && now[direction] === null) toasts.dropReversal(direction);
  });

  /** Each waits until what the reader did before a reversal is with the engine; false where it cannot get there now. */
  const sendings = new Set<(reversal: string) => Promise<boolean>>();
  /** What was asked to be taken back or done again and is not yet, oldest first. Their ids are in one order with those of actions. */
  const reversals = shallowRef<readonly string[]>([]);
  let lastReversal = Promise.resolve();

  /** Takes back, or does again, this reader's newest action, those on their way to the engine included. */
  function reverse(direction: 'undo' | 'redo'): Promise<void> {
    const reversal = uuid();
    reversals.value = [...reversals.value, reversal];
    const inTurn = lastReversal
      .then(() => reverseNow(direction, reversal))
      .catch((error: unknown) => toasts.showError(error))
      .finally(() => {
        reversals.value = reversals.value.filter((other) => other !== reversal);
      });
    lastReversal = inTurn;
    return inTurn;
  }

  async function reverseNow(direction: 'undo' | 'redo', reversal: string): Promise<void> {
    const project = id.value;
    if (project === null) return;
    const sent = await Promise.all([...sendings].map((wait) => wait(reversal)));
    // While the connection was waited for, the project may have gone off the screen.
    if (id.value !== project) return;
    if (sent.includes(false)) {
      toasts.show({ text: 'Your last change is not saved yet. It can be taken back once it is.' });
      return;
    }
    await refreshReversible();
    if (reversible.value[direction] === null) {
      toasts.show({ text: `There is nothing to ${direction}.` });
      return;
    }
    const client = await engine();
    try {
      const done = await client.label[direction]({ project, reader: workspace.reader, round: round.value });
      reversed.value = done;
      const opposite = direction === 'undo' ? 'redo' : 'undo';
      toasts.show({
        // What was done is said with the name of its file.
        text: `${direction === 'undo' ? 'Undone' : 'Done again'}${isBlinded.value ? '' : `: ${done.what}`}.`,
        action: { label: direction === 'undo' ? 'Redo' : 'Undo', run: () => void reverse(opposite) },
      });
    } finally {
      await refreshReversible();
    }
  }

  const refreshSoon = oneReading(async () => {
    try {
      await Promise.all([refresh(), refreshReversible()]);
    } catch {
      // The connection is gone: the next one reads all again.
    }
  });

  // Each reader has an undo of their own, and who reads is not known before the settings are.
  watch([() => workspace.reader, round], refreshSoon);

  function heard(event: EngineEvent): void {
    if (!('project' in event) || event.project !== id.value || id.value === null) return;
    switch (event.type) {
      case 'reader.changed':
        void loadReaders();
        return;
      case 'dataset.changed':
        datasetRevision.value += 1;
        void refreshSoon();
        return;
      case 'dataset.compared':
        labelRevision.value += 1;
        return;
      case 'class.changed':
        labelRevision.value += 1;
        void refreshSoon();
        return;
      case 'label.changed':
        labelRevision.value += 1;
        void refreshSoon();
        void loadReaders();
        return;
      case 'view.changed':
        viewRevision.value += 1;
        return;
      default:
    }
  }
  onEngineEvent(heard);
  onResync(() => {
    const project = id.value;
    if (project === null) return;
    summary.value = null;
    void show(project).then(() => {
      datasetRevision.value += 1;
      labelRevision.value += 1;
    });
  });

  return {
    summary,
    readers,
    reversible,
    reversed,
    failure,
    datasetRevision,
    labelRevision,
    viewRevision,
    round,
    isAdjudicating,
    isBlinded,
    id,
    classes,
    labels,
    unit,
    classById,
    classByName,
    canWrite,
    can,
    whyNot,
    readerName,
    open,
    show,
    create,
    close,
    refresh,
    sendings,
    reversals,
    reverse,
    /** Ends when what was asked so far is taken back or done again: what the reader does next comes after it. */
    afterReversals: () => lastReversal,
    refreshReversible,
  };
});
