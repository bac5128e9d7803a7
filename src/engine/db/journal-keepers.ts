import type { TargetKind } from '../../contract/label.ts';
import type { LabelSchema } from '../../contract/project.ts';
import { createClassStates } from './class-states.ts';
import { createAnnotationStates, createLabelStates } from './label-states.ts';
import { createImportStates } from './import-states.ts';
import { isLabelTarget, type LabelTargetKind } from './label-targets.ts';
import type { ProjectDatabase } from './open.ts';
import { createRoundStates } from './round-states.ts';
import { createRecordKeeper } from './record-keeper.ts';
import type { Made, MadeState, MadeStates, Owner, State, StateKeeper } from './state-keeper.ts';
import type { StoredClassValue, StoredTableChoice } from './stored-value.ts';

/** What an event is about. */
export interface Target {
  kind: TargetKind;
  id: string;
}

/** Kinds of which there is one state for all readers. */
export const isShared = (kind: TargetKind): boolean => !isLabelTarget(kind) && kind !== 'annotation';

/**
 * The tables that events change. `open` begins an action: rules that many events need are read once.
 */
export function createStateKeepers(database: ProjectDatabase) {
  const records = createRecordKeeper(database);
  const labels = createLabelStates(database);
  const annotations = createAnnotationStates(database);
  const classes = createClassStates(database);
  const imports = createImportStates(database);
  const settings = createSettingStates(database);
  const rounds = createRoundStates(database);

  function open(): Record<TargetKind, StateKeeper> {
    let keepRecords: ReturnType<typeof records.keeper> | null = null;
    classes.begin();
    // One action is one version of the class list, however many classes it changes.
    let schemaRaised = false;
    const ofLabels = (kind: LabelTargetKind): StateKeeper => ({
      current: (id, owner) => labels.current(kind, id, owner),
      put(made) {
        labels.putAll(kind, made);
        keepRecords ??= records.keeper();
        keepRecords(kind, made);
      },
    });
    const oneByOne =
      (put: (id: string, value: string | null, state: MadeState, owner: Owner) => void) =>
      ({ states, ...owner }: MadeStates): void => {
        for (const state of states) put(state.id, state.value, state, owner);
      };
    return {
      image: ofLabels('image'),
      series: ofLabels('series'),
      study: ofLabels('study'),
      patient: ofLabels('patient'),
      annotation: {
        current: annotations.current,
        put: oneByOne((id, value, made, owner) => annotations.put(id, owner, value, made)),
      },
      class: {
        current: classes.current,
        put: oneByOne((id, value) => {
          const was = records.countsAs(id);
          const { newSchema, heirChanged } = classes.put(id, value);
          if (newSchema && !schemaRaised) classes.raiseSchemaVersion();
          schemaRaised ||= newSchema;
          if (heirChanged) records.refreshClass(id, was, () => classes.imagesNaming(id));
          keepRecords = null;
        }),
      },
      import: {
        current: imports.current,
        put: oneByOne((id, value) => {
          if (value !== null) imports.refuseDisplaced(id);
          records.refreshImages(imports.put(id, value));
        }),
      },
      setting: {
        current: settings.current,
        put: oneByOne((id, value) => {
          if (settings.put(id, value).recordsChange) records.refreshAll();
          keepRecords = null;
        }),
      },
      round: {
        current: rounds.current,
        put: oneByOne((id, value) => records.refreshImages(rounds.put(id, value))),
      },
    };
  }

  /**
   * As `open`, for what events of another copy amount to, which may come before ones that are here: nothing is taken
   * for the newest, and records follow at the end.
   */
  function replay(): Replay {
    const touched = new Set<string>();
    let all = false;
    const touch = (images: readonly string[]): void => images.forEach((image) => touched.add(image));
    return {
      put({ kind, id }, owner, value, made) {
        if (isLabelTarget(kind)) {
          labels.put(kind, id, owner, value, made);
          touch(records.imagesUnder({ kind, id }));
        } else if (kind === 'annotation') annotations.put(id, owner, value, made);
        else if (kind === 'import') touch(imports.put(id, value));
        else if (kind === 'round') touch(rounds.put(id, value));
        else if (kind === 'setting' && settings.current(id)?.value !== value) {
          all = settings.put(id, value).recordsChange || all;
        }
      },
      putClasses(values) {
        for (const id of classes.putAll(values)) touch(classes.imagesNaming(id));
      },
      touch,
      finish() {
        if (all) records.refreshAll();
        else if (touched.size > 0) records.refreshImages(touched);
      },
    };
  }

  return { open, settle: classes.settle, replay, outspoken: labels.outspoken };
}

/** Brings tables to what events of another copy amount to. */
export interface Replay {
  /** Of classes nothing: see `putClasses`. */
  put(target: Target, owner: Owner, value: string | null, made: Made): void;
  /** Puts all classes at once, as one may take the name of another. */
  putClasses(values: ReadonlyMap<string, StoredClassValue>): void;
  /** Images whose records are to follow at the end too. */
  touch(images: readonly string[]): void;
  finish(): void;
}

interface Setting {
  /** Of the project's row. */
  column: string;
  /** SQL: the column as an event holds it. */
  value: string;
  /** An event's value as the column holds it. */
  stored(value: string): string | null;
}

const settingColumns: Readonly<Record<string, Setting>> = {
  /** The project's kind of labels. */
  labels: { column: 'label_schema', value: 'label_schema', stored: (value) => value },
  /** How the label of record is made. */
  rule: {
    column: 'label_rule',
    value: 'json_quote(label_rule)',
    stored: (value) => JSON.parse(value) as string,
  },
  /** Which clinical table stands. */
  clinical: {
    column: 'clinical_table',
    value: "json_object('table', clinical_table)",
    stored: (value) => (JSON.parse(value) as StoredTableChoice).table,
  },
};

function settingOf(id: string): Setting {
  const setting = settingColumns[id];
  if (setting === undefined) throw new Error(`There is no setting ${id}`);
  return setting;
}

function createSettingStates({ handle }: ProjectDatabase) {
  function current(id: string): State | null {
    const value = handle
      .prepare<[], string>(`SELECT ${settingOf(id).value} FROM project`)
      .pluck()
      .get();
    return value === undefined ? null : { value, event: null };
  }
  return {
    current,
    /** Returns whether labels of record follow from it: not from which shapes are drawn, or what numbers are called. */
    put(id: string, value: string | null): { recordsChange: boolean } {
      if (value === null) throw new Error(`The setting ${id} cannot be taken away`);
      const before = current(id)!.value;
      const { column, stored } = settingOf(id);
      handle.prepare(`UPDATE project SET ${column} = ?`).run(stored(value));
      return { recordsChange: changesRecords(id, before, value) };
    },
  };
}

function changesRecords(id: string, from: string, to: string): boolean {
  if (id !== 'labels') return id === 'rule';
  const [before, after] = [JSON.parse(from) as LabelSchema, JSON.parse(to) as LabelSchema];
  return before.kind !== after.kind || before.level !== after.level;
}
