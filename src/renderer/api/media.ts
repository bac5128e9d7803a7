import { type PictureDisplay, pictureDisplaySchema } from '../../contract/decode.ts';
import { ReadroomError } from '../../contract/errors.ts';
import { bridge } from './host.ts';

/** Addresses of pictures; ids are opaque. */
export const thumbnailUrl = (project: string, image: string): string =>
  `/media/${project}/${image}/thumbnail`;
export const pixelsUrl = (project: string, image: string): string => `/media/${project}/${image}/pixels`;
export const fileThumbnailUrl = (project: string, file: string): string =>
  `/media/${project}/file/${file}/thumbnail`;
export const previewUrl = (project: string, name: string): string => `/media/${project}/previews/${name}`;
export const reportUrl = (project: string, run: string): string => `/media/${project}/runs/${run}/report`;
/** A package as an archive. @param folder of a package without a place of its own, as `run.export` tells it */
export const packageUrl = (project: string, folder: string): string => `/media/${project}/${folder}.zip`;
export const filtersUrl = (project: string, run: string, epoch: number): string =>
  `/media/${project}/runs/${run}/filters/${epoch}`;

/** Of a segmentation: a mask of an image, as drawn or as predicted. */
export const runMaskUrl = (
  project: string,
  run: string,
  { split, image, which }: { split: 'val' | 'test'; image: string; which: 'truth' | 'predicted' },
): string => `/media/${project}/runs/${run}/masks/${split}/${image}/${which}`;

/** A class of every pixel over a whole picture, at the size that a network saw: 0 the background, 255 not judged. */
export interface RunMask {
  readonly width: number;
  readonly height: number;
  readonly classes: Uint8Array;
}

/** @throws ReadroomError with the engine's sentence when it cannot be had */
export async function fetchRunMask(url: string): Promise<RunMask> {
  const answer = await fetch(url);
  if (!answer.ok) throw new ReadroomError('fileNotFound', (await answer.text()).trim());
  const read = (name: string): number => Number(answer.headers.get(`x-readroom-${name}`));
  return {
    width: read('width'),
    height: read('height'),
    classes: new Uint8Array(await answer.arrayBuffer()),
  };
}

/** A picture's samples as decoded: rows top down, channels last. */
export interface Pixels {
  readonly width: number;
  readonly height: number;
  readonly channels: 1 | 3;
  readonly samples: Uint8Array | Uint16Array;
  /** What the file says of their meaning; null where it says nothing. */
  readonly display: PictureDisplay | null;
}

/** Fetches a picture's samples. @throws ReadroomError with the engine's sentence when it cannot be had */
export async function fetchPixels(url: string, signal?: AbortSignal): Promise<Pixels> {
  const answer = await fetch(url, { signal: signal ?? null });
  if (!answer.ok) throw new ReadroomError('unreadableFile', (await answer.text()).trim());
  const read = (name: string): number => Number(answer.headers.get(`x-readroom-${name}`));
  const display = answer.headers.get('x-readroom-display');
  const bytes = await answer.arrayBuffer();
  return {
    width: read('width'),
    height: read('height'),
    channels: read('channels') === 3 ? 3 : 1,
    samples: read('bits') === 16 ? new Uint16Array(bytes) : new Uint8Array(bytes),
    display: display === null ? null : pictureDisplaySchema.parse(JSON.parse(display)),
  };
}

/** Something dropped or picked: a path of the engine's machine, or a file that has to be sent there. */
export type Dropped = { path: string } | { file: File; relativePath: string };

/** What was dropped, folders walked through. Electron knows paths; a browser gives files only. */
export async function readDrop(transfer: DataTransfer): Promise<Dropped[]> {
  const host = bridge();
  // Both lists are emptied once the event is over, so they are read before the first wait.
  const files = [...transfer.files];
  const entries = [...transfer.items].flatMap((item) => item.webkitGetAsEntry() ?? []);
  if (host !== null) {
    return files.map((file) => ({ path: host.pathOf(file) })).filter(({ path }) => path !== '');
  }
  return (await Promise.all(entries.map((entry) => walk(entry, '')))).flat();
}

async function walk(entry: FileSystemEntry, parent: string): Promise<Dropped[]> {
  const relativePath = parent === '' ? entry.name : `${parent}/${entry.name}`;
  if (entry.isFile) {
    const file = await new Promise<File>((resolve, reject) =>
      (entry as FileSystemFileEntry).file(resolve, reject),
    );
    return [{ file, relativePath }];
  }
  const reader = (entry as FileSystemDirectoryEntry).createReader();
  const found: Dropped[] = [];
  for (;;) {
    const batch = await new Promise<FileSystemEntry[]>((resolve, reject) =>
      reader.readEntries(resolve, reject),
    );
    if (batch.length === 0) return found;
    for (const child of batch) found.push(...(await walk(child, relativePath)));
  }
}

export interface Upload {
  /** Paths on the engine's machine, one for each thing that was dropped. */
  readonly sources: string[];
  /** What had to be sent: the upload's id and its folder, which holds the dropped folders; null when nothing had. */
  readonly incoming: { readonly id: string; readonly folder: string } | null;
}

/** Sends dropped files to the engine where they have no path there. */
export async function upload(
  project: string,
  dropped: readonly Dropped[],
  onProgress: (done: number, total: number) => void = () => undefined,
  signal?: AbortSignal,
): Promise<Upload> {
  const paths = dropped.flatMap((item) => ('path' in item ? [item.path] : []));
  const files = dropped.flatMap((item) => ('file' in item ? [item] : []));
  if (files.length === 0) return { sources: paths, incoming: null };
  const incoming = crypto.randomUUID();
  const sent: string[] = [];
  let folder = '';
  let next = 0;
  const send = async (): Promise<void> => {
    for (let index = next++; index < files.length; index = next++) {
      const { file, relativePath } = files[index]!;
      // Such characters are refused; what a file is called does not matter once it is an image of the project.
      const safe = relativePath.replace(/[\p{Cc}\\]/gu, '_');
      const name = safe.split('/').map(encodeURIComponent).join('/');
      const answer = await fetch(`/media/${project}/incoming/${incoming}/${name}`, {
        method: 'PUT',
        headers: { 'content-type': 'application/octet-stream' },
        body: file,
        signal: signal ?? null,
      });
      if (!answer.ok) throw new ReadroomError('unreadableFile', (await answer.text()).trim());
      const written = (await answer.json()) as { path: string; folder: string };
      folder = written.folder;
      sent.push(written.path);
      onProgress(sent.length, files.length);
    }
  };
  await Promise.all(Array.from({ length: 4 }, send));
  return { sources: [...paths, ...sent], incoming: { id: incoming, folder } };
}

/** Removes what an upload left on the engine's machine. */
export async function dropUpload(project: string, incoming: string): Promise<void> {
  await fetch(`/media/${project}/incoming/${incoming}`, {
    method: 'DELETE',
    headers: { 'content-type': 'application/octet-stream' },
  });
}
