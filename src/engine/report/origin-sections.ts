import type { InputGeometry } from '../../contract/decode.ts';
import { type LearningTask, taskOf } from '../../contract/learning-task.ts';
import { splitParts } from '../../contract/split.ts';
import { tilesSentence } from '../../core/tiles.ts';
import { count, counted, duration } from '../../core/words.ts';
import { patientsInSeveralParts } from '../evaluate/check-predictions.ts';
import { dataFlowChart } from './charts/data-flow.ts';
import { type Evaluated, type RunFacts, researchUse, stopSentence, wordingFor } from './facts.ts';
import { labelCounts, partNames } from './label-counts.ts';
import { learningFigures } from './learning-figures.ts';
import { type Markup, markup, trusted } from './markup.ts';
import { quantity } from '../../core/figures.ts';

/** Where the images came from and went: flow, split rule, label protocol, openings of the test set. */
export function dataSection(facts: RunFacts, evaluated: Evaluated | null): Markup {
  const { manifest, data, labels, run } = facts;
  const noun = data.patientsKnown ? 'patient' : 'group';
  const parts = splitParts.map((part) => ({
    name: partNames[part],
    images: manifest.rows[part].length,
    patients: new Set(manifest.rows[part].map((row) => row.patient)).size,
  }));
  const used = parts.reduce((sum, part) => sum + part.images, 0);
  const other = data.images - data.unlabelled - data.missing - used;
  const excluded = [
    ...(data.unlabelled > 0 ? [{ reason: 'without a label', images: data.unlabelled }] : []),
    ...(data.missing > 0 ? [{ reason: 'with a missing file', images: data.missing }] : []),
    ...(other > 0
      ? [{ reason: 'not in this run (duplicates, other folds, or later imports)', images: other }]
      : []),
  ];
  const flow = dataFlowChart({
    imported: data.images,
    importedPatients: data.patients,
    excluded,
    parts,
    groupNoun: noun,
  });
  const refused = data.refused === null ? 'not recorded' : refusedText(data.refused);
  const openings = evaluated
    ? `${evaluated.evaluation.testOpenings} ${evaluated.evaluation.testOpenings === 1 ? 'time' : 'times'}, this evaluation included where it is of the test part`
    : 'not opened for this run';
  const rows: [string, Markup | string][] = [
    ['Refused at import', refused],
    ['Unit of the split', splitText(facts)],
    [
      'Split seed',
      facts.split.imported
        ? `${facts.split.seed}; test or validation came with the imported folders`
        : String(facts.split.seed),
    ],
    ...(manifest.fold === null ? [] : [['Fold', String(manifest.fold)] as [string, string]]),
    ['Test set opened', openings],
    ['Label of record', `${labels.rule}; ${counted(labels.readers, 'reader')}`],
    [
      'Agreement of readers',
      labels.readers > 1 ? 'not computed in this version' : 'not applicable: one reader',
    ],
    ['Dataset version', mono(run.datasetVersion)],
  ];
  return markup`<figure class="flow"><figcaption>Data flow</figcaption>${trusted(flow)}</figure>${labelCounts(manifest)}<h3>Rules</h3>${pairs(rows)}`;
}

function splitText({ manifest, data }: RunFacts): string {
  if (manifest.splitBy === 'patient') {
    const shared = patientsInSeveralParts(manifest);
    return shared === 0
      ? 'patient: no patient lies in two parts (checked on the list of images)'
      : `patient, yet ${counted(shared, 'patient')} in more than one part: figures cannot be trusted`;
  }
  return data.patientsKnown
    ? 'image, by choice: figures may be inflated'
    : 'image, as patients are unknown: figures may be inflated';
}

function refusedText(refused: Readonly<Record<string, number>>): string {
  const entries = Object.entries(refused).filter(([, n]) => n > 0);
  if (entries.length === 0) return 'no file';
  const total = entries.reduce((sum, [, n]) => sum + n, 0);
  return `${counted(total, 'file')}: ${entries.map(([code, n]) => `${count(n)} ${code}`).join(', ')}`;
}

/** Curves, device, stop rule and the whole recipe. */
export function trainingSection(facts: RunFacts): Markup {
  const { run, model } = facts;
  const { geometry, normalization, tiles } = model;
  const rows: [string, Markup | string][] = [
    [
      'Network',
      `${run.network}, width × ${quantity(run.recipe.network.scale)}, ${count(run.parameters)} parameters`,
    ],
    [
      'Input',
      `${tiles ? `${tilesSentence(tiles)} Each ` : ''}${geometry.size} × ${geometry.size} × ${geometry.channels}, ${geometry.fit === 'pad' ? 'padded to a square' : 'stretched to a square'}, ${geometry.kernel}`,
    ],
    ...windowRow(geometry),
    [
      'Normalisation',
      `(pixel/255 − mean) / deviation; mean ${normalization.mean.map((x) => quantity(x, 4)).join(', ')}; deviation ${normalization.deviation.map((x) => quantity(x, 4)).join(', ')}`,
    ],
    [
      'Device',
      `${run.device ?? 'unknown'}; backend ${[run.backend ?? 'unknown', run.backendVersion].filter((text) => text !== null).join(' ')}; ${run.threads === null ? 'threads unknown' : counted(run.threads, 'thread')}`,
    ],
    [
      'Time',
      `${run.seconds === null ? 'unknown' : duration(run.seconds)}${run.imagesPerSecond === null ? '' : `, ${quantity(run.imagesPerSecond)} ${tiles ? 'tiles' : 'images'}/s`}`,
    ],
    ['Stop rule', stopSentence(run)],
    ['Seed', String(run.recipe.seed)],
  ];
  return markup`${run.history.length > 0 ? learningFigures(run.history, run.bestEpoch, taskOf(facts.manifest)) : markup`<p>No epoch was recorded.</p>`}<h3>Run</h3>${pairs(rows)}<h3>Recipe</h3>${recipeTable(run.recipe)}`;
}

/** Nothing where every picture is seen as its file says. */
function windowRow({ window }: InputGeometry): [string, string][] {
  if (window === undefined) return [];
  const text =
    window === 'full'
      ? 'the whole range of each picture, from its lowest to its highest value'
      : `center ${window.center}, width ${window.width}${window.unit === null ? '' : ` ${window.unit}`}`;
  return [['Window', text]];
}

/** Every key as `train --set` takes it. */
function recipeTable(recipe: object): Markup {
  const entries = flatten(recipe);
  const half = Math.ceil(entries.length / 2);
  return markup`<div class="columns recipe">${[entries.slice(0, half), entries.slice(half)].map((part) =>
    pairs(part.map(([key, value]) => [mono(key), value] as const)),
  )}</div>`;
}

function flatten(value: object, prefix = ''): [string, string][] {
  return Object.entries(value).flatMap(([key, inner]): [string, string][] =>
    inner !== null && typeof inner === 'object' && !Array.isArray(inner)
      ? flatten(inner as object, `${prefix}${key}.`)
      : [
          [
            `${prefix}${key}`,
            inner === null ? 'from the data' : typeof inner === 'string' ? inner : JSON.stringify(inner),
          ],
        ],
  );
}

/** What a second person needs to check that this is the same thing. */
export function provenanceSection(facts: RunFacts): Markup {
  const { run, versions, createdAt } = facts;
  const rows: [string, Markup | string][] = [
    ['Run', mono(run.run)],
    ['Weights (SHA-256)', mono(run.weightsSha256 ?? 'none')],
    ['Dataset version (SHA-256)', mono(run.datasetVersion)],
    ['Trained', run.createdAt],
    ['Report made', createdAt],
    ...Object.entries(versions).map(([name, version]) => [name, version] as [string, string]),
  ];
  return markup`${pairs(rows)}<p><small>The same recipe, data, seed, versions and number of threads give the same weights on a processor, bit for bit: <span class="mono">readroom rerun PROJECT RUN</span> tries it.</small></p>`;
}

/** What these figures cannot carry. */
export function limitsSection(facts: RunFacts): Markup {
  const { manifest, data } = facts;
  const limits = [
    researchUse,
    ...wordingFor(facts).caveats,
    'All figures come from one collection of images. Another hospital, device, protocol or population may give other figures; no external validation is part of this report.',
    `${scopeOf(taskOf(manifest))} It has no gate yet for images of another kind, so it will answer for any picture.`,
    ...(manifest.generated
      ? [
          'The pictures were generated by a program. The figures show that the chain of tools works and say nothing about patients.',
        ]
      : []),
    ...(manifest.splitBy === 'image'
      ? [
          data.patientsKnown
            ? 'The split is by image: pictures of one patient may lie in training and test, which inflates figures.'
            : 'Patients are unknown: pictures of one patient may lie in training and test, which inflates figures, and intervals treat images as independent.',
        ]
      : []),
    'Labels were taken as given; errors in them are counted as errors of the model, and may have been learnt by it.',
  ];
  return markup`<ul>${limits.map((limit) => markup`<li>${limit}</li>`)}</ul>`;
}

/** What a model of a task cannot say. */
function scopeOf(task: LearningTask): string {
  switch (task.kind) {
    case 'regression':
      return 'The model says one number and not how sure it is; beyond the numbers that it was trained on it cannot be trusted.';
    case 'segmentation':
      return 'The model outlines its classes only, at the size of its input: what is finer than that is lost.';
    case 'multiLabel':
      return 'The model knows its labels only; an image with none of them may show something else.';
    default:
      return 'The model decides among its classes only.';
  }
}

function pairs(rows: readonly (readonly [Markup | string, Markup | string])[]): Markup {
  return markup`<table class="pairs"><tbody>${rows.map(([name, value]) => markup`<tr><th scope="row">${name}</th><td>${value}</td></tr>`)}</tbody></table>`;
}

function mono(text: string): Markup {
  return markup`<span class="mono">${text}</span>`;
}
