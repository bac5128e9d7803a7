import { v7 as uuid } from 'uuid';

import type { DicomMark, ReportedLabel, ReportPlan } from '../../contract/dicom-labels.ts';
import type { LabelValue } from '../../contract/label.ts';
import type { LabelledImage, ReaderShape, ReaderWord } from '../db/interchange-repository.ts';
import { createPace } from '../turns.ts';
import { wordsOn } from './csv-out.ts';
import {
  type DicomExport,
  drawnPages,
  isReferable,
  type LeftOut,
  nothingLeftOut,
  planOf,
  referableFrames,
  shapesOf,
  tell,
  writePlans,
} from './dicom-out.ts';
import { namedLabel, type Outgoing } from './outgoing.ts';

/** Of one report. */
const mostLabels = 5000;

/** What one reader, or the record, says in one study. */
interface ReportedStudy {
  reader: string | null;
  images: Map<string, { image: LabelledImage; word: LabelValue | null; hasShapes: boolean }>;
}

/** Writes labels, outlines and points as structured reports of TID 1500: a file for each study and reader. */
export async function writeReports(run: DicomExport): Promise<void> {
  const { out } = run;
  const { which } = out;
  const leftOut = nothingLeftOut();
  const studies = new Map<string, ReportedStudy>();
  const entryOf = (reader: string | null, image: LabelledImage) => {
    const key = JSON.stringify([image.study, reader]);
    const study: ReportedStudy = studies.get(key) ?? { reader, images: new Map() };
    studies.set(key, study);
    const entry = study.images.get(image.image) ?? { image, word: null, hasShapes: false };
    study.images.set(image.image, entry);
    return entry;
  };
  for await (const page of drawnPages(out, 'Looking for labels', isGraphic, leftOut)) {
    const images = page.map(({ image }) => image);
    const words = which.of === 'record' ? new Map<string, ReaderWord[]>() : wordsOn(out, images);
    for (const { image, drawn } of page) {
      const record = which.of === 'reader' ? null : image.record;
      const said = words.get(image.image) ?? [];
      if ((drawn.length === 0 && said.length === 0 && !record) || !isReferable(image, leftOut)) continue;
      if (record) entryOf(null, image).word = record.value;
      // Of a reader's words in several rounds, the one of open reading.
      for (const { reader, round, value } of said) {
        const entry = entryOf(reader, image);
        if (entry.word === null || round === '') entry.word = value;
      }
      for (const { reader } of drawn) entryOf(reader, image).hasShapes = true;
    }
  }
  await writePlans(studies.values(), (study) => reportsOf(study, run, leftOut), run);
  tell(out, leftOut, 'reports have no masks; write them as segmentations.');
}

const isGraphic = ({ value }: ReaderShape): boolean => value.shape.kind !== 'mask';

async function* reportsOf(
  { reader, images }: ReportedStudy,
  run: DicomExport,
  leftOut: LeftOut,
): AsyncGenerator<ReportPlan> {
  const { out } = run;
  const list = [...images.values()];
  const found = await referableFrames(
    list.map(({ image }) => image),
    run,
    leftOut,
  );
  const pace = createPace();
  const unit = unitOf(out.session.projects.labelSchema().number?.unit ?? '');
  let plan: ReportPlan | null = null;
  for (const { image, path: source, source: frame } of found) {
    const { word, hasShapes } = images.get(image.image)!;
    plan ??= { kind: 'report', ...planOf(run, source, reader), unit, sources: [], labels: [] };
    plan.sources.push(frame);
    const at = plan.sources.length - 1;
    if (word) {
      plan.labels.push(reportedWord(word, at, out));
      out.written.labels += 1;
    }
    const drawn = hasShapes && reader !== null ? shapesOf(out, image, reader) : [];
    for (const shape of drawn) {
      const reported = reportedShape(shape, at, out);
      if (!reported) continue;
      plan.labels.push(reported);
      out.written.shapes += 1;
    }
    if (plan.labels.length >= mostLabels) {
      yield plan;
      plan = null;
    }
    await pace();
  }
  if (plan) yield plan;
}

const markOf = (value: Partial<Record<DicomMark, true>>): DicomMark[] =>
  (['unsure', 'skipped', 'bookmarked'] as const).filter((mark) => value[mark] === true);

function reportedWord(value: LabelValue, source: number, { nameOf }: Outgoing): ReportedLabel {
  const { label, classes, number } = namedLabel(value, nameOf);
  return {
    ...{ source, id: uuid(), class: label, classes, number, marks: markOf(value) },
    ...{ comment: value.comment ?? null, shape: null },
  };
}

function reportedShape(drawn: ReaderShape, source: number, out: Outgoing): ReportedLabel | null {
  const { shape, unsure, comment } = drawn.value;
  if (shape.kind === 'mask') return null;
  const classId = out.classOf(drawn);
  return {
    ...{ source, id: drawn.id, class: classId === null ? null : out.nameOf(classId), classes: null },
    ...{ number: null, marks: markOf({ ...(unsure && { unsure }) }), comment: comment ?? null, shape },
  };
}

/** Units that UCUM has by these names. */
const ucumUnits = new Set([
  '%',
  'mm',
  'cm',
  'm',
  'mm2',
  'cm2',
  'mm3',
  'cm3',
  'mL',
  'ml',
  'L',
  'l',
  'g',
  'kg',
  'mg',
  's',
  'min',
  'h',
  'd',
  'wk',
  'mo',
  'a',
  'deg',
]);

/** A unit as UCUM writes it: what is none of its units is an annotation. */
function unitOf(unit: string): { code: string; meaning: string } {
  if (unit === '') return { code: '1', meaning: 'no units' };
  if (unit === 'HU') return { code: "[hnsf'U]", meaning: 'Hounsfield unit' };
  if (ucumUnits.has(unit)) return { code: unit, meaning: unit };
  const plain = unit.replace(/[^\x21-\x7e]|[{}\\]/g, '').slice(0, 14) || 'unit';
  return { code: `{${plain}}`, meaning: unit };
}
