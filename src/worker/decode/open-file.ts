import type { FileFormat } from '../../contract/decode.ts';
import { decodePicture, decodeSamples, isGenerated, readHeader } from './decode-picture.ts';
import { type OpenedFile, ownSeries } from './opened-file.ts';
import { collapseGrey } from './picture.ts';
import { requirePicture } from './sniff.ts';
import { tiffPages } from './tiff-structure.ts';

async function openPlain(bytes: Buffer, format: Exclude<FileFormat, 'dicom' | 'nifti'>): Promise<OpenedFile> {
  const { picture, generated, warnings } = await decodePicture(bytes, format);
  return {
    format,
    generated,
    warnings,
    header: null,
    frames: 1,
    heldBytes: picture.samples.byteLength,
    position: () => null,
    picture: () => Promise.resolve(picture),
  };
}

/** A TIFF of several pages: each a picture of its own size and depth, together a series in the order of the file. */
async function openTiff(bytes: Buffer, byteSha256: () => string): Promise<OpenedFile> {
  const pages = tiffPages(bytes);
  if (pages.length === 1) return openPlain(bytes, 'tiff');
  const { metadata } = await readHeader(bytes, 'tiff');
  // What libvips does not count, it does not open.
  const found = pages.filter((page) => page < (metadata.pages ?? 1));
  if (found.length === 1) return openPlain(bytes, 'tiff');
  return {
    format: 'tiff',
    generated: isGenerated(bytes),
    warnings: [],
    header: ownSeries('tiff', byteSha256()),
    frames: found.length,
    heldBytes: 0,
    position: (frame) => frame,
    async picture(frame) {
      const header = await readHeader(bytes, 'tiff', found[frame]);
      return collapseGrey(await decodeSamples(bytes, 'tiff', header));
    },
  };
}

/**
 * Opens a file by its bytes. What reads medical formats is loaded when the first of them comes.
 * @throws ReadroomError of the "one image" group
 */
export async function openFile(bytes: Buffer, byteSha256: () => string): Promise<OpenedFile> {
  const format = requirePicture(bytes);
  if (format === 'dicom') return (await import('./dicom/open-dicom.ts')).openDicom(bytes);
  if (format === 'nifti') return (await import('./nifti.ts')).openNifti(bytes, byteSha256);
  return format === 'tiff' ? openTiff(bytes, byteSha256) : openPlain(bytes, format);
}
