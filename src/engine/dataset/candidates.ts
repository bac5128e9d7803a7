import path from 'node:path';

import type { RefusedFile } from '../../contract/import.ts';
import { ReadroomError } from '../../contract/errors.ts';
import { compareNatural } from '../../core/natural-order.ts';
import { isMediumDirectory, looksLikePicture } from './picture-names.ts';
import type { FoundFile, Scan } from './scan.ts';
import { openArchive, type Archive, type ArchiveEntry } from './zip.ts';

/** A file of a folder or an archive that may become an image. */
export interface Candidate {
  origin: ({ kind: 'file' } & FoundFile) | { kind: 'entry'; entry: ArchiveEntry };
  /** As a person knows it. */
  shownAs: string;
  /** Last part of its name. */
  name: string;
  /** Below its source, forward slashes. */
  relativePath: string;
  /** Of a folder its name, of a single file its folder's, of an archive its name without ending. */
  sourceName: string;
  inArchive: boolean;
  /** Whether its name or the user says that it is a picture, so that it is refused when it is none. */
  promised: boolean;
}

export interface Candidates {
  candidates: Candidate[];
  refused: RefusedFile[];
  warnings: string[];
  close(): void;
}

function fromFile(file: FoundFile): Candidate {
  const name = file.relativePath.slice(file.relativePath.lastIndexOf('/') + 1);
  return {
    origin: { kind: 'file', ...file },
    shownAs: file.shownAs,
    name,
    relativePath: file.relativePath,
    sourceName: path.basename(file.rootPath),
    inArchive: false,
    promised: file.named || looksLikePicture(name),
  };
}

function fromEntry(entry: ArchiveEntry, archive: { path: string; shownAs: string }): Candidate {
  const name = entry.name.slice(entry.name.lastIndexOf('/') + 1);
  return {
    origin: { kind: 'entry', entry },
    shownAs: `${archive.shownAs}/${entry.name}`,
    name,
    relativePath: entry.name,
    sourceName: path.basename(archive.path).replace(/\.zip$/i, ''),
    inArchive: true,
    promised: looksLikePicture(name),
  };
}

/** Without what only lists other files, and a sentence about it. */
function withoutDirectories(all: readonly Candidate[]): { candidates: Candidate[]; warnings: string[] } {
  const candidates = all.filter(({ name }) => !isMediumDirectory(name));
  const passedOver = all.length - candidates.length;
  if (passedOver === 0) return { candidates, warnings: [] };
  const what = passedOver === 1 ? 'One DICOMDIR was' : `${passedOver} DICOMDIRs were`;
  return {
    candidates,
    warnings: [`${what} passed over: the files beside it are looked at one by one.`],
  };
}

/** The files that were found and those inside archives. A damaged or oversized archive is refused as a whole. */
export async function collectCandidates(scan: Scan): Promise<Candidates> {
  const all = scan.files.map(fromFile);
  const refused: RefusedFile[] = [];
  const archives: Archive[] = [];
  const close = (): void => {
    for (const archive of archives) archive.close();
  };
  for (const found of scan.archives) {
    const { shownAs } = found;
    try {
      const archive = await openArchive(found.path);
      archives.push(archive);
      const entries = archive.entries.toSorted((a, b) => compareNatural(a.name, b.name));
      for (const entry of entries) all.push(fromEntry(entry, found));
      for (const entry of archive.refused) refused.push({ ...entry, file: `${shownAs}/${entry.file}` });
    } catch (error) {
      if (!(error instanceof ReadroomError)) {
        close();
        throw error;
      }
      refused.push({ file: shownAs, code: error.code, message: error.message });
    }
  }
  return { ...withoutDirectories(all), refused, close };
}
