import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import type { ImageFacts } from '../../src/contract/decode.ts';
import type { NewImage } from '../../src/engine/db/import-repository.ts';
import { createProject, type ProjectSession } from '../../src/engine/project/session.ts';

/** What a test says of an image; the rest is plausible. */
export interface PlainImage extends Partial<ImageFacts> {
  path: string;
  patient?: string;
  /** Class name, as imported. */
  label?: string;
}

export interface ImageProject {
  folder: string;
  session: ProjectSession;
  classId(name: string): string;
  /** Adds rows as an import would, without files; ids in the same order. */
  add(images: readonly PlainImage[]): string[];
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
      const rows = images.map(({ path: relativePath, patient, label, ...facts }): NewImage => {
        const hash = (added++).toString(16).padStart(64, '0');
        return {
          rootId,
          relativePath,
          facts: { ...plainFacts, byteSha256: hash, pixelSha256: hash, ...facts },
          patientKey: patient ?? null,
          part: null,
          classId: label === undefined ? null : classId(label),
        };
      });
      return imports.add(rows);
    },
    close() {
      session.close();
      rmSync(path.dirname(folder), { recursive: true, force: true });
    },
  };
}

const plainFacts: ImageFacts = {
  format: 'png',
  width: 100,
  height: 80,
  channels: 1,
  bitDepth: 8,
  byteSha256: '',
  pixelSha256: '',
  sizeBytes: 8000,
  generated: false,
  mean: 0.5,
  deviation: 0.2,
  sharpness: 0.01,
  differenceHash: '0123456789abcdef'.repeat(4),
  warnings: [],
};
