import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import type { FileFacts, HeaderFacts, PictureFacts } from '../../src/contract/decode.ts';
import type { NewFile } from '../../src/engine/db/import-files.ts';
import type { ImportRepository } from '../../src/engine/db/import-repository.ts';
import { createProject, type ProjectSession } from '../../src/engine/project/session.ts';

/** What a test says of an image; the rest is plausible. */
export interface PlainImage
  extends
    Partial<PictureFacts>,
    Partial<Pick<FileFacts, 'format' | 'byteSha256' | 'sizeBytes' | 'generated'>> {
  path: string;
  patient?: string;
  /** Of a DICOM header: with both UIDs it is in a series. */
  header?: Partial<HeaderFacts>;
  /** Class name, as imported. */
  label?: string;
}

export interface ImageProject {
  folder: string;
  session: ProjectSession;
  classId(name: string): string;
  /** Adds rows as an import would, without files; ids in the same order. */
  add(images: readonly PlainImage[]): string[];
  /** Gives an image's file a patient, as a later import would. */
  namePatient(image: string, patient: string): void;
  close(): void;
}

/** A project whose images are rows only: for what never reads a pixel. */
export async function openImageProject(classes: string[] = ['normal', 'opacity']): Promise<ImageProject> {
  const folder = path.join(mkdtempSync(path.join(tmpdir(), 'readroom-images-')), 'project');
  const session = await createProject({ path: folder, classes }, { program: 'test', lockWaitMs: 0 });
  const classId = (name: string): string => session.projects.classNamed(name).id;
  let added = 0;
  return {
    folder,
    session,
    classId,
    add(images) {
      const { imports } = session.writing();
      const rootId = imports.root('reference', '/films');
      const files = images.map(({ path: relativePath, label, ...facts }) => {
        const hash = (added++).toString(16).padStart(64, '0');
        const labels = [label === undefined ? null : classId(label)];
        return {
          ...plainFile({ byteSha256: hash, pixelSha256: hash, ...facts, path: relativePath }),
          ...{ rootId, labels },
        };
      });
      return addFiles(imports, files);
    },
    namePatient(image, patientKey) {
      const { imports } = session.writing();
      const { file } = session.known.findByBytes(session.dataset.file(image).byteSha256)!;
      const chunk = { files: [], additions: [{ file, patientKey }], studyPatients: new Map() };
      imports.write(chunk, imports.begin(null, 'images'));
    },
    close() {
      session.close();
      rmSync(path.dirname(folder), { recursive: true, force: true });
    },
  };
}

/** Adds files as one import of nobody; the ids of their images. */
export function addFiles(imports: ImportRepository, files: readonly NewFile[]): string[] {
  const chunk = { files, additions: [], studyPatients: new Map<string, string>() };
  return imports.write(chunk, imports.begin(null, 'images')).flatMap(({ images }) => images);
}

/** A file of one picture as an import writes it; its root and label are the caller's. */
export function plainFile(image: Omit<PlainImage, 'label'>): Omit<NewFile, 'rootId' | 'labels'> {
  const { path: relativePath, patient, header, format, byteSha256, sizeBytes, generated, ...picture } = image;
  return {
    relativePath,
    facts: {
      format: format ?? 'png',
      byteSha256: byteSha256 ?? '0'.repeat(64),
      sizeBytes: sizeBytes ?? 8000,
      generated: generated ?? false,
      header: header ? { ...emptyHeader, ...header } : null,
      frames: 1,
      warnings: [],
    },
    pictures: [{ ...plainPicture, ...picture }],
    patientKey: patient ?? null,
    part: null,
    inSeries: header?.studyUid != null && header.seriesUid != null,
    removedFile: null,
  };
}

const emptyHeader: HeaderFacts = {
  ...{ patientKey: null, sex: null, studyUid: null, ageYears: null, seriesUid: null, modality: null },
  ...{ bodyPart: null, device: null, laterality: null, view: null },
};

const plainPicture: PictureFacts = {
  frame: 0,
  position: null,
  width: 100,
  height: 80,
  channels: 1,
  bitDepth: 8,
  pixelSha256: '0'.repeat(64),
  mean: 0.5,
  deviation: 0.2,
  sharpness: 0.01,
  differenceHash: '0123456789abcdef'.repeat(4),
};
