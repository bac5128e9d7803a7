import type { CliCommand } from '../command.ts';

export interface ListedCommand {
  name: string;
  summary: string;
  /** Commands are loaded one at a time, so that `label` starts fast. */
  load(): Promise<{ default: CliCommand }>;
}

/** Every command, in the order of the work. */
export const commands: readonly ListedCommand[] = [
  { name: 'doctor', summary: 'what is here, what is missing, what to do', load: () => import('./doctor.ts') },
  { name: 'sample', summary: 'write generated files for a template', load: () => import('./sample.ts') },
  { name: 'new', summary: 'make a project folder', load: () => import('./new.ts') },
  { name: 'import', summary: 'import images with labels and patients', load: () => import('./import.ts') },
  { name: 'images', summary: 'list images with patient, label and part', load: () => import('./images.ts') },
  { name: 'label', summary: 'label one image', load: () => import('./label.ts') },
  { name: 'undo', summary: 'take back what a reader did last', load: () => import('./undo.ts') },
  { name: 'redo', summary: 'do again what was taken back', load: () => import('./redo.ts') },
  { name: 'history', summary: 'who labelled an image what and when', load: () => import('./history.ts') },
  { name: 'log', summary: 'what was done in a project, and by whom', load: () => import('./log.ts') },
  { name: 'as-of', summary: 'the labels as they were at a moment', load: () => import('./as-of.ts') },
  { name: 'rounds', summary: 'list blinded rounds of reading', load: () => import('./rounds.ts') },
  { name: 'open-round', summary: 'open a blinded round', load: () => import('./open-round.ts') },
  {
    name: 'close-round',
    summary: 'end a round: its readings are seen',
    load: () => import('./close-round.ts'),
  },
  { name: 'agreement', summary: 'how well readers of a round agree', load: () => import('./agreement.ts') },
  { name: 'adjudicate', summary: 'decide where readers disagree', load: () => import('./adjudicate.ts') },
  {
    name: 'label-rule',
    summary: 'how the label of record follows from readers’ labels',
    load: () => import('./label-rule.ts'),
  },
  { name: 'merge', summary: 'take over what was done in another copy', load: () => import('./merge.ts') },
  { name: 'conflicts', summary: 'what two copies changed differently', load: () => import('./conflicts.ts') },
  {
    name: 'labels',
    summary: 'write labels and shapes to files, and take them in',
    load: () => import('./labels.ts'),
  },
  {
    name: 'table',
    summary: 'take a clinical table of the patients in, and show it',
    load: () => import('./table.ts'),
  },
  {
    name: 'classes',
    summary: 'list, add, rename, merge, split and order classes',
    load: () => import('./classes.ts'),
  },
  { name: 'split', summary: 'split into train, val and test by patient', load: () => import('./split.ts') },
  { name: 'train', summary: 'train a network, or resume a run', load: () => import('./train.ts') },
  { name: 'runs', summary: 'list runs', load: () => import('./runs.ts') },
  { name: 'rerun', summary: 'train again from the recipe and compare', load: () => import('./rerun.ts') },
  { name: 'evaluate', summary: 'metrics with intervals on a split', load: () => import('./evaluate.ts') },
  {
    name: 'compare',
    summary: 'evaluated runs side by side, with differences on the same patients',
    load: () => import('./compare.ts'),
  },
  { name: 'report', summary: 'write the report', load: () => import('./report.ts') },
  { name: 'export', summary: 'write a model package', load: () => import('./export.ts') },
  { name: 'weights', summary: 'weights that a training can start from', load: () => import('./weights.ts') },
  { name: 'verify', summary: 'check a model package', load: () => import('./verify.ts') },
  { name: 'predict', summary: 'second opinion on images', load: () => import('./predict.ts') },
  { name: 'cache', summary: 'room that prepared images take', load: () => import('./cache.ts') },
  {
    name: 'deidentify',
    summary: 'write de-identified copies (not yet)',
    load: () => import('./deidentify.ts'),
  },
  { name: 'study', summary: 'run and compare many trainings (not yet)', load: () => import('./study.ts') },
  {
    name: 'monitor',
    summary: 'compare incoming images with the training data (not yet)',
    load: () => import('./monitor.ts'),
  },
  {
    name: 'profiles',
    summary: 'who can sign in to the server: list, add, reset, remove; what somebody may do: reach',
    load: () => import('./profiles.ts'),
  },
  { name: 'serve', summary: 'start the local server', load: () => import('./serve.ts') },
];
