import type { DatasetSummary } from '../../../contract/dataset.ts';
import type { ImageField, ImageQueryInput } from '../../../contract/image.ts';
import { splitParts, type SplitReport } from '../../../contract/split.ts';
import type { LabelClass } from '../../../contract/project.ts';
import { count, percent } from '../../../core/words.ts';
import { fieldValue, fieldWords } from '../../image-words.ts';
import type { ChartOption, ChartTable } from '../../ui/charts.ts';

export interface DrawnChart {
  readonly option: ChartOption;
  readonly table: ChartTable;
  readonly height: number;
}

export const partNames = { train: 'Training', val: 'Validation', test: 'Test' } as const;

const rowPx = 34;
const axesPx = 64;
/** Names of classes and patients are long: they stand in lines, and end before they push the bars away. */
const nameAxis = (names: readonly string[]) => ({
  type: 'category' as const,
  data: [...names],
  inverse: true,
  axisTick: { show: false },
  axisLabel: { width: 160, overflow: 'truncate' as const },
});
const grid = { left: 8, right: 56, top: 28, bottom: 34, containLabel: true };
const axisTitle = (name: string) => ({ name, nameLocation: 'middle' as const, nameGap: 28, minInterval: 1 });

export const unlabelledName = 'No label';

/** Images and patients of each class, side by side. */
export function classChart(summary: Pick<DatasetSummary, 'byClass'>): DrawnChart {
  const lines = summary.byClass
    .filter(({ class: name, images }) => name !== null || images > 0)
    .map((entry) => ({ ...entry, name: entry.class ?? unlabelledName }));
  const hasDrawings = lines.some(({ drawn }) => drawn > 0);
  const images = hasDrawings ? 'Images labelled' : 'Images';
  const bars = (name: string, values: number[]) => ({
    name,
    type: 'bar' as const,
    data: values,
    barMaxWidth: 14,
    label: {
      show: true,
      position: 'right' as const,
      fontSize: 11,
      formatter: ({ value }: { value?: unknown }) => count(Number(value)),
    },
  });
  return {
    height: axesPx + rowPx * (hasDrawings ? 1.8 : 1.3) * Math.max(2, lines.length),
    option: {
      grid,
      legend: { top: 0, left: 0, itemWidth: 12 },
      tooltip: {
        trigger: 'axis',
        axisPointer: { type: 'shadow' },
        valueFormatter: (value) => count(Number(value)),
      },
      xAxis: { type: 'value', ...axisTitle('Number') },
      yAxis: nameAxis(lines.map(({ name }) => name)),
      series: [
        bars(
          images,
          lines.map((line) => line.images),
        ),
        bars(
          'Patients',
          lines.map(({ patients }) => patients),
        ),
        ...(hasDrawings
          ? [
              bars(
                'Images drawn on',
                lines.map(({ drawn }) => drawn),
              ),
            ]
          : []),
      ],
    },
    table: {
      columns: ['Class', images, 'Patients', ...(hasDrawings ? ['Images drawn on'] : [])],
      rows: lines.map((line) => [
        ...[line.name, line.images, line.patients],
        ...(hasDrawings ? [line.drawn] : []),
      ]),
    },
  };
}

const mostBars = 12;

/** How many patients have so many images; the rare high numbers together. */
export function patientChart({ imagesPerPatient }: Pick<DatasetSummary, 'imagesPerPatient'>): DrawnChart {
  const sorted = [...imagesPerPatient].sort((a, b) => a.images - b.images);
  const shown = sorted.slice(0, mostBars);
  const rest = sorted.slice(mostBars);
  const bars = shown.map(({ images, patients }) => ({ name: String(images), patients }));
  if (rest.length > 0) {
    bars.push({
      name: `${rest[0]!.images}–${rest.at(-1)!.images}`,
      patients: rest.reduce((sum, { patients }) => sum + patients, 0),
    });
  }
  return {
    height: 240,
    option: {
      grid: { ...grid, right: 12, left: 22 },
      tooltip: {
        trigger: 'axis',
        axisPointer: { type: 'shadow' },
        valueFormatter: (value) => `${count(Number(value))} patients`,
      },
      xAxis: { type: 'category', data: bars.map(({ name }) => name), ...axisTitle('Images of one patient') },
      yAxis: { type: 'value', minInterval: 1, name: 'Patients' },
      series: [
        {
          name: 'Patients',
          type: 'bar',
          data: bars.map(({ patients }) => patients),
          barMaxWidth: 36,
          label: { show: true, position: 'top', fontSize: 11 },
        },
      ],
    },
    table: {
      columns: ['Images of one patient', 'Patients'],
      rows: sorted.map(({ images, patients }) => [images, patients]),
    },
  };
}

/** Share of each class in each part: equal lengths mean equal balance. */
export function splitChart(report: Pick<SplitReport, 'byClass'>): DrawnChart {
  const names = Object.keys(report.byClass);
  const totals = names.map((name) => splitParts.reduce((sum, part) => sum + report.byClass[name]![part], 0));
  return {
    height: axesPx + rowPx * Math.max(2, names.length),
    option: {
      grid: { ...grid, right: 24 },
      legend: { top: 0, left: 0, itemWidth: 12 },
      tooltip: {
        trigger: 'item',
        formatter: (point) => {
          const { name, seriesName, dataIndex, seriesIndex } = Array.isArray(point) ? point[0]! : point;
          const part = splitParts[seriesIndex ?? 0]!;
          const n = report.byClass[name]?.[part] ?? 0;
          const total = totals[dataIndex] ?? 0;
          return `${name}, ${seriesName ?? part}\n${count(n)} of ${count(total)} images, ${percent(total === 0 ? 0 : n / total)}`;
        },
      },
      xAxis: { type: 'value', ...axisTitle('Images') },
      yAxis: nameAxis(names),
      series: splitParts.map((part) => ({
        name: partNames[part],
        type: 'bar',
        stack: 'all',
        barMaxWidth: 20,
        data: names.map((name) => report.byClass[name]![part]),
      })),
    },
    table: {
      columns: ['Class', ...splitParts.map((part) => partNames[part])],
      rows: names.map((name) => [name, ...splitParts.map((part) => report.byClass[name]![part])]),
    },
  };
}

export type GroupField = ImageField | 'age';
export interface GroupRow {
  readonly value: string | null;
  readonly images: number;
  readonly patients: number;
  /** By name; null: without a label. */
  readonly byClass: readonly { readonly class: string | null; readonly n: number }[];
}

/** More values than fit into a chart are in its table only. */
const mostGroups = 20;
const noLabelColor = '#8a929b';
const groupName = (field: GroupField, value: string | null): string =>
  field === 'age' ? (value === null ? 'not known' : `${value} years`) : fieldValue(field, value);

/** The classes that a chart of groups tells apart, in the project's order; null: images without a label. */
function groupClasses(rows: readonly GroupRow[], classes: readonly LabelClass[]): (LabelClass | null)[] {
  const found = new Set(rows.flatMap(({ byClass }) => byClass.map((entry) => entry.class)));
  return [...classes.filter(({ name }) => found.has(name)), ...(found.has(null) ? [null] : [])];
}
const nOf = (row: GroupRow, of: LabelClass | null): number =>
  row.byClass.find((entry) => entry.class === (of?.name ?? null))?.n ?? 0;

/** Images by the values of a field, each bar divided by class. */
export function groupChart(
  field: GroupField,
  rows: readonly GroupRow[],
  classes: readonly LabelClass[],
): { name: string; drawn: DrawnChart } {
  const shown = rows.slice(0, mostGroups);
  const parts = groupClasses(rows, classes);
  const names = shown.map(({ value }) => groupName(field, value));
  return {
    name: field === 'age' ? 'age' : fieldWords[field].toLowerCase(),
    drawn: {
      height: axesPx + rowPx * Math.max(2, shown.length),
      option: {
        grid: { ...grid, right: 24 },
        legend: { top: 0, left: 0, itemWidth: 12, type: 'plain' },
        tooltip: {
          trigger: 'item',
          formatter: (point) => {
            const { name, seriesName, dataIndex, value } = Array.isArray(point) ? point[0]! : point;
            const row = shown[dataIndex]!;
            return `${name}, ${seriesName ?? ''}\n${count(Number(value))} of ${count(row.images)} images, ${count(row.patients)} patients`;
          },
        },
        xAxis: { type: 'value', ...axisTitle('Images') },
        yAxis: nameAxis(names),
        series: parts.map((part) => ({
          name: part?.name ?? unlabelledName,
          type: 'bar',
          stack: 'all',
          barMaxWidth: 20,
          itemStyle: { color: part?.color ?? noLabelColor },
          data: shown.map((row) => nOf(row, part)),
        })),
      },
      table: {
        columns: ['Value', 'Images', 'Patients', ...parts.map((part) => part?.name ?? unlabelledName)],
        rows: rows.map((row) => [
          groupName(field, row.value),
          row.images,
          row.patients,
          ...parts.map((part) => nOf(row, part)),
        ]),
      },
    },
  };
}

/** The images of a part of a bar; null where they cannot be asked for. */
export function groupQuery(
  field: GroupField,
  rows: readonly GroupRow[],
  classes: readonly LabelClass[],
  { seriesIndex, dataIndex }: { seriesIndex: number; dataIndex: number },
): ImageQueryInput | null {
  const row = rows[dataIndex];
  const part = groupClasses(rows, classes)[seriesIndex];
  if (row === undefined || part === undefined) return null;
  const ofClass = { classes: [part?.id ?? null] };
  if (field !== 'age') return { ...ofClass, fields: { [field]: [row.value] } };
  // `40–49`, and `100+` for everybody older.
  const years = /^(\d+)(?:\D+(\d+)|\+)$/.exec(row.value ?? '');
  if (years === null) return null;
  // Ages have fractions: 49.5 years belong to 40–49.
  const high = years[2] === undefined ? null : Number(years[2]) + 0.999;
  return { ...ofClass, age: { low: Number(years[1]), high } };
}
