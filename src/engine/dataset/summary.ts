import type { DatasetSummary } from '../../contract/dataset.ts';
import { sortByKey } from '../../core/sort-by-key.ts';
import type { ProjectSession } from '../project/session.ts';
import type { ImageColumns } from './image-index-columns.ts';
import { countImages } from './views-select.ts';

/** Figures of the whole dataset. Patients are those with a key. */
export async function summariseDataset(session: ProjectSession): Promise<DatasetSummary> {
  const { columns } = await session.index.ready();
  const counts = countImages(columns);
  const patients = countPatients(columns);
  const byClass = session.projects.allClasses().map(({ id, name, retiredAt }) => {
    const place = columns.classIds.indexOf(id) + 1;
    const [images, ofClass] = place === 0 ? [0, 0] : [counts.classes[place]!, patients.byClass[place]!];
    return { class: name, images, patients: ofClass, shown: retiredAt === null || images > 0 };
  });
  return {
    images: columns.count,
    patients: patients.total,
    withoutPatient: patients.without,
    labelled: counts.status('labelled'),
    missing: counts.flags('missing'),
    generated: counts.flags('generated'),
    byClass: [
      ...byClass.filter(({ shown }) => shown).map(({ shown: _shown, ...row }) => row),
      { class: null, images: counts.classes[0]!, patients: patients.byClass[0]! },
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

/** Goes through the images patient by patient, so that each is counted once a class. */
function countPatients(columns: ImageColumns): {
  total: number;
  without: number;
  byClass: Int32Array;
  histogram: DatasetSummary['imagesPerPatient'];
} {
  const places = Int32Array.from({ length: columns.count }, (_, place) => place);
  const byClass = new Int32Array(columns.classIds.length + 1);
  const lastOfClass = new Int32Array(byClass.length);
  const imagesOf = new Map<number, number>();
  let without = 0;
  for (const place of sortByKey(places, columns.patients)) {
    const patient = columns.patients[place]!;
    if (patient === 0) {
      without += 1;
      continue;
    }
    imagesOf.set(patient, (imagesOf.get(patient) ?? 0) + 1);
    const slot = columns.classes[place]! + 1;
    if (lastOfClass[slot] === patient) continue;
    lastOfClass[slot] = patient;
    byClass[slot]! += 1;
  }
  const patientsWith = new Map<number, number>();
  for (const images of imagesOf.values()) patientsWith.set(images, (patientsWith.get(images) ?? 0) + 1);
  const histogram = [...patientsWith]
    .sort(([a], [b]) => a - b)
    .map(([images, patients]) => ({ images, patients }));
  return { total: imagesOf.size, without, byClass, histogram };
}
