import { ReadroomError } from '../../contract/errors.ts';
import { pneumoniaSample } from './pneumonia.ts';
import type { SampleTemplate } from './template.ts';

/** Every template that files can be generated for. */
const sampleTemplates: readonly SampleTemplate[] = [pneumoniaSample];

/** The generator of a project template's pictures. @throws ReadroomError `unknownTemplate` */
export function findSampleTemplate(id: string): SampleTemplate {
  const template = sampleTemplates.find((candidate) => candidate.id === id);
  if (template) return template;
  const known = sampleTemplates.map((candidate) => candidate.id).join(', ');
  throw new ReadroomError(
    'unknownTemplate',
    `There are no sample files for the template "${id}".`,
    `Templates with samples: ${known}.`,
  );
}
