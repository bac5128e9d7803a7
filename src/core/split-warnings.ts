import { type PerPart, type SplitInput, type SplitPart, splitParts } from '../contract/split.ts';
import type { SplitRow } from './split-groups.ts';
import type { Shares } from './split-shares.ts';
import { counted } from './words.ts';

const worstImbalance = 10;
const fewImages = 30;
const fewOfClass = 10;
const shareMissedBy = 0.03;

interface SplitFacts {
  readonly rows: readonly SplitRow[];
  readonly classes: readonly string[];
  readonly options: Omit<SplitInput, 'project' | 'dryRun'>;
  /** The shares aimed at, of all labelled images; null beside imported parts. */
  readonly shares: Shares | null;
  /** Whether parts that were imported stay, and which. */
  readonly imported: boolean;
  readonly present: Record<SplitPart, boolean>;
  readonly counts: PerPart;
  readonly byClass: Record<string, PerPart>;
}

/** What the reader of a split's figures should know, each a sentence. */
export function splitWarnings(facts: SplitFacts): string[] {
  return [
    ...labelWarnings(facts),
    ...patientWarnings(facts),
    ...duplicateWarnings(facts),
    ...importedWarnings(facts),
    ...shareWarnings(facts),
    ...sizeWarnings(facts),
    ...balanceWarnings(facts),
  ];
}

function labelWarnings({ rows, classes, byClass }: SplitFacts): string[] {
  const unlabelled = rows.filter((row) => row.label === null).length;
  const empty = classes.filter((name) => sumOf(byClass[name]!) === 0);
  const lack = rows.some((row) => row.isDrawn) ? 'have neither a label nor a drawing' : 'have no label';
  return [
    ...(unlabelled > 0 ? [`${unlabelled} of ${rows.length} images ${lack} and were left out.`] : []),
    ...(empty.length > 0
      ? [`No labelled image is of class ${empty.join(', ')}: a network cannot learn it.`]
      : []),
  ];
}

function patientWarnings({ rows, options }: SplitFacts): string[] {
  const labelled = rows.filter((row) => row.label !== null);
  const without = labelled.filter((row) => row.patient === null).length;
  if (without === labelled.length)
    return [
      'No patient is known (split by image: figures may be inflated); import with --patient to split by patient.',
    ];
  if (options.by === 'image')
    return ['Patients are known but were not kept together (split by image: figures may be inflated).'];
  if (without > 0)
    return [
      `${without} of ${labelled.length} images have no patient and count as one each: figures may be inflated if some share a patient.`,
    ];
  return [];
}

function duplicateWarnings({ rows }: SplitFacts): string[] {
  const labelsOf = new Map<string, { images: number; labels: Set<number> }>();
  for (const { pixelHash, label } of rows) {
    if (label === null) continue;
    const entry = labelsOf.get(pixelHash) ?? { images: 0, labels: new Set<number>() };
    entry.images++;
    entry.labels.add(label);
    labelsOf.set(pixelHash, entry);
  }
  const copies = [...labelsOf.values()].filter(({ images }) => images > 1);
  const images = copies.reduce((sum, entry) => sum + entry.images, 0);
  const torn = copies.filter(({ labels }) => labels.size > 1).length;
  return [
    ...(copies.length > 0
      ? [`${images} images are copies of ${copies.length} pictures; copies stay in the same part.`]
      : []),
    ...(torn > 0
      ? [
          `${torn} ${torn === 1 ? 'picture has copies' : 'pictures have copies'} with different labels: check them.`,
        ]
      : []),
  ];
}

/** Parts that the import did not bring are taken out of what it brought for training. */
function importedWarnings({ imported, present, counts }: SplitFacts): string[] {
  if (!imported) return [];
  const made = (['val', 'test'] as const).filter((part) => !present[part] && counts[part] > 0);
  return made.map(
    (part) =>
      `Parts that came with the import stay, and it brought no ${part}: ${counted(counts[part], 'image')} ` +
      `of those for training ${counts[part] === 1 ? 'was' : 'were'} taken for it. Use --reset to split all images again.`,
  );
}

function shareWarnings({ shares, present, options, counts }: SplitFacts): string[] {
  const ignored = splitParts.filter((part) => present[part] && options[part] !== null);
  const all = sumOf(counts);
  const missed = splitParts.filter(
    (part) => shares !== null && Math.abs(counts[part] / all - shares[part]) > shareMissedBy,
  );
  return [
    ...(ignored.length > 0
      ? [
          `The ${ignored.join(' and ')} share was not used: imported parts stay as they are. Use --reset to split all images again.`,
        ]
      : []),
    ...missed.map(
      (part) =>
        `${part} holds ${percent(counts[part] / all)} of the images rather than ${percent(shares![part])}, because images that belong together are not parted and every class stands in every part.`,
    ),
  ];
}

function sizeWarnings({ counts, byClass, classes }: SplitFacts): string[] {
  return splitParts.flatMap((part) => {
    if (counts[part] === 0) return [`${part} is empty: ${emptyMeans[part]}.`];
    const few = classes.filter((name) => sumOf(byClass[name]!) > 0 && byClass[name]![part] < fewOfClass);
    return [
      ...(counts[part] < fewImages
        ? [`${part} has only ${counts[part]} images: its figures will be rough.`]
        : []),
      ...(few.length > 0
        ? [
            `${part} has fewer than ${fewOfClass} images of ${few.map((name) => `${name} (${byClass[name]![part]})`).join(', ')}.`,
          ]
        : []),
    ];
  });
}

const emptyMeans: Record<SplitPart, string> = {
  train: 'nothing can be trained',
  val: 'there is no early stopping and no threshold can be chosen',
  test: 'no run can be judged on images it has not seen',
};

function balanceWarnings({ classes, byClass }: SplitFacts): string[] {
  const sizes = classes
    .map((name) => ({ name, images: sumOf(byClass[name]!) }))
    .filter(({ images }) => images > 0)
    .sort((a, b) => b.images - a.images);
  const most = sizes[0];
  const least = sizes.at(-1);
  if (!most || !least || most.images <= worstImbalance * least.images) return [];
  return [
    `Classes are unbalanced: ${most.name} has ${most.images} images, ${least.name} ${least.images}. Consider --set classWeights=balanced.`,
  ];
}

function sumOf(counts: PerPart): number {
  return counts.train + counts.val + counts.test;
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}
