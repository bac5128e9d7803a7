/**
 * Every expected failure has one of these codes. A code is a promise to scripts: it is never renamed.
 * `usage` ends the command line with exit status 2, `interrupted` with 130, all others with 1.
 */
export const errorCodes = [
  'usage',
  'interrupted',
  'cancelled',
  'notImplementedYet',
  'internal',
  // project
  'projectNotFound',
  'projectExists',
  'projectLocked',
  'projectReadOnly',
  'projectNewer',
  'projectDamaged',
  'notAProject',
  'diskFull',
  'permissionDenied',
  'fileNotFound',
  // dataset and labels
  'nothingToImport',
  'badTable',
  'badPattern',
  'unknownImage',
  'ambiguousImage',
  'unknownClass',
  'unknownReader',
  'unknownView',
  'unknownVersion',
  'nothingToUndo',
  'changedSince',
  'unknownRound',
  'notPermitted',
  'noLabels',
  'tooFewImages',
  'classMissingFromSplit',
  'splitLeak',
  'noSplit',
  'emptySplit',
  // training
  'badRecipe',
  'unknownRecipe',
  'unknownWeights',
  'downloadFailed',
  'unknownNetwork',
  'inputTooSmall',
  'unknownRun',
  'runNotFinished',
  'runNotResumable',
  'nonFiniteLoss',
  'outOfMemory',
  'workerDied',
  'backendUnavailable',
  'badCheckpoint',
  'badWeights',
  'wrongWeights',
  'unknownJob',
  // server host
  'portInUse',
  // files in and out
  'folderNotEmpty',
  'badPackage',
  'unknownTemplate',
  // one image
  'unsupportedFormat',
  'notAnImage',
  'emptyFile',
  'truncatedImage',
  'damagedImage',
  'imageTooLarge',
  'decodeTimeout',
  'decodeOutOfMemory',
  'unreadableFile',
  'fileChanged',
  'noPictureValues',
  'unsafeArchiveEntry',
  'archiveTooLarge',
  'damagedArchive',
  'labelFileNotFound',
  'labelClassUnknown',
  'labelNumberUnfit',
  'linkLoop',
] as const;

export type ErrorCode = (typeof errorCodes)[number];

/** An expected failure: what was wrong with which value (`message`) and what to do next (`hint`). */
export class ReadroomError extends Error {
  override readonly name = 'ReadroomError';
  readonly code: ErrorCode;
  readonly hint: string;
  /** Typed detail for programs, e.g. the holder's pid for `projectLocked`; JSON only. */
  readonly data: Readonly<Record<string, unknown>>;

  constructor(code: ErrorCode, message: string, hint = '', data: Record<string, unknown> = {}) {
    super(message);
    this.code = code;
    this.hint = hint;
    this.data = data;
  }
}

/** Whether a code that came over a wire is one of ours. */
export function isErrorCode(code: unknown): code is ErrorCode {
  return typeof code === 'string' && (errorCodes as readonly string[]).includes(code);
}
