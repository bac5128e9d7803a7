import type { LabelFormat } from '../../../contract/interchange.ts';

/** Formats of labels as people know them, and what a file of each can hold. */
export const formatWords: Record<LabelFormat, { title: string; holds: string; isFolder: boolean }> = {
  csv: {
    title: 'CSV table',
    holds:
      'Labels of every kind with marks, comments, readers and times: for each image a line with its label of record and one for each reader. No shapes.',
    isFolder: false,
  },
  coco: {
    title: 'COCO',
    holds: 'Shapes of every kind with class, doubt and comment, and the label of record. One JSON file.',
    isFolder: false,
  },
  yolo: {
    title: 'YOLO',
    holds:
      'Boxes around shapes, and outlines, one for each part of a mask. A folder with a text file for each image. No labels.',
    isFolder: true,
  },
  'mask-png': {
    title: 'Masks as PNG',
    holds:
      'Drawings as grey pictures, one for each image that is drawn on, with a value for each class, and a table of the values. No labels.',
    isFolder: true,
  },
  'dicom-seg': {
    title: 'DICOM SEG',
    holds:
      'Areas as masks of whole pixels, of images that are DICOM files: a file for each series and reader. No labels.',
    isFolder: true,
  },
  'dicom-sr': {
    title: 'DICOM SR',
    holds:
      'Labels, marks, comments, outlines and points, of images that are DICOM files: a report for each study and reader.',
    isFolder: true,
  },
};

/** Formats that are read: of DICOM files either kind is found out. */
export const incomingFormats: readonly { value: LabelFormat; label: string }[] = [
  { value: 'csv', label: 'CSV table' },
  { value: 'coco', label: 'COCO' },
  { value: 'yolo', label: 'YOLO' },
  { value: 'mask-png', label: 'Masks (PNG, TIFF)' },
  { value: 'dicom-seg', label: 'DICOM SEG or SR' },
];

/**
 * The format that names tell, where they do.
 * @param names of what was chosen, or of the files that were dropped
 */
export function guessFormat(names: readonly string[]): LabelFormat | null {
  const ends = (pattern: RegExp): boolean => names.some((name) => pattern.test(name));
  if (ends(/(^|[\\/])(data|dataset)\.ya?ml$|(^|[\\/])(classes\.txt|obj\.names)$/i)) return 'yolo';
  if (ends(/\.(dcm|dicom)$/i)) return 'dicom-seg';
  if (ends(/\.json$/i)) return 'coco';
  if (ends(/\.(png|tiff?|bmp)$/i)) return 'mask-png';
  return ends(/\.[ct]sv$/i) ? 'csv' : null;
}

/**
 * The format of a folder, by the names of what lies in it: DICOM files or pictures at its top, or in its folders where
 * nothing at its top names the classes of YOLO; else YOLO. Tables and JSON files are no folders, and a folder of YOLO
 * may hold some.
 * @param below names of what lies in its first folder
 */
export const folderFormat = (names: readonly string[], below: readonly string[] = []): LabelFormat => {
  const ofFolder = (guessed: LabelFormat | null): boolean =>
    guessed === 'dicom-seg' || guessed === 'mask-png';
  const guessed = guessFormat(names);
  if (guessed === 'yolo' || ofFolder(guessed)) return guessed!;
  const inner = guessFormat(below);
  return ofFolder(inner) ? inner! : 'yolo';
};

/**
 * A name for a new export below a folder.
 * @param at the moment that makes it a new one
 */
export function suggestedPath(folder: string, format: LabelFormat, at: Date): string {
  const stamp = at.toISOString().slice(0, 19).replace(/[-:T]/g, '');
  const ending = format === 'csv' ? '.csv' : format === 'coco' ? '.json' : '';
  return `${folder}/labels-${format}-${stamp}${ending}`;
}

/**
 * What an import reads of an upload: a file by itself, else the folder that was dropped, or the one that holds all.
 * @param names of the dropped files, below what was dropped
 * @param paths where they lie now, below `folder`
 */
export function uploadedSource(names: readonly string[], paths: readonly string[], folder: string): string {
  if (names.length === 1 && !names[0]!.includes('/')) return paths[0]!;
  const [top, ...others] = new Set(names.map((name) => name.split('/')[0]!));
  return others.length === 0 && top !== undefined ? `${folder}/${top}` : folder;
}
