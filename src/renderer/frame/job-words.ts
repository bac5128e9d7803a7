const words: Readonly<Record<string, string>> = {
  train: 'training',
  rerun: 'training again',
  import: 'import',
  split: 'split',
  evaluate: 'evaluation',
  predict: 'second opinion',
  report: 'report',
  export: 'export',
  verify: 'package check',
  sample: 'sample films',
  thumbnails: 'small pictures',
  findDuplicates: 'search for duplicates',
  previewAugmentation: 'augmentation preview',
};

/** A kind of job as people call it. */
export const jobWord = (kind: string): string => words[kind] ?? kind;
