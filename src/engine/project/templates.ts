import { ReadroomError } from '../../contract/errors.ts';
import type { Template } from '../../contract/project.ts';

/** What New Project offers. A new template is one entry here; its generator is listed in `core/sample`. */
export const templates: readonly Template[] = [
  {
    id: 'classification',
    name: 'Image classification',
    description: 'Sort pictures into classes of your own.',
    task: 'classification',
    classes: [],
    sample: false,
  },
  {
    id: 'pneumonia',
    name: 'Pneumonia from chest films',
    description: 'Tell chest films with pneumonia from normal ones.',
    task: 'classification',
    classes: ['NORMAL', 'PNEUMONIA'],
    sample: true,
  },
];

/** The template with this id. @throws ReadroomError `unknownTemplate` */
export function findTemplate(id: string): Template {
  const found = templates.find((template) => template.id === id);
  if (!found) {
    const known = templates.map((template) => template.id).join(', ');
    throw new ReadroomError('unknownTemplate', `There is no template "${id}".`, `Choose one of: ${known}.`);
  }
  return found;
}
