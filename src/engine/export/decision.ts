import type { Manifest, Predictions } from '../../contract/run-folder.ts';
import { chooseOperatingPoint } from '../../core/operating-point.ts';
import { fitTemperature } from '../evaluate/calibration.ts';
import { positiveClass } from '../evaluate/evaluate.ts';
import type { Decision } from './package-file.ts';

/** How a run decides, from its validation predictions alone; the positive class is the last unless said. */
export function decisionOf(manifest: Manifest, validation: Predictions, wanted?: string): Decision {
  const positive = positiveClass(manifest.classes, wanted);
  const calibration = fitTemperature(validation.rows);
  if (positive === null) return { operatingPoint: null, calibration };
  const index = manifest.classes.indexOf(positive);
  const { threshold, rule } = chooseOperatingPoint(
    validation.rows.map((row) => row.probabilities[index]!),
    validation.rows.map((row) => row.truth === index),
  );
  const negative = manifest.classes[1 - index]!;
  return { operatingPoint: { threshold, rule, positive, negative, chosenOn: 'val' }, calibration };
}
