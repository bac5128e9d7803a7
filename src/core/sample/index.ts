import { pneumoniaSample } from './pneumonia.ts';
import type { SampleTemplate } from './template.ts';

/** Every template that files can be generated for. */
export const sampleTemplates: readonly SampleTemplate[] = [pneumoniaSample];
