import type { StudyImage } from '../db/image-repository.ts';
import type { DecodePool } from '../media/decode-pool.ts';
import type { ProjectSession } from '../project/session.ts';
import { unknownImage } from './image-detail.ts';
import { mapLimited } from './map-limited.ts';

/** The images of an image's series in their order, and the series beside it. */
export interface Stack {
  images: string[];
  /** Of the image that was asked for. */
  index: number;
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

type StudyWords = Awaited<ReturnType<DecodePool['readStudy']>>;
/** What files say of studies is kept in memory only. */
const studyWords = new WeakMap<ProjectSession, Map<string, StudyWords>>();

/** @throws ReadroomError `unknownImage` */
export function stackOf(session: ProjectSession, image: string): Stack {
  const { study, series, patientId } = factsOf(session, image);
  if (series === null) return { images: [image], index: 0, series: [{ image, total: 1 }] };
  const { level } = session.projects.labelSchema();
  const images = session.images.ofSeries(series);
  return {
    images,
    index: images.indexOf(image),
    series:
      level === 'patient' && patientId !== null
        ? session.images.seriesOfPatient(patientId)
        : session.images.seriesOfStudy(study!),
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
    return {
      study: first!.study,
      images: firsts.map((member) => member.image),
      modality: first!.modality,
      ...(await wordsOf(session, first!, pool, signal)),
    };
  });
  return priors.sort((a, b) =>
    (a.date ?? '') < (b.date ?? '') ? 1 : (a.date ?? '') > (b.date ?? '') ? -1 : 0,
  );
}

async function wordsOf(
  session: ProjectSession,
  { image, study, format }: StudyImage,
  pool: Pick<DecodePool, 'readStudy'>,
  signal: AbortSignal | undefined,
): Promise<StudyWords> {
  const nothing = { date: null, description: null };
  if (study === null || format !== 'dicom') return nothing;
  const known = studyWords.get(session) ?? new Map<string, StudyWords>();
  studyWords.set(session, known);
  const before = known.get(study);
  if (before) return before;
  try {
    const words = await pool.readStudy(session.dataset.file(image).path, signal);
    known.set(study, words);
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
