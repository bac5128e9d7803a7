import type { Contract } from '../../contract/index.ts';
import type { Role } from '../../contract/profile.ts';

/**
 * Who may call a procedure. `machine`: only who uses the machine itself or holds its token, as for everything that
 * names paths, starts at other projects or concerns all of them; `signedIn`: everybody, the answer being what concerns
 * the caller; else the least role in the project that the call names.
 */
export type Access = 'machine' | 'signedIn' | Role | ProjectAccess;

export interface ProjectAccess {
  readonly least: Role;
  /** The project is the one of the named job. */
  readonly of?: 'job';
  /** Inputs that name a place of the machine: only who works at it may give them. */
  readonly without?: readonly string[];
  /** Paths that the call names: they lie among the files that were sent to the project. */
  readonly uploads?: (input: Readonly<Record<string, unknown>>) => readonly unknown[];
}

/** An entry for each procedure: one without does not compile. */
export type Permissions = { readonly [D in keyof Contract]: { readonly [P in keyof Contract[D]]: Access } };

const tableOf = (labels: unknown): readonly unknown[] =>
  typeof labels === 'object' && labels !== null && 'file' in labels ? [labels.file] : [];
const listed = (value: unknown): readonly unknown[] =>
  Array.isArray(value) ? (value as unknown[]) : [value];

export const permissions: Permissions = {
  project: {
    create: 'machine',
    open: 'machine',
    get: 'reader',
    list: 'signedIn',
    changeLabels: 'owner',
    close: 'machine',
    prepared: 'owner',
    clearPrepared: 'owner',
    templates: 'signedIn',
    recent: 'machine',
    forgetRecent: 'machine',
    suggestFolder: 'machine',
    createSample: 'machine',
  },
  class: {
    add: 'owner',
    change: 'owner',
    reorder: 'owner',
    setKeys: 'owner',
    retire: 'owner',
    retired: 'reader',
    merge: 'owner',
    split: 'owner',
    versions: 'reader',
  },
  dataset: {
    import: { least: 'owner', uploads: ({ sources, labels }) => [...listed(sources), ...tableOf(labels)] },
    images: 'reader',
    split: 'owner',
    currentSplit: 'reader',
    openView: 'reader',
    viewRows: 'reader',
    rows: 'reader',
    viewPosition: 'reader',
    nextUnread: 'reader',
    facets: 'reader',
    image: 'reader',
    stack: 'reader',
    priors: 'reader',
    headers: 'reader',
    countBy: 'reader',
    summary: 'reader',
    patients: 'reader',
    savedViews: 'reader',
    saveView: 'owner',
    deleteView: 'owner',
    versions: 'reader',
    compareVersions: 'reader',
    findDuplicates: 'owner',
    showFile: 'machine',
  },
  table: {
    preview: { least: 'owner', uploads: ({ file }) => [file] },
    import: { least: 'owner', uploads: ({ file }) => [file] },
    get: 'reader',
    rows: 'reader',
    values: 'reader',
    remove: 'owner',
  },
  label: {
    set: 'reader',
    undo: 'reader',
    redo: 'reader',
    history: 'reader',
    assign: 'reader',
    reversible: 'reader',
    place: 'reader',
    leavePlace: 'reader',
  },
  annotation: { list: 'reader', change: 'reader', all: 'reader' },
  interchange: {
    outlook: 'machine',
    export: 'machine',
    import: { least: 'owner', uploads: ({ source }) => [source] },
  },
  history: { actions: 'reader', asOf: 'reader', labelsAsOf: 'reader' },
  reader: { list: 'reader', add: 'owner', setRole: 'owner' },
  profile: { list: 'machine', add: 'machine', reset: 'machine', remove: 'machine', reach: 'signedIn' },
  round: {
    outlook: 'owner',
    open: 'owner',
    list: 'reader',
    worklist: 'reader',
    close: 'owner',
    agreement: 'adjudicator',
    disagreements: 'adjudicator',
    adjudicationList: 'adjudicator',
    words: 'adjudicator',
    adjudicate: 'adjudicator',
    rule: 'reader',
    previewRule: 'owner',
    setRule: 'owner',
  },
  merge: { merge: 'machine', conflicts: 'owner', resolve: 'owner' },
  run: {
    train: 'owner',
    list: 'owner',
    get: 'owner',
    rename: 'owner',
    folder: 'machine',
    remove: 'owner',
    checkRecipe: 'signedIn',
    plan: 'owner',
    previewAugmentation: 'owner',
    pause: 'owner',
    resume: 'owner',
    stop: 'owner',
    resumeInterrupted: 'owner',
    queue: 'signedIn',
    pauseQueue: 'machine',
    moveInQueue: 'owner',
    setPriority: 'owner',
    samples: 'owner',
    steps: 'owner',
    filters: 'owner',
    evaluation: 'owner',
    curves: 'owner',
    cases: 'owner',
    rerun: 'owner',
    certificate: 'owner',
    compare: 'owner',
    evaluate: 'owner',
    report: { least: 'owner', without: ['to'] },
    export: { least: 'owner', without: ['to'] },
    verify: 'machine',
    predict: 'machine',
  },
  weights: { list: 'owner', add: 'machine', fetch: 'machine', remove: 'machine' },
  job: {
    get: { least: 'owner', of: 'job' },
    list: 'signedIn',
    cancel: { least: 'owner', of: 'job' },
  },
  settings: { get: 'signedIn', set: 'signedIn' },
  system: {
    doctor: 'machine',
    about: 'signedIn',
    listFolder: 'machine',
    events: 'signedIn',
    sample: 'machine',
  },
};
