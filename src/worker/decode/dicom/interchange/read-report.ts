import { type Shape, shapeSchema } from '../../../../contract/annotation.ts';
import { type DicomLabel, type DicomLabelLine, dicomMarkSchema } from '../../../../contract/dicom-labels.ts';
import { code, damaged, itemsOf, number, numbers, type DataSet } from '../data-set.ts';
import { tags } from '../tags.ts';
import { readWholeText } from '../text.ts';
import { concepts, manufacturer, marks, outlines, type Code } from './codes.ts';
import type { ReadLabels } from './read-result.ts';
import { frameNumber } from './references-read.ts';

/** Of groups, as content of content: no report goes deeper. */
const mostNested = 16;
const mostGroups = 100_000;
const longestComment = 2000;
/** So many characters in UTF-8. */
const mostTextBytes = 4 * longestComment;
const mostMeaningBytes = 1024;
/** An ellipse or circle as a polygon. */
const roundCorners = 64;

/** Series of instances by their UIDs. */
function seriesOf(dataSet: DataSet): Map<string, string> {
  const series = itemsOf(dataSet, tags.CurrentRequestedProcedureEvidenceSequence).flatMap((study) =>
    itemsOf(study, tags.ReferencedSeriesSequence),
  );
  return new Map(
    series.flatMap((one) => {
      const uid = code(one, tags.SeriesInstanceUID).slice(0, 64);
      return itemsOf(one, tags.ReferencedSOPSequence).map(
        (instance) => [code(instance, tags.ReferencedSOPInstanceUID), uid] as const,
      );
    }),
  );
}

interface CodeRead {
  value: string;
  scheme: string;
  item: DataSet;
}

function codeIn(holder: DataSet, sequence: number): CodeRead | null {
  const [item] = itemsOf(holder, sequence);
  if (!item) return null;
  const value = code(item, tags.CodeValue) || code(item, tags.LongCodeValue);
  return { value, scheme: code(item, tags.CodingSchemeDesignator), item };
}

const isCode = (read: CodeRead | null, [value, scheme]: Code): boolean =>
  read !== null && read.value === value && read.scheme === scheme;

const named = (item: DataSet, concept: Code): boolean =>
  isCode(codeIn(item, tags.ConceptNameCodeSequence), concept);

const typeOf = (item: DataSet): string => code(item, tags.ValueType);

const content = (item: DataSet): DataSet[] => itemsOf(item, tags.ContentSequence);

/** Measurement groups, wherever they stand. */
function groupsIn(item: DataSet, depth: number, found: DataSet[]): DataSet[] {
  if (depth > mostNested) throw damaged(`The report is nested more than ${mostNested} deep.`);
  for (const child of content(item)) {
    if (typeOf(child) !== 'CONTAINER') continue;
    if (named(child, concepts.group)) found.push(child);
    else groupsIn(child, depth + 1, found);
    if (found.length > mostGroups) throw damaged(`The report has more than ${mostGroups} groups.`);
  }
  return found;
}

const isOfRecord = (root: DataSet): boolean =>
  content(root).some(
    (item) => named(item, concepts.deviceName) && code(item, tags.TextValue) === manufacturer,
  ) && code(root, tags.Manufacturer) === manufacturer;

interface Report {
  root: DataSet;
  series: ReadonlyMap<string, string>;
}

/**
 * Reads the measurement groups of a report (TID 1500): shapes, and what is said of whole pictures.
 * @throws ReadroomError `damagedImage`
 */
export async function readReport(root: DataSet): Promise<ReadLabels> {
  const report = { root, series: seriesOf(root) };
  const lines: DicomLabelLine[] = [];
  for (const [index, group] of groupsIn(root, 0, []).entries())
    lines.push(...(await readGroup(group, `group ${index + 1}`, report)));
  const labels = lines.filter((line) => line.type === 'label');
  const classes = new Set(
    labels.flatMap((label) => [...(label.class === null ? [] : [label.class]), ...(label.classes ?? [])]),
  );
  const warnings = lines.length === 0 ? ['The report has no measurement groups.'] : [];
  return { head: { kind: 'report', ofRecord: isOfRecord(root), classes: [...classes], warnings }, lines };
}

type Said = Pick<DicomLabel, 'class' | 'classes' | 'number' | 'marks' | 'comment'>;

async function readGroup(group: DataSet, where: string, report: Report): Promise<DicomLabelLine[]> {
  const items = content(group);
  const said = await readSaid(items, report.root);
  const lines: DicomLabelLine[] = [];
  const refused = (message: string): void => void lines.push({ type: 'refused', where, message });
  const regions = items.filter((item) => typeOf(item) === 'SCOORD');
  const outline = items.find((item) => named(item, concepts.outline));
  const label = (reference: DataSet, shape: Shape | null): void => {
    const instance = code(reference, tags.ReferencedSOPInstanceUID);
    if (instance === '' || instance.length > 64) return refused('It does not say which image it is of.');
    lines.push({
      ...{ type: 'label', where, instance, series: report.series.get(instance) ?? null },
      ...{ frame: frameNumber(reference), size: null, ...said, shape },
    });
  };
  for (const region of regions) {
    const [image] = content(region).filter((item) => typeOf(item) === 'IMAGE');
    const [reference] = image ? itemsOf(image, tags.ReferencedSOPSequence) : [];
    const shapes = shapesOf(region, outline);
    if (!reference) refused('Its region does not say which image it is on.');
    else if (shapes.length === 0) refused('Its region is neither a point nor closed.');
    else for (const shape of shapes) label(reference, shape);
  }
  const images = items.filter((item) => typeOf(item) === 'IMAGE');
  if (regions.length === 0 && saysSomething(said)) {
    for (const image of images)
      for (const one of itemsOf(image, tags.ReferencedSOPSequence)) label(one, null);
  }
  if (items.some((item) => typeOf(item) === 'SCOORD3D'))
    refused('Its region lies in the patient, not on an image.');
  return lines;
}

const saysSomething = ({ class: one, classes, number: value, marks: marked, comment }: Said): boolean =>
  one !== null || classes !== null || value !== null || marked.length > 0 || comment !== null;

async function meaningOf(item: DataSet, root: DataSet): Promise<string> {
  const read = codeIn(item, tags.ConceptCodeSequence);
  if (!read) return '';
  return (await readWholeText(read.item, tags.CodeMeaning, mostMeaningBytes, root)).trim() || read.value;
}

async function readSaid(items: readonly DataSet[], root: DataSet): Promise<Said> {
  const coded = (concept: Code): DataSet[] =>
    items.filter((item) => typeOf(item) === 'CODE' && named(item, concept));
  const is = (item: DataSet, value: Code): boolean => isCode(codeIn(item, tags.ConceptCodeSequence), value);
  const [finding] = coded(concepts.finding);
  const present = coded(concepts.present);
  const classes: string[] = [];
  for (const item of present) if (!is(item, concepts.none)) classes.push(await meaningOf(item, root));
  const measured = items.find((item) => typeOf(item) === 'NUM' && named(item, concepts.number));
  const text = items.find((item) => typeOf(item) === 'TEXT' && named(item, concepts.comment));
  const comment = text ? await readWholeText(text, tags.TextValue, mostTextBytes, root) : '';
  const marked = coded(concepts.mark);
  const name = finding && !is(finding, concepts.noClass) ? await meaningOf(finding, root) : '';
  return {
    class: name || null,
    classes: present.length > 0 ? classes : null,
    number: measured ? numberOf(measured) : null,
    marks: dicomMarkSchema.options.filter((mark) => marked.some((item) => is(item, marks[mark]))),
    comment: comment.slice(0, longestComment) || null,
  };
}

function numberOf(measured: DataSet): number | null {
  const [value] = itemsOf(measured, tags.MeasuredValueSequence);
  return value
    ? (number(value, tags.FloatingPointValue, 'FD') ?? number(value, tags.NumericValue, 'DS'))
    : null;
}

type Point = [x: number, y: number];

/** The shapes of a region: several points may be in one; none for open lines and what is beyond the limits. */
function shapesOf(region: DataSet, outline: DataSet | undefined): Shape[] {
  const data = numbers(region, tags.GraphicData, 'FL');
  const points = Array.from({ length: data.length >> 1 }, (_, i): Point => [data[2 * i]!, data[2 * i + 1]!]);
  return shapesFrom(code(region, tags.GraphicType), points, outline).filter(
    (shape) => shapeSchema.safeParse(shape).success,
  );
}

function shapesFrom(type: string, points: Point[], outline: DataSet | undefined): Shape[] {
  switch (type) {
    case 'POINT':
    case 'MULTIPOINT':
      return points.map(([x, y]) => ({ kind: 'point', x, y }));
    case 'POLYLINE': {
      const [first, last] = [points[0], points.at(-1)];
      if (!first || !last || points.length < 4 || first[0] !== last[0] || first[1] !== last[1]) return [];
      return [closed(points.slice(0, -1), outline)];
    }
    case 'CIRCLE': {
      const [middle, edge] = points;
      if (!middle || !edge) return [];
      const [x, y] = [edge[0] - middle[0], edge[1] - middle[1]];
      return [round(middle, [x, y], [-y, x])];
    }
    case 'ELLIPSE': {
      // The ends of the major axis, then of the minor.
      const [a, b, c, d] = points;
      if (!a || !b || !c || !d) return [];
      const half = (from: Point, to: Point): Point => [(to[0] - from[0]) / 2, (to[1] - from[1]) / 2];
      return [round([(a[0] + b[0]) / 2, (a[1] + b[1]) / 2], half(a, b), half(c, d))];
    }
    default:
      return [];
  }
}

function closed(points: Point[], outline: DataSet | undefined): Shape {
  const kind = outline ? codeIn(outline, tags.ConceptCodeSequence) : null;
  const [a, b, c] = points;
  if (points.length === 4 && isCode(kind, outlines.box!) && a && b && c)
    return { kind: 'box', x: a[0], y: a[1], width: b[0] - a[0], height: c[1] - b[1] };
  return { kind: isCode(kind, outlines.freehand!) ? 'freehand' : 'polygon', points };
}

function round([x, y]: Point, [ax, ay]: Point, [bx, by]: Point): Shape {
  const points = Array.from({ length: roundCorners }, (_, i): Point => {
    const angle = (2 * Math.PI * i) / roundCorners;
    const [along, across] = [Math.cos(angle), Math.sin(angle)];
    return [x + along * ax + across * bx, y + along * ay + across * by];
  });
  return { kind: 'polygon', points };
}
