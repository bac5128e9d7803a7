import { resolve } from 'node:path';

import { ReadroomError } from '../../contract/errors.ts';
import { taskOf } from '../../contract/learning-task.ts';
import { writeFileWhole } from '../../files/durable.ts';
import { pageOfCases } from '../evaluate/cases.ts';
import { judgedRows } from '../evaluate/levels.ts';
import type { Evaluated, RunFacts } from './facts.ts';
import { type FindPicture, fillGallery, galleryLength } from './gallery.ts';
import type { FindMasks } from './mask-overlay.ts';
import { renderReport } from './render-report.ts';

export interface ReportRequest {
  readonly facts: RunFacts;
  readonly evaluated: Evaluated | null;
  readonly findPicture: FindPicture;
  /** Of a segmentation; without, no outlines are drawn. */
  readonly findMasks?: FindMasks;
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

/** The report's HTML, thumbnails of the worst cases included. */
export async function reportHtml({
  facts,
  evaluated,
  findPicture,
  findMasks = () => Promise.resolve(null),
}: ReportRequest): Promise<string> {
  if (!evaluated) return renderReport({ facts, evaluated, rows: [], gallery: { entries: [], total: 0 } });
  const { evaluation, predictions } = evaluated;
  const { level, pooling, positive, classes } = evaluation;
  const place = positive === null ? null : classes.indexOf(positive);
  const rows = judgedRows(predictions, taskOf(facts.manifest), { level, pooling, positive: place });
  const worst = { errorsOnly: true, order: 'worst', offset: 0, limit: galleryLength } as const;
  const { page, total } = pageOfCases(rows, evaluation, worst);
  const gallery = { entries: await fillGallery(page, findPicture, findMasks), total };
  return renderReport({ facts, evaluated, rows, gallery });
}
