import { type LearningTask, taskOf } from '../../contract/learning-task.ts';
import { listed } from '../../core/words.ts';
import type { JudgedRow } from '../evaluate/levels.ts';
import { checklistSection } from './checklist.ts';
import { type Evaluated, type RunFacts, badgesOf, researchUse, wordingFor } from './facts.ts';
import { type GalleryEntry, gallerySection } from './gallery.ts';
import { markup, trusted } from './markup.ts';
import { dataSection, limitsSection, provenanceSection, trainingSection } from './origin-sections.ts';
import { tiles } from './metric-tables.ts';
import { styleSheet } from './style.ts';
import { performanceSections, type Section } from './task-sections.ts';

export interface ReportContent {
  readonly facts: RunFacts;
  /** null: the run was never evaluated, and the report says so. */
  readonly evaluated: Evaluated | null;
  /** What the evaluation judged. */
  readonly rows: readonly JudgedRow[];
  readonly gallery: { readonly entries: readonly GalleryEntry[]; readonly total: number };
}

/** No script, no reference to anything outside the file. */
const contentSecurityPolicy = "default-src 'none'; style-src 'unsafe-inline'; img-src data:";

/** The whole report as one HTML document; the same content always gives the same bytes. */
export function renderReport(content: ReportContent): string {
  const { facts, evaluated } = content;
  const { project, run, manifest, createdAt } = facts;
  const title = `${project.name}: ${run.network} report`;
  const sections = sectionsOf(content);
  const notes = [...new Set([...(evaluated?.evaluation.warnings ?? []), ...run.warnings])];
  const badges = badgesOf(facts, evaluated?.evaluation ?? null);
  const { intendedUse, metrics } = wordingFor(facts);
  return markup`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${trusted(contentSecurityPolicy)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<meta name="generator" content="Readroom ${facts.versions['readroom'] ?? ''}">
<title>${title}</title>
<style>${trusted(styleSheet)}</style>
</head>
<body>
<header>
<h1>${project.name}</h1>
<p class="muted">${run.network} ${taskText(taskOf(manifest))} · run <span class="mono">${run.run}</span> · ${createdAt.slice(0, 10)}</p>
<ul class="badges">${badges.map(({ text, warn }) => markup`<li${trusted(warn ? ' class="warn"' : '')}>${text}</li>`)}</ul>
<p class="use"><b>Intended use:</b> ${intendedUse}. What the figures do not say stands under <a href="#limits">Limits</a>.</p>
${notes.length > 0 && markup`<ul class="notes">${notes.map((note) => markup`<li>${note}</li>`)}</ul>`}
${evaluated ? markup`${tiles(evaluated.evaluation, metrics)}` : markup`<p class="alone">The test set has not been opened for this run, so there are no figures of performance here.</p>`}
<nav aria-label="Sections">${sections.map(({ id, heading }) => markup`<a href="#${id}">${heading}</a>`)}</nav>
</header>
<main>
${sections.map(({ id, heading, body }) => markup`<section id="${id}"><h2>${heading}</h2>${body}</section>\n`)}</main>
<footer>${researchUse} Made by Readroom ${facts.versions['readroom'] ?? ''}.</footer>
</body>
</html>
`.text;
}

/** What the network does, in words: "deciding between A and B". */
function taskText(task: LearningTask): string {
  if (task.kind === 'regression') return `predicting a number${task.unit === '' ? '' : ` in ${task.unit}`}`;
  const { classes } = task;
  const names = classes.length > 8 ? `${classes.length} classes` : listed(classes, 8);
  switch (task.kind) {
    case 'multiLabel':
      return `saying which of ${names} are present`;
    case 'ordinal':
      return `grading ${classes.length > 8 ? `into ${classes.length} grades` : classes.join(' < ')}`;
    case 'segmentation':
      return `outlining ${names}`;
    default:
      return `deciding between ${names}`;
  }
}

function sectionsOf({ facts, evaluated, rows, gallery }: ReportContent): Section[] {
  const performance = evaluated
    ? [
        ...performanceSections(
          evaluated.evaluation,
          rows,
          facts.data.patientsKnown,
          wordingFor(facts).metrics,
        ),
        {
          id: 'errors',
          heading: 'Worst errors',
          body: gallerySection(
            gallery.entries,
            gallery.total,
            evaluated.evaluation,
            facts.manifest.inputs.geometry,
          ),
        },
      ]
    : [];
  return [
    ...performance,
    { id: 'data', heading: 'Data', body: dataSection(facts, evaluated) },
    { id: 'training', heading: 'Training', body: trainingSection(facts) },
    { id: 'limits', heading: 'Limits', body: limitsSection(facts) },
    { id: 'checklist', heading: 'Reporting checklist', body: checklistSection(facts, evaluated) },
    { id: 'provenance', heading: 'Provenance', body: provenanceSection(facts) },
  ];
}
