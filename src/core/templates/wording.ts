import { classesOf, type LearningTask } from '../../contract/learning-task.ts';
import { classification } from './classification.ts';
import { projectTemplates } from './index.ts';
import type { ProjectTemplate } from './template.ts';

/** What reports, model cards and comparisons say of a model besides its figures. */
export interface ModelWording {
  /** "research use only" stands beside it in any case. */
  readonly intendedUse: string;
  /** What its results do not say, a sentence each. */
  readonly caveats: readonly string[];
  /** Names of metrics that lead, the main one first; those of the task follow. */
  readonly metrics: readonly string[];
}

/**
 * The words of a project's template for a model of it; general ones where the template is not known, or the model learned
 * something else than the template is about, as where its labels or classes were changed.
 */
export function wordingOf(template: string, task: LearningTask): ModelWording {
  const found = projectTemplates.find(({ id }) => id === template);
  if (found && isAbout(found, task)) {
    const { intendedUse, caveats, metrics } = found;
    return { intendedUse, caveats, metrics };
  }
  return { intendedUse: generalUse(task), caveats: classification.caveats, metrics: [] };
}

function isAbout({ task: of, labels, classes }: ProjectTemplate, task: LearningTask): boolean {
  if (task.kind === 'regression') return of === 'regression' && labels.number?.unit === task.unit;
  if (of === 'regression' || (of === 'segmentation') !== (task.kind === 'segmentation')) return false;
  if (task.kind === 'multiLabel' && labels.kind !== 'multi') return false;
  const names = new Set(classesOf(task));
  return classes.length === 0 || (classes.length === names.size && classes.every((name) => names.has(name)));
}

function generalUse({ kind }: LearningTask): string {
  const like = 'on pictures like those that it was trained on';
  switch (kind) {
    case 'regression':
      return `estimating the number of this project ${like}`;
    case 'segmentation':
      return `outlining the classes of this project ${like}`;
    case 'multiLabel':
      return `saying which classes of this project a picture shows, ${like}`;
    default:
      return classification.intendedUse;
  }
}
