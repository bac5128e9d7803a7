import type { LabelledImage } from '../db/interchange-repository.ts';
import type { Outgoing } from './outgoing.ts';

/** What a file of labels says of an image. */
export interface ImageReference {
  /** A path, the end of one, or a file name, also without its extension. */
  file: string;
  /** Which picture of the file, from 0; null: not said. */
  frame?: number | null;
  /** Id in the project that wrote the file. */
  image?: string | null;
}

export type FoundImage =
  { found: LabelledImage } | { found: null; code: 'unknownImage' | 'ambiguousImage'; message: string };

/** The pictures of a file. */
interface PicturesOfFile {
  relativePath: string;
  path: string;
  pictures: LabelledImage[];
}

const stemOf = (path: string): string => path.replace(/(?<=[^/])\.(nii\.gz|[^./]*)$/i, '');
/** File name with its folder: names alone repeat in every patient's folder. */
const endOf = (path: string): string => path.split('/').slice(-2).join('/');
const nameOf = (path: string): string => path.slice(path.lastIndexOf('/') + 1);

/**
 * Finds the images that files of labels name. The id tells when it is one of this project; else the path, of which an
 * end is enough where only one file has it; folders in front that the project does not know are left out.
 */
export async function createImageFinder({
  pages,
}: Pick<Outgoing, 'pages'>): Promise<(reference: ImageReference) => FoundImage> {
  const byId = new Map<string, LabelledImage>();
  const files = new Map<string, PicturesOfFile>();
  const whole = new Map<string, PicturesOfFile[]>();
  const withoutExtension = new Map<string, PicturesOfFile[]>();
  const note = (index: Map<string, PicturesOfFile[]>, key: string, file: PicturesOfFile): void => {
    const known = index.get(key);
    if (known) known.push(file);
    else index.set(key, [file]);
  };

  for await (const page of pages('Reading the images')) {
    for (const picture of page) {
      const { relativePath, rootPath } = picture;
      byId.set(picture.image, picture);
      const path = `${rootPath.replaceAll('\\', '/')}/${relativePath}`;
      const known = files.get(path);
      if (known) {
        known.pictures.push(picture);
        continue;
      }
      const file = { relativePath, path, pictures: [picture] };
      files.set(path, file);
      for (const key of new Set([nameOf(path), endOf(path)])) {
        note(whole, key, file);
        if (stemOf(key) !== key) note(withoutExtension, stemOf(key), file);
      }
    }
  }

  function filesEndingIn(wanted: string): PicturesOfFile[] {
    for (const [index, cut] of [
      [whole, (path: string) => path],
      [withoutExtension, stemOf],
    ] as const) {
      const candidates = index.get(endOf(wanted)) ?? [];
      const exact = candidates.filter(({ relativePath }) => cut(relativePath) === wanted);
      if (exact.length === 1) return exact;
      const ending = candidates.filter(({ path }) => `/${cut(path)}`.endsWith(`/${wanted}`));
      if (ending.length > 0) return ending;
    }
    return [];
  }

  function filesCalled(name: string): PicturesOfFile[] {
    const parts = name.split(/[\\/]/).filter((part) => part !== '' && part !== '.');
    for (let from = 0; from < parts.length; from += 1) {
      const found = filesEndingIn(parts.slice(from).join('/'));
      if (found.length > 0) return found;
    }
    return [];
  }

  return ({ file, frame = null, image = null }) => {
    const known = image === null ? undefined : byId.get(image);
    if (known) return { found: known };
    const called = filesCalled(file);
    if (called.length === 0)
      return { found: null, code: 'unknownImage', message: 'No image of the project is called so.' };
    if (called.length > 1) {
      const message = `${called.length} images are called so. Give more of the path.`;
      return { found: null, code: 'ambiguousImage', message };
    }
    const { pictures } = called[0]!;
    const wanted = frame === null ? pictures : pictures.filter((picture) => picture.frame === frame);
    if (wanted.length === 1) return { found: wanted[0]! };
    if (wanted.length === 0)
      return { found: null, code: 'unknownImage', message: `The file has no picture ${frame}.` };
    const message = `The file has ${pictures.length} pictures. Say which, from 0.`;
    return { found: null, code: 'ambiguousImage', message };
  };
}
