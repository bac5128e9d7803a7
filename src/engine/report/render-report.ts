import { listed } from '../../core/words.ts';
import { checklistSection } from './checklist.ts';
import { type Evaluated, type RunFacts, badgesOf, researchUse } from './facts.ts';
import { type GalleryEntry, gallerySection } from './gallery.ts';
import { type Markup, markup, trusted } from './markup.ts';
import { dataSection, limitsSection, provenanceSection, trainingSection } from './origin-sections.ts';
import {
  confusionTable,
  curveFigures,
  decisionText,
  metricsTable,
  perClassTable,
  tiles,
} from './performance-sections.ts';
import { styleSheet } from './style.ts';

export interface ReportContent {
  readonly facts: RunFacts;
  /** null: the run was never evaluated, and the report says so. */
  readonly evaluated: Evaluated | null;
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
<p class="muted">${run.network} deciding between ${manifest.classes.length > 8 ? `${manifest.classes.length} classes` : listed(manifest.classes, 8)} · run <span class="mono">${run.run}</span> · ${createdAt.slice(0, 10)}</p>
<ul class="badges">${badges.map(({ text, warn }) => markup`<li${trusted(warn ? ' class="warn"' : '')}>${text}</li>`)}</ul>
${notes.length > 0 && markup`<ul class="notes">${notes.map((note) => markup`<li>${note}</li>`)}</ul>`}
${evaluated ? markup`${tiles(evaluated.evaluation)}` : markup`<p class="alone">The test set has not been opened for this run, so there are no figures of performance here.</p>`}
<nav aria-label="Sections">${sections.map(({ id, heading }) => markup`<a href="#${id}">${heading}</a>`)}</nav>
</header>
<main>
${sections.map(({ id, heading, body }) => markup`<section id="${id}"><h2>${heading}</h2>${body}</section>\n`)}</main>
<footer>${researchUse} Made by Readroom ${facts.versions['readroom'] ?? ''}.</footer>
</body>
</html>
`.text;
}

function sectionsOf({
  facts,
  evaluated,
  gallery,
}: ReportContent): { id: string; heading: string; body: Markup }[] {
  const performance = evaluated
    ? [
        {
          id: 'performance',
          heading: 'Performance',
          body: markup`${decisionText(evaluated.evaluation, facts.data.patientsKnown)}${metricsTable(evaluated.evaluation.metrics)}`,
        },
        { id: 'curves', heading: 'Curves', body: curveFigures(evaluated) },
        {
          id: 'decisions',
          heading: 'Decisions',
          body: markup`${confusionTable(evaluated.evaluation)}${perClass(evaluated)}`,
        },
        {
          id: 'errors',
          heading: 'Worst errors',
          body: gallerySection(gallery.entries, gallery.total, evaluated.evaluation.classes),
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

function perClass({ evaluation }: Evaluated): Markup | null {
  const table = perClassTable(evaluation);
  return table && markup`<h3>Each class against the rest</h3>${table}`;
}
