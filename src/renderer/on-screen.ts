import { ReadroomError } from '../contract/errors.ts';

/** Options of the command line as the engine's sentences name them, and the control that does the same. */
const controls: readonly [RegExp, string][] = [
  [
    /import with --labels none --patient folder/g,
    'choose “No labels”, and for patients “From the folder below the class”',
  ],
  [/import with --patient to split/g, 'import them with their patients to split'],
  [/import them again with --labels folder or --labels FILE\.csv/g, 'import them again with their labels'],
  [/use --split-from folder to keep the parts/g, 'choose “Keep train, val and test folders” to keep them'],
  [/use --labels folder if/g, 'choose “From folder names” if'],
  [/Give (a|the) table with --labels FILE\.csv/g, 'Choose $1 table of labels'],
  [/--set classWeights=balanced/g, 'balanced class weights on Train'],
  [/\bUse --reset\b/g, 'Choose “Start over”'],
  [/\buse --reset\b/g, 'choose “Start over”'],
  [/--reset/g, '“Start over”'],
];

/** The engine's sentences speak of the command line's options; here they are controls. */
export const onScreen = (sentence: string): string =>
  controls.reduce((text, [option, control]) => text.replace(option, control), sentence);

/** An error as a screen tells it. */
export const errorOnScreen = (error: unknown): ReadroomError =>
  error instanceof ReadroomError
    ? new ReadroomError(error.code, onScreen(error.message), onScreen(error.hint), { ...error.data })
    : new ReadroomError('internal', String(error));
