import { resolve } from 'node:path';

import { ReadroomError } from '../../contract/errors.ts';
import { writeFileWhole } from '../../files/durable.ts';
import { worstErrors } from '../evaluate/worst-errors.ts';
import type { Evaluated, RunFacts } from './facts.ts';
import { type FindPicture, fillGallery, galleryLength } from './gallery.ts';
import { renderReport } from './render-report.ts';

export interface ReportRequest {
  readonly facts: RunFacts;
  readonly evaluated: Evaluated | null;
  readonly findPicture: FindPicture;
}

/**
 * Writes a run's report as one HTML file, whole or not at all.
 *
 * @throws ReadroomError `notImplementedYet` for a PDF, `usage` for another ending, `diskFull`, `permissionDenied`
 */
export async function writeReport(
  request: ReportRequest & { readonly to: string },
): Promise<{ file: string; bytes: number }> {
  const { to } = request;
  if (/\.pdf$/i.test(to)) {
    throw new ReadroomError(
      'notImplementedYet',
      `A report cannot be written as PDF yet (${to}).`,
      'Write an .html file and print it to PDF from a browser: it is laid out for paper.',
    );
  }
  if (!/\.html?$/i.test(to)) {
    throw new ReadroomError(
      'usage',
      `A report is an .html file, and ${to} is not.`,
      'Give a name that ends in .html.',
    );
  }
  const file = resolve(to);
  return { file, bytes: await writeFileWhole(file, await reportHtml(request)) };
}

/** The report's HTML, thumbnails of the worst errors included. */
export async function reportHtml({ facts, evaluated, findPicture }: ReportRequest): Promise<string> {
  if (!evaluated) return renderReport({ facts, evaluated, gallery: { entries: [], total: 0 } });
  const { evaluation, predictions } = evaluated;
  const { operatingPoint, positive, classes } = evaluation;
  const decision =
    operatingPoint && positive !== null
      ? { threshold: operatingPoint.threshold, positiveIndex: classes.indexOf(positive) }
      : null;
  const { errors, total } = worstErrors(predictions.rows, decision, galleryLength);
  return renderReport({
    facts,
    evaluated,
    gallery: { entries: await fillGallery(errors, findPicture), total },
  });
}
