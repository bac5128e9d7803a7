import type { LearningTask } from '../../contract/learning-task.ts';
import type { InputTiles } from '../../contract/tiles.ts';
import { binaryRules } from './binary.ts';
import { multiClassRules } from './multi-class.ts';
import { multiLabelRules } from './multi-label.ts';
import { ordinalRules } from './ordinal.ts';
import { regressionRules } from './regression.ts';
import type { TargetScale, TaskRules } from './rules.ts';
import { segmentationRules } from './segmentation.ts';

/**
 * How a task is learned.
 *
 * @param input edge of what the network sees, in pixels, and which tiles of a picture that is
 * @param scale of a regression while it trains; a trained model speaks in the number's own unit
 */
export function rulesOf(
  task: LearningTask,
  input: { readonly size: number; readonly tiles: InputTiles | null },
  scale: TargetScale = { mean: 0, deviation: 1 },
): TaskRules {
  switch (task.kind) {
    case 'multiClass':
      return multiClassRules(task.classes.length);
    case 'binary':
      return binaryRules();
    case 'multiLabel':
      return multiLabelRules(task.classes.length);
    case 'ordinal':
      return ordinalRules(task.classes.length);
    case 'regression':
      return regressionRules(scale);
    case 'segmentation':
      return segmentationRules(task.classes.length, input);
  }
}
