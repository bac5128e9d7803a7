import type { EpochSamples } from '../../../contract/events.ts';
import { classesOf, classOf, type LearningTask, type Truth } from '../../../contract/learning-task.ts';
import { quantity } from '../../../core/figures.ts';
import { counted } from '../../../core/words.ts';

type SampleRow = EpochSamples['rows'][number];

/** A class's probability in a sample. */
export interface SampleBar {
  readonly name: string;
  readonly probability: number;
  readonly isTruth: boolean;
}

/** What a network says of a sample, and whether that is right. */
export interface SampleWords {
  readonly isRight: boolean;
  readonly verdict: string;
  /** Classes that are true of it; empty of a number. */
  readonly truths: readonly string[];
  /** What is true of it in words, where that is no class. */
  readonly truth: string;
  /** What a number was predicted as; empty of classes. */
  readonly said: string;
  readonly bars: readonly SampleBar[];
}

/** From which probability on one of several labels counts as given while a network trains. */
const given = 0.5;
const mostBars = 4;

/** @param task no segmentation: a mask is no sample */
export function sampleWords(task: LearningTask, { truth, probabilities }: SampleRow): SampleWords {
  if (task.kind === 'regression') return numberWords(task.unit, truth, probabilities[0] ?? NaN);
  const names = classesOf(task);
  const present = [truth].flat();
  const nameOf = (label: number): string => names[label] ?? `class ${label + 1}`;
  const bars = probabilities
    .map((probability, label) => ({ name: nameOf(label), probability, isTruth: present.includes(label) }))
    .sort((a, b) => Number(b.isTruth) - Number(a.isTruth) || b.probability - a.probability)
    .slice(0, mostBars);
  const truths = present.map(nameOf);
  const of = { truths, truth: truths.length === 0 ? 'none of the classes' : '', said: '', bars };
  if (task.kind !== 'multiLabel') {
    const isRight = probabilities.every((probability) => probability <= probabilities[classOf(truth)]!);
    return { ...of, isRight, verdict: isRight ? '✓ right' : '✗ wrong' };
  }
  const wrong = probabilities.filter((p, label) => p >= given !== present.includes(label)).length;
  return {
    ...of,
    isRight: wrong === 0,
    verdict: wrong === 0 ? '✓ all labels right' : `✗ ${counted(wrong, 'label')} wrong`,
  };
}

function numberWords(unit: string, truth: Truth, predicted: number): SampleWords {
  const is = classOf(truth);
  const inUnit = (value: number): string => `${quantity(value)} ${unit}`.trim();
  const off = predicted - is;
  return {
    isRight: true,
    verdict: `${off < 0 ? '−' : '+'}${inUnit(Math.abs(off))}`,
    truths: [],
    truth: inUnit(is),
    said: inUnit(predicted),
    bars: [],
  };
}
