import { createReadStream, statSync } from 'node:fs';
import { Readable } from 'node:stream';

import type { ImageFile } from '../db/dataset-repository.ts';
import { ReadroomError } from '../../contract/errors.ts';

/** What the handler needs of an open project. */
export interface MediaSource {
  file(image: string): ImageFile;
  /** Path of the stored thumbnail, made when it is not there. */
  thumbnail(file: ImageFile): Promise<string>;
}

const route = /^\/media\/([0-9a-f-]{36})\/([0-9a-f-]{36})\/thumbnail$/;

/**
 * Answers `/media/<project>/<image>/thumbnail` with a WebP picture: the one way by which pixels reach a screen.
 * Ids are opaque; paths never appear.
 */
export function createMediaHandler(
  sourceOf: (project: string) => MediaSource,
): (request: Request) => Promise<Response> {
  return async (request) => {
    const match = route.exec(new URL(request.url).pathname);
    if (!match) return plain(404, 'There is no such picture.');
    if (request.method !== 'GET' && request.method !== 'HEAD')
      return plain(405, 'Pictures can only be read.');
    try {
      const source = sourceOf(match[1]!);
      const file = source.file(match[2]!);
      const etag = `"${file.pixelSha256.slice(0, 32)}"`;
      const headers = { 'content-type': 'image/webp', etag };
      if (request.headers.get('if-none-match') === etag) return new Response(null, { status: 304, headers });
      const path = await source.thumbnail(file);
      const length = String(statSync(path).size);
      const body =
        request.method === 'HEAD' ? null : (Readable.toWeb(createReadStream(path)) as ReadableStream);
      return new Response(body, { headers: { ...headers, 'content-length': length } });
    } catch (error) {
      if (error instanceof ReadroomError) return plain(404, `${error.message} ${error.hint}`);
      throw error;
    }
  };
}

function plain(status: number, text: string): Response {
  return new Response(text, { status, headers: { 'content-type': 'text/plain; charset=utf-8' } });
}
