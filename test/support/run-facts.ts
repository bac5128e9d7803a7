import type { EpochRecord } from '../../src/contract/events.ts';
import { recipeSchema } from '../../src/contract/recipe.ts';
import type { RunResult } from '../../src/contract/run.ts';
import type { Manifest, ManifestRow, ModelFile, Predictions } from '../../src/contract/run-folder.ts';
import { createRandom } from '../../src/core/random.ts';
import type { RunFacts } from '../../src/engine/report/facts.ts';

/** Made-up data of a run, plausible and always the same; nothing in it was measured. */
export interface MadeUpRun {
  facts: RunFacts;
  manifest: Manifest;
  validation: Predictions;
  test: Predictions;
}

export interface MadeUpOptions {
  classes?: string[];
  patients?: number;
  filmsPerPatient?: number;
  /** Distance between the classes in logits. */
  separation?: number;
  splitBy?: 'patient' | 'image';
  generated?: boolean;
  epochs?: number;
  projectName?: string;
}

const weightsSha256 = '5f'.repeat(32);

export function madeUpRun(options: MadeUpOptions = {}): MadeUpRun {
  const {
    classes = ['NORMAL', 'PNEUMONIA'],
    patients = 240,
    filmsPerPatient = 3,
    separation = 2.4,
    splitBy = 'patient',
    generated = true,
  } = options;
  const random = createRandom(7, 'made-up run');
  const rows: Manifest['rows'] = { train: [], val: [], test: [] };
  let slot = 0;
  for (let patient = 0; patient < patients; patient++) {
    const label = patient % classes.length;
    const part = patient < patients * 0.6 ? 'train' : patient < patients * 0.78 ? 'val' : 'test';
    for (let film = 0; film < filmsPerPatient; film++) {
      const row: ManifestRow = {
        image: `image-${slot}`,
        slot,
        label,
        patient: `patient-${patient}`,
        pixelSha256: '',
      };
      rows[part].push(row);
      slot++;
    }
  }
  const manifest: Manifest = {
    formatVersion: 1,
    run: '0199f2c4-7a11-7c3e-9d55-6b1de1c0a001',
    datasetVersion: 'c3'.repeat(32),
    splitBy,
    generated,
    fold: null,
    classes,
    inputs: {
      file: '../../cache/inputs/0011223344556677/pixels.u8',
      geometry: { size: 67, channels: 1, fit: 'stretch', kernel: 'lanczos3' },
    },
    rows,
  };
  const predict = (split: 'val' | 'test'): Predictions => {
    const tilt = new Map<string, number>();
    return {
      formatVersion: 1,
      run: manifest.run,
      split,
      weightsSha256,
      rows: rows[split].map(({ image, patient, label }) => {
        if (!tilt.has(patient)) tilt.set(patient, random.normal() * 0.7);
        const logits = classes.map(
          (_, k) => (k === label ? separation + tilt.get(patient)! : 0) + random.normal(),
        );
        const powers = logits.map(Math.exp);
        const sum = powers.reduce((a, b) => a + b, 0);
        return {
          image,
          patient,
          truth: label,
          probabilities: powers.map((power) => Math.fround(power / sum)),
        };
      }),
    };
  };
  const validation = predict('val');
  const test = predict('test');
  return { facts: factsOf(manifest, options, random), manifest, validation, test };
}

function factsOf(
  manifest: Manifest,
  options: MadeUpOptions,
  random: ReturnType<typeof createRandom>,
): RunFacts {
  const { epochs = 18, projectName = 'Chest films, sample' } = options;
  const images = Object.values(manifest.rows).reduce((sum, part) => sum + part.length, 0);
  const history = Array.from({ length: epochs }, (_, i) => epoch(i + 1, epochs, random));
  const recipe = recipeSchema.parse({
    network: { scale: 0.25 },
    input: { size: 67, channels: 1 },
    optimizer: { learningRate: 0.001 },
    backend: { threads: 2 },
  });
  const run: RunResult = {
    run: manifest.run,
    name: 'chest films',
    status: 'completed',
    network: 'alexnet',
    parameters: 2_338_914,
    epochs,
    bestEpoch: Math.max(1, epochs - 6),
    stoppedBecause: 'earlyStopping',
    history,
    imagesPerSecond: 812.4,
    backend: 'tensorflow',
    backendVersion: '2.21.0',
    device: 'CPU, 2 cores',
    threads: 2,
    seconds: 94.2,
    weightsSha256,
    datasetVersion: manifest.datasetVersion,
    classes: manifest.classes,
    recipe,
    fold: null,
    rerunOf: null,
    job: null,
    warnings: [],
    createdAt: '2026-11-20T09:12:44.000Z',
    error: null,
  };
  const model: ModelFile = {
    formatVersion: 1,
    network: { id: 'alexnet', scale: 0.25, dropout: 0.5 },
    geometry: manifest.inputs.geometry,
    normalization: { mean: [0.4862], deviation: [0.2317] },
    classes: manifest.classes,
    weights: [],
    weightsSha256,
  };
  return {
    project: { name: projectName, template: 'pneumonia' },
    run,
    manifest,
    model,
    data: {
      images: images + 31,
      patients: (options.patients ?? 240) + 9,
      patientsKnown: manifest.splitBy === 'patient',
      unlabelled: 27,
      missing: 4,
      refused: { truncatedImage: 2, notAnImage: 1 },
    },
    labels: { rule: 'single-reader/1', readers: 1 },
    split: { seed: 1, imported: false },
    versions: {
      readroom: '0.1.0',
      node: '24.21.0',
      tensorflow: '2.21.0',
      '@tensorflow/tfjs-node-gpu': '4.22.0',
    },
    createdAt: '2026-11-20T09:20:00.000Z',
  };
}

function epoch(number: number, epochs: number, random: ReturnType<typeof createRandom>): EpochRecord {
  const progress = number / epochs;
  const noise = (size: number): number => random.normal() * size;
  const valAccuracy = 0.93 - 0.36 * Math.exp(-4 * progress);
  return {
    epoch: number,
    loss: 0.08 + 0.62 * Math.exp(-3.2 * progress) + noise(0.006),
    accuracy: Math.min(1, 0.97 - 0.42 * Math.exp(-3.5 * progress) + noise(0.004)),
    valLoss: 0.19 + 0.5 * Math.exp(-4 * progress) + 0.06 * progress ** 3 + noise(0.014),
    valAccuracy: valAccuracy + noise(0.01),
    valBalancedAccuracy: valAccuracy - 0.01,
    valF1: valAccuracy - 0.012,
    valAuc: 0.5 + 0.47 * (1 - Math.exp(-4 * progress)),
    valMae: null,
    valDice: null,
    learningRate: 0.0005 * (1 + Math.cos(Math.PI * progress)),
    seconds: 5.2,
    imagesPerSecond: 812,
  };
}
