import type { LearningTask } from '../contract/learning-task.ts';
import { classHead, type Head } from './network.ts';

/** What the last layer of a task's network says, as the task's rules train it. */
export function headOf(task: LearningTask): Head {
  switch (task.kind) {
    case 'multiClass':
      return classHead(task.classes.length);
    case 'binary':
      return { activation: 'sigmoid', outputs: 1 };
    case 'multiLabel':
      return { activation: 'sigmoid', outputs: task.classes.length };
    case 'ordinal':
      return { activation: 'sigmoid', outputs: task.classes.length - 1 };
    case 'regression':
      return { activation: 'linear', outputs: 1 };
    case 'segmentation':
      return classHead(task.classes.length + 1);
  }
}
