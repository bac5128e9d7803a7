import type { DatasetSummary, ValueCount } from '../../contract/dataset.ts';
import type { ImageField } from '../../contract/image.ts';
import { sortByKey } from '../../core/sort-by-key.ts';
import type { ProjectSession } from '../project/session.ts';
import { countByValue, countImages, countPatients } from './image-counts.ts';

/** Figures of the whole dataset. Patients are those with a key. */
export async function summariseDataset(session: ProjectSession): Promise<DatasetSummary> {
  const { columns } = await session.index.ready();
  const counts = countImages(columns);
  const patients = countPatients(columns);
  const byClass = session.projects.allClasses().map(({ id, name, retiredAt }) => {
    const images = counts.classes.of(id);
    return {
      class: name,
      images,
      patients: patients.classes.of(id),
      drawn: counts.status('annotated') === 0 ? 0 : session.drawings.imagesWith(id),
      shown: retiredAt === null || images > 0,
    };
  });
  return {
    images: columns.count,
    patients: patients.total,
    withoutPatient: patients.without,
    labelled: counts.status('labelled'),
    annotated: counts.status('annotated'),
    untouched: counts.status('untouched'),
    missing: counts.flags('missing'),
    generated: counts.flags('generated'),
    byClass: [
      ...byClass.filter(({ shown }) => shown).map(({ shown: _shown, ...row }) => row),
      { class: null, images: counts.classes.none, patients: patients.classes.none, drawn: 0 },
    ],
    imagesPerPatient: patients.histogram,
    readers: session.projects.readers().map(({ reader, name, kind }) => {
      const lastAt = session.projects.lastLabelAt(reader);
      return { reader, name, kind, labels: counts.readers.get(reader) ?? 0, lastAt };
    }),
  };
}

const mostFound = 50;

/** Patients whose key contains a text, any case, most images first. */
export async function findPatients(
  session: ProjectSession,
  text: string,
): Promise<{ patient: string; images: number }[]> {
  const { columns, patientKeys } = await session.index.ready();
  const images = new Int32Array(patientKeys.length + 1);
  for (let place = 0; place < columns.count; place++) images[columns.patients[place]!]! += 1;
  const wanted = text.trim().toLowerCase();
  const found: number[] = [];
  patientKeys.forEach((key, row) => {
    if (images[row]! > 0 && key.toLowerCase().includes(wanted)) found.push(row);
  });
  return Array.from(sortByKey(Int32Array.from(found), images, true).subarray(0, mostFound), (row) => ({
    patient: patientKeys[row]!,
    images: images[row]!,
  }));
}

const yearsPerGroup = 10;

/** How many images have each class, by the values of a field, the most frequent first; ages in decades, ascending. */
export async function countByField(
  session: ProjectSession,
  field: ImageField | 'age',
): Promise<ValueCount[]> {
  const { columns } = await session.index.ready();
  const ages = field === 'age';
  const counts = ages
    ? countByValue(columns, decades.length + 1, (ordinal) => decadeOf(columns.ages[ordinal]!))
    : countByValue(
        columns,
        columns.fields[field].values.length,
        (ordinal) => columns.fields[field].codes[ordinal]!,
      );
  const values = ages ? [null, ...decades] : columns.fields[field].values;
  const classes = session.projects.allClasses();
  const rows = counts.map(({ images, patients, classes: n }, at) => ({
    value: values[at]!,
    images,
    patients,
    byClass: [
      ...classes.map(({ id, name }) => ({ class: name, n: n.of(id) })),
      { class: null, n: n.none },
    ].filter((entry) => entry.n > 0),
  }));
  const [unknown, ...known] = rows.filter(({ images }, at) => images > 0 || at === 0);
  if (!ages) known.sort((a, b) => b.images - a.images);
  return [...known, ...(unknown!.images > 0 ? [unknown!] : [])];
}

/** "0–9" to "90–99", and everybody older. */
const decades = [
  ...Array.from({ length: 10 }, (_, at) => `${at * yearsPerGroup}–${at * yearsPerGroup + yearsPerGroup - 1}`),
  '100+',
];

/** One more than the position in `decades`; 0: unknown. */
function decadeOf(age: number): number {
  if (Number.isNaN(age)) return 0;
  return Math.min(Math.max(Math.floor(age / yearsPerGroup), 0), decades.length - 1) + 1;
}
