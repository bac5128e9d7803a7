import { access } from 'node:fs/promises';
import path from 'node:path';
import { Readable } from 'node:stream';
import type { ReadableStream } from 'node:stream/web';

import { ReadroomError } from '../../contract/errors.ts';
import type { PictureSize } from '../../core/input-geometry.ts';
import { packageFolderPattern } from '../../core/package-folder.ts';
import type { ImageFile } from '../db/dataset-repository.ts';
import { exportsFolder, runFolderOf } from '../runs/run-folder.ts';
import { translateSystemError } from '../system-errors.ts';
import { fileAnswer, plain, refusal, reportHeaders, unchanged } from './answers.ts';
import { incomingFolder, receiveFile, removeIncoming, uploadNames } from './incoming.ts';
import type { Pictures, ShownPicture } from './pictures.ts';
import { createMaskAnswer } from './run-masks.ts';
import type { ShownFiles } from './shown-files.ts';
import { zipFolder } from './zip-folder.ts';

/** What the handler needs of an open project. */
export interface MediaProject {
  readonly id: string;
  readonly folder: string;
  readonly readOnly: boolean;
  /** @throws ReadroomError `projectReadOnly` */
  writing(): unknown;
  readonly dataset: {
    file(image: string): ImageFile;
    markMissing(images: readonly string[]): void;
    markFound(images: readonly string[]): void;
  };
  readonly annotations: { pictureOf(image: string): PictureSize | null };
}

export interface MediaDependencies {
  /** @throws ReadroomError `projectNotFound` */
  project(id: string): MediaProject;
  pictures: Pictures;
  shownFiles: ShownFiles;
}

type Answer = (request: Request, project: MediaProject, parts: string[]) => Promise<Response>;

interface Route {
  /** Below `/media/<project>/`; its groups are the parts. */
  pattern: RegExp;
  methods: Record<string, Answer>;
}

const uuid = '([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})';
const beginning = new RegExp(`^/media/${uuid}/`);
const forever = 'private, max-age=31536000, immutable';

/**
 * Everything that does not travel as messages: pictures and reports to the screens, files from them. Pictures are
 * addressed by opaque ids; paths never appear.
 *
 * - `GET …/<image>/thumbnail`, `…/<image>/pixels`, and the same below `file/<handle>/` for a shown file
 * - `GET …/previews/<name>.webp`, `…/runs/<run>/report`, `…/runs/<run>/filters/<epoch>`, `…/exports/<package>.zip`
 * - `GET …/runs/<run>/masks/<val|test>/<image>/<truth|predicted>`: a byte a pixel over the whole picture, the class
 * - `PUT …/incoming/<uuid>/<encoded path>`, `DELETE …/incoming/<uuid>`
 */
export function createMediaHandler(dependencies: MediaDependencies): (request: Request) => Promise<Response> {
  const routes = mediaRoutes(dependencies);
  return async (request) => {
    const { pathname } = new URL(request.url);
    const start = beginning.exec(pathname);
    const rest = pathname.slice(start?.[0].length);
    const route = start && routes.find(({ pattern }) => pattern.test(rest));
    if (!start || !route) return plain(404, 'There is no such picture.');
    const answer = route.methods[request.method === 'HEAD' ? 'GET' : request.method];
    if (!answer) return plain(405, `This cannot be asked for with ${request.method}.`);
    try {
      const parts = route.pattern.exec(rest)!.slice(1);
      return await answer(request, dependencies.project(start[1]!), parts);
    } catch (error) {
      const known = translateSystemError(error);
      if (known instanceof ReadroomError) return refusal(known);
      throw known;
    }
  };
}

function mediaRoutes({ pictures, shownFiles }: MediaDependencies): Route[] {
  const imagePicture = (file: ImageFile, { folder, readOnly }: MediaProject): ShownPicture => {
    const cache = path.join(folder, 'cache');
    return {
      key: file.pixelSha256,
      path: file.path,
      frame: file.frame,
      pixelSha256: file.pixelSha256,
      ...(readOnly ? { cacheFolder: null, readableCache: cache } : { cacheFolder: cache }),
    };
  };

  const ofImage =
    (answer: typeof thumbnailAnswer): Answer =>
    async (request, project, [image]) => {
      const file = project.dataset.file(image!);
      try {
        const answered = await answer(request, imagePicture(file, project), pictures);
        if (file.missingSince !== null && answered.status === 200) await noteFound(file, project);
        return answered;
      } catch (error) {
        const known = translateSystemError(error);
        if (known instanceof ReadroomError && known.code === 'fileNotFound')
          project.dataset.markMissing([file.image]);
        throw known;
      }
    };

  const ofFile =
    (answer: typeof thumbnailAnswer): Answer =>
    (request, project, [handle]) =>
      answer(
        request,
        { key: handle!, path: shownFiles.path(project.id, handle!), frame: 0, cacheFolder: null },
        pictures,
      );

  return [
    { pattern: new RegExp(`^${uuid}/thumbnail$`), methods: { GET: ofImage(thumbnailAnswer) } },
    { pattern: new RegExp(`^${uuid}/pixels$`), methods: { GET: ofImage(pixelsAnswer) } },
    { pattern: new RegExp(`^file/${uuid}/thumbnail$`), methods: { GET: ofFile(thumbnailAnswer) } },
    { pattern: new RegExp(`^file/${uuid}/pixels$`), methods: { GET: ofFile(pixelsAnswer) } },
    { pattern: /^previews\/([0-9a-z-]{1,80}\.webp)$/, methods: { GET: previewAnswer } },
    { pattern: new RegExp(`^runs/${uuid}/report$`), methods: { GET: reportAnswer } },
    { pattern: new RegExp(`^runs/${uuid}/filters/([1-9][0-9]{0,8})$`), methods: { GET: filtersAnswer } },
    {
      pattern: new RegExp(`^runs/${uuid}/masks/(val|test)/${uuid}/(truth|predicted)$`),
      methods: { GET: createMaskAnswer() },
    },
    {
      pattern: new RegExp(`^exports/(${packageFolderPattern.source})\\.zip$`),
      methods: { GET: packageAnswer },
    },
    { pattern: new RegExp(`^incoming/${uuid}/(.+)$`), methods: { PUT: receive } },
    { pattern: new RegExp(`^incoming/${uuid}$`), methods: { DELETE: discard } },
  ];
}

async function thumbnailAnswer(
  request: Request,
  picture: ShownPicture,
  pictures: Pictures,
): Promise<Response> {
  const etag = etagOf(picture);
  const headers = { 'content-type': 'image/webp', etag, 'cache-control': forever };
  return (
    unchanged(request, etag) ??
    fileAnswer(await pictures.thumbnail(picture, request.signal), request, headers)
  );
}

async function pixelsAnswer(request: Request, picture: ShownPicture, pictures: Pictures): Promise<Response> {
  const etag = etagOf(picture);
  const known = unchanged(request, etag);
  if (known) return known;
  const answer = async (): Promise<Response> => {
    const file = await pictures.pixels(picture, request.signal);
    const headers = {
      'content-type': 'application/vnd.readroom.pixels',
      etag,
      'x-readroom-width': String(file.width),
      'x-readroom-height': String(file.height),
      'x-readroom-channels': String(file.channels),
      'x-readroom-bits': String(file.bitDepth),
      ...(file.display && { 'x-readroom-display': asciiJson(file.display) }),
    };
    return fileAnswer(file.path, request, headers, file.samplesBytes);
  };
  try {
    return await answer();
  } catch (error) {
    if (error instanceof ReadroomError || !isGone(error)) throw error;
    // Another picture took its place in the cache just now.
    await pictures.forget(picture);
    return answer();
  }
}

/** JSON for a header, which holds ASCII only. */
const asciiJson = (value: unknown): string =>
  JSON.stringify(value).replace(
    /[\u007f-\uffff]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );

const etagOf = ({ key }: ShownPicture): string => `"${key.slice(0, 36)}"`;

const isGone = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && error.code === 'ENOENT';

/** A thumbnail may stand for a picture that is gone. */
async function noteFound(file: ImageFile, { dataset }: MediaProject): Promise<void> {
  await access(file.path).then(
    () => dataset.markFound([file.image]),
    () => undefined,
  );
}

async function previewAnswer(
  request: Request,
  { folder }: MediaProject,
  [name]: string[],
): Promise<Response> {
  const headers = { 'content-type': 'image/webp', 'cache-control': forever };
  return madeFile(path.join(folder, 'cache', 'previews', name!), request, headers, {
    message: 'This preview is gone.',
  });
}

async function filtersAnswer(
  request: Request,
  { folder }: MediaProject,
  [run, epoch]: string[],
): Promise<Response> {
  // A run that began anew writes another picture of the same epoch.
  const headers = { 'content-type': 'image/png', 'cache-control': 'private, no-cache' };
  const file = runFolderOf(folder, run!).filters(Number(epoch));
  return madeFile(file, request, headers, {
    message: `There is no picture of the filters after epoch ${epoch}.`,
    hint: 'Those of the first epoch and of the last ones are kept.',
  });
}

async function reportAnswer(request: Request, { folder }: MediaProject, [run]: string[]): Promise<Response> {
  return madeFile(runFolderOf(folder, run!).report, request, reportHeaders, {
    message: 'This run has no report yet.',
  });
}

async function packageAnswer(
  request: Request,
  { folder }: MediaProject,
  [name]: string[],
): Promise<Response> {
  const archive = await zipFolder(path.join(folder, exportsFolder, name!), name!).catch((error: unknown) => {
    if (!isGone(error)) throw error;
    throw new ReadroomError('fileNotFound', 'There is no such package.', 'Export it first.');
  });
  const headers = {
    'content-type': 'application/zip',
    'content-length': String(archive.bytes),
    'content-disposition': `attachment; filename="${name}.zip"`,
  };
  if (request.method === 'HEAD') return new Response(null, { headers });
  return new Response(Readable.toWeb(archive.stream), { headers });
}

/** A file that Readroom makes when asked to, which may not have happened. */
async function madeFile(
  file: string,
  request: Request,
  headers: Record<string, string>,
  { message, hint = 'Make it first.' }: { message: string; hint?: string },
): Promise<Response> {
  try {
    return await fileAnswer(file, request, headers);
  } catch (error) {
    if (!isGone(error)) throw error;
    throw new ReadroomError('fileNotFound', message, hint);
  }
}

async function receive(
  request: Request,
  project: MediaProject,
  [upload, encoded]: string[],
): Promise<Response> {
  project.writing();
  const length = request.headers.get('content-length');
  const folder = incomingFolder(project.folder, upload!);
  const body = request.body as ReadableStream<Uint8Array> | null;
  const written = await receiveFile(folder, uploadNames(encoded!), body, {
    sizeBytes: length === null ? null : Number(length),
    signal: request.signal,
  });
  return Response.json({ path: written, folder });
}

async function discard(_request: Request, project: MediaProject, [upload]: string[]): Promise<Response> {
  project.writing();
  await removeIncoming(project.folder, upload!);
  return new Response(null, { status: 204 });
}
