import { pixelsUrl } from '../../api/media.ts';

/** Address of the picture that a series takes its window from: its ends often show little. */
export const referenceUrl = (project: string, images: readonly string[]): string =>
  pixelsUrl(project, images[Math.floor(images.length / 2)]!);
