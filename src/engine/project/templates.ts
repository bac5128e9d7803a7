import { ReadroomError } from '../../contract/errors.ts';
import type { Template } from '../../contract/project.ts';
import { presetOfTemplate } from '../../core/recipe-presets.ts';
import { projectTemplates } from '../../core/templates/index.ts';
import type { ProjectTemplate } from '../../core/templates/template.ts';

/** What New Project offers, as screens get it. */
export const templates: readonly Template[] = projectTemplates.map(
  ({ id, name, description, explanation, task, labels, classes, metrics, sample, toCome }) => ({
    ...{ id, name, description, task, labels, sample, toCome },
    explanation: [...explanation],
    classes: [...classes],
    preset: presetOfTemplate(id),
    metrics: [...metrics],
  }),
);

/** The template with this id. @throws ReadroomError `unknownTemplate` */
export function findTemplate(id: string): ProjectTemplate {
  const found = projectTemplates.find((template) => template.id === id);
  if (!found) {
    const known = projectTemplates.map((template) => template.id).join(', ');
    throw new ReadroomError('unknownTemplate', `There is no template "${id}".`, `Choose one of: ${known}.`);
  }
  return found;
}
