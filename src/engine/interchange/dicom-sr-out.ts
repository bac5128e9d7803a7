import { v7 as uuid } from 'uuid';

import type { DicomMark, ReferencedFrame, ReportedLabel } from '../../contract/dicom-labels.ts';
import type { LabelValue } from '../../contract/label.ts';
import type { LabelledImage, ReaderShape, ReaderWord } from '../db/interchange-repository.ts';
import { createPace } from '../turns.ts';
import { wordsOn } from './csv-out.ts';
import {
  type DicomExport,
  isReferable,
  type LeftOut,
  nothingLeftOut,
  planOf,
  referableFrames,
  shapesOf,
  tell,
  writePlan,
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
  for await (const page of out.pages('Looking for labels')) {
    const words = which.of === 'record' ? new Map<string, ReaderWord[]>() : wordsOn(out, page);
    const shapes = out.shapesOn(page);
    for (const image of page) {
      out.written.images += 1;
      const drawn = (shapes.get(image.image) ?? []).filter(({ value }) => value.shape.kind !== 'mask');
      leftOut.shapes += (shapes.get(image.image)?.length ?? 0) - drawn.length;
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
  let place = 0;
  for (const study of studies.values()) {
    for await (const { source, sources, labels } of reportsOf(study, run, leftOut)) {
      place += 1;
      const plan = { kind: 'report' as const, ...planOf(run, source, study.reader), sources, labels };
      const unit = unitOf(out.session.projects.labelSchema().number?.unit ?? '');
      await writePlan({ ...plan, unit }, place, run);
    }
  }
  tell(out, leftOut, 'reports have no masks; write them as segmentations.');
}

type ReportPart = { source: string; sources: ReferencedFrame[]; labels: ReportedLabel[] };

async function* reportsOf(
  { reader, images }: ReportedStudy,
  run: DicomExport,
  leftOut: LeftOut,
): AsyncGenerator<ReportPart> {
  const { out } = run;
  const list = [...images.values()];
  const found = await referableFrames(
    list.map(({ image }) => image),
    run,
    leftOut,
  );
  const pace = createPace();
  let part: ReportPart | null = null;
  for (const { image, path: source, source: frame } of found) {
    const { word, hasShapes } = images.get(image.image)!;
    part ??= { source, sources: [], labels: [] };
    part.sources.push(frame);
    const at = part.sources.length - 1;
    if (word) {
      part.labels.push(reportedWord(word, at, out));
      out.written.labels += 1;
    }
    const drawn = hasShapes && reader !== null ? shapesOf(out, image, reader) : [];
    for (const shape of drawn) {
      const reported = reportedShape(shape, at, out);
      if (!reported) continue;
      part.labels.push(reported);
      out.written.shapes += 1;
    }
    if (part.labels.length >= mostLabels) {
      yield part;
      part = null;
    }
    await pace();
  }
  if (part) yield part;
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
