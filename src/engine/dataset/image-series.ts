import type { SeriesHeader } from '../../contract/dataset.ts';
import { lateralitySchema, type StudyWords } from '../../contract/decode.ts';
import type { StudyImage } from '../db/image-repository.ts';
import type { DecodePool } from '../media/decode-pool.ts';
import type { ProjectSession } from '../project/session.ts';
import { unknownImage } from './image-detail.ts';
import { mapLimited } from './map-limited.ts';

/**
 * The images of an image's series in their order, and the series beside it. Where labels are the patient's, the
 * patient's images without a series count as one together.
 */
export interface Stack {
  images: string[];
  /** Of each its order within the series; null: not known. */
  positions: (number | null)[];
  /** Of the image that was asked for. */
  index: number;
  /** Else they have nothing in common but their patient. */
  isSeries: boolean;
  /** The first image of each series of the study, or of the patient where labels are the patient's. */
  series: { image: string; total: number }[];
}

/** Another study of a patient. */
export interface Prior {
  study: string | null;
  /** The first image of each of its series. */
  images: string[];
  modality: string | null;
  /** YYYY-MM-DD. */
  date: string | null;
  description: string | null;
}

const mostStudies = 50;
const readAtOnce = 4;

const nothing: StudyWords = {
  ...{ date: null, description: null },
  ...{ seriesNumber: null, seriesDescription: null, normal: null },
};
/** What files say of studies, by series: it is kept in memory only. */
const studyWords = new WeakMap<ProjectSession, Map<string, StudyWords>>();

/** @throws ReadroomError `unknownImage` */
export function stackOf(session: ProjectSession, image: string): Stack {
  const { study, series, patientId } = factsOf(session, image);
  const isOfPatient = session.projects.labelSchema().level === 'patient' && patientId !== null;
  const loose = isOfPatient ? session.images.withoutSeries(patientId) : series === null ? [image] : [];
  const places =
    series === null
      ? loose.map((other) => ({ image: other, position: null }))
      : session.images.placesOfSeries(series);
  const images = places.map((place) => place.image);
  const besides = isOfPatient
    ? session.images.seriesOfPatient(patientId)
    : study === null
      ? []
      : session.images.seriesOfStudy(study);
  const [first] = loose;
  return {
    images,
    positions: places.map(({ position }) => position),
    index: images.indexOf(image),
    isSeries: series !== null,
    series: first === undefined ? besides : [...besides, { image: first, total: loose.length }],
  };
}

/**
 * Other studies of an image's patient, newest first as far as their files tell a date; at most 50, those added last.
 * An image without a study is one by itself. @throws ReadroomError `unknownImage`
 */
export async function priorsOf(
  session: ProjectSession,
  image: string,
  pool: Pick<DecodePool, 'readStudy'>,
  signal?: AbortSignal,
): Promise<Prior[]> {
  const { study: own, patientId } = factsOf(session, image);
  if (patientId === null) return [];
  const studies = Map.groupBy(
    session.images
      .studyImages(patientId)
      .filter((other) => other.image !== image && (own === null || other.study !== own)),
    (other) => other.study ?? other.image,
  );
  const newest = [...studies.values()].slice(0, mostStudies);
  const priors = await mapLimited(newest, readAtOnce, async (images): Promise<Prior> => {
    const [first] = images;
    const firsts = images.filter(
      ({ series }, at) => series === null || images.findIndex((other) => other.series === series) === at,
    );
    const { date, description } = await wordsOf(session, first!, pool, signal);
    return {
      study: first!.study,
      images: firsts.map((member) => member.image),
      ...{ modality: first!.modality, date, description },
    };
  });
  return priors.sort((a, b) =>
    (a.date ?? '') < (b.date ?? '') ? 1 : (a.date ?? '') > (b.date ?? '') ? -1 : 0,
  );
}

/** What files of images say of their studies and series; images that do not exist are left out. */
export async function headersOf(
  session: ProjectSession,
  images: readonly string[],
  pool: Pick<DecodePool, 'readStudy'>,
  signal?: AbortSignal,
): Promise<SeriesHeader[]> {
  const known = images.flatMap((image) => {
    const facts = session.images.facts(image);
    return facts ? [{ ...facts, image }] : [];
  });
  return mapLimited(known, readAtOnce, async (facts) => ({
    ...{ image: facts.image, study: facts.study, modality: facts.modality },
    laterality: lateralitySchema.nullable().parse(facts.laterality),
    ...(await wordsOf(session, facts, pool, signal)),
  }));
}

async function wordsOf(
  session: ProjectSession,
  { image, study, series, format }: Omit<StudyImage, 'modality'>,
  pool: Pick<DecodePool, 'readStudy'>,
  signal: AbortSignal | undefined,
): Promise<StudyWords> {
  if (study === null || format !== 'dicom') return nothing;
  const known = studyWords.get(session) ?? new Map<string, StudyWords>();
  studyWords.set(session, known);
  const before = known.get(series ?? image);
  if (before) return before;
  try {
    const words = await pool.readStudy(session.dataset.file(image).path, signal);
    known.set(series ?? image, words);
    return words;
  } catch {
    // A file that is gone says nothing now; it may be back when this is asked again.
    signal?.throwIfAborted();
    return nothing;
  }
}

function factsOf(
  session: ProjectSession,
  image: string,
): { study: string | null; series: string | null; patientId: string | null } {
  const facts = session.images.facts(image);
  if (!facts) throw unknownImage(image);
  return facts;
}
