import type { DicomReference } from '../../contract/decode.ts';
import type { ReferencedFrame } from '../../contract/dicom-labels.ts';
import { ReadroomError } from '../../contract/errors.ts';
import type { LabelledImage } from '../db/interchange-repository.ts';
import type { DecodePool } from '../media/decode-pool.ts';
import type { ProjectSession } from '../project/session.ts';
import type { FoundImage } from './find-images.ts';
import type { Outgoing } from './outgoing.ts';

/** What of the decode processes DICOM labels need. */
export type DicomPool = Pick<DecodePool, 'dicomReference' | 'readDicomLabels' | 'writeDicomLabels'>;

/** The pictures of each file, in their order, with the file's path. */
function byFile(
  { dataset }: ProjectSession,
  images: readonly LabelledImage[],
): { path: string; images: LabelledImage[] }[] {
  const files = Map.groupBy(images, ({ rootPath, relativePath }) => `${rootPath}\n${relativePath}`);
  return [...files.values()].map((list) => ({ path: dataset.file(list[0]!.image).path, images: list }));
}

/** A picture that labels refer to, and what is said of it. */
export interface FrameOfImage {
  image: LabelledImage;
  path: string;
  source: ReferencedFrame;
}

/**
 * Reads what labels say of their images. Those whose files cannot be read or referred to are told to `failed`, once a
 * file.
 */
export async function framesOf(
  session: ProjectSession,
  images: readonly LabelledImage[],
  pool: DicomPool,
  signal: AbortSignal,
  failed: (file: string, reason: string) => void,
): Promise<FrameOfImage[]> {
  const found: FrameOfImage[] = [];
  for (const { path, images: pictures } of byFile(session, images)) {
    const reference = await readReference(path, pictures, pool, signal);
    if (reference instanceof ReadroomError) {
      failed(pictures[0]!.relativePath, reference.message);
      continue;
    }
    const { planes, frames, ...instance } = reference;
    for (const [index, image] of pictures.entries()) {
      const source = { instance, frame: frames === null ? null : image.frame, plane: planes[index]! };
      found.push({ image, path, source });
    }
  }
  return found;
}

/** The refusal where a file cannot be read. @throws ReadroomError `cancelled`, and where no process starts */
async function readReference(
  path: string,
  pictures: readonly LabelledImage[],
  pool: DicomPool,
  signal: AbortSignal,
): Promise<DicomReference | ReadroomError> {
  const frames = pictures.map(({ frame }) => frame);
  try {
    return await pool.dicomReference(path, frames, signal);
  } catch (error) {
    if (isOfOneFile(error)) return error;
    throw error;
  }
}

/** Whether a failure is a file's, so that the others can go on. */
export function isOfOneFile(error: unknown): error is ReadroomError {
  return (
    error instanceof ReadroomError &&
    error.code !== 'cancelled' &&
    error.code !== 'diskFull' &&
    error.data['starts'] !== false
  );
}

export type FindInstance = (reference: {
  series: string | null;
  instance: string;
  /** From 0. */
  frame: number | null;
}) => Promise<FoundImage>;

/**
 * Finds the images that DICOM labels name. A project keeps the UIDs of series only: headers of a series' files are
 * read when it is first asked for.
 */
export async function createInstanceFinder(
  { pages, session }: Pick<Outgoing, 'pages' | 'session'>,
  pool: DicomPool,
  signal: AbortSignal,
): Promise<FindInstance> {
  const bySeries = new Map<string, LabelledImage[]>();
  for await (const page of pages('Reading the images')) {
    for (const image of page) {
      if (image.format !== 'dicom' || image.series === null) continue;
      const known = bySeries.get(image.series);
      if (known) known.push(image);
      else bySeries.set(image.series, [image]);
    }
  }
  const instances = new Map<string, Promise<Map<string, LabelledImage[]>>>();

  async function readSeries(series: string): Promise<Map<string, LabelledImage[]>> {
    const frames = await framesOf(session, bySeries.get(series) ?? [], pool, signal, () => undefined);
    const found = Map.groupBy(frames, ({ source }) => source.instance.sopInstanceUid);
    return new Map([...found].map(([uid, list]) => [uid, list.map(({ image }) => image)]));
  }

  return async ({ series, instance, frame }) => {
    const nothing = (message: string): FoundImage => ({ found: null, code: 'unknownImage', message });
    if (series === null) return nothing('The file does not say of which series its image is.');
    if (!bySeries.has(series)) return nothing(`No image of the project is of the series ${series}.`);
    if (!instances.has(series)) instances.set(series, readSeries(series));
    const pictures = (await instances.get(series)!).get(instance) ?? [];
    if (pictures.length === 0) return nothing(`No image of the project is the instance ${instance}.`);
    const wanted = frame === null ? pictures : pictures.filter((picture) => picture.frame === frame);
    if (wanted.length === 1) return { found: wanted[0]! };
    if (wanted.length === 0) return nothing(`The image has no frame ${frame! + 1}.`);
    const message = `The image has ${pictures.length} frames, and the file does not say which.`;
    return { found: null, code: 'ambiguousImage', message };
  };
}
