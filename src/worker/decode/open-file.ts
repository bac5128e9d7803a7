import type { FileFormat } from '../../contract/decode.ts';
import { decodePicture } from './decode-picture.ts';
import type { OpenedFile } from './opened-file.ts';
import { requirePicture } from './sniff.ts';

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

/**
 * Opens a file by its bytes. What reads medical formats is loaded when the first of them comes.
 * @throws ReadroomError of the "one image" group
 */
export async function openFile(bytes: Buffer, byteSha256: () => string): Promise<OpenedFile> {
  const format = requirePicture(bytes);
  if (format === 'dicom') return (await import('./dicom/open-dicom.ts')).openDicom(bytes);
  if (format === 'nifti') return (await import('./nifti.ts')).openNifti(bytes, byteSha256);
  return openPlain(bytes, format);
}
