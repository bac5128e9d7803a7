import path from 'node:path';

import sharp from 'sharp';

import { createRandom } from '../../src/core/random.ts';
import type { JournalEvent } from '../../src/contract/label.ts';
import { inScratch, type Outcome, readroom, startReadroom, tryReadroom } from './lib/readroom.ts';
import { mkdirSync } from 'node:fs';

const images = 24;
const rounds = 25;
const writers = 6;

/** `kill -9` while many processes write labels: whatever a process acknowledged must still be there. */
export default {
  name: 'labels',
  description: `${rounds} rounds of ${writers} processes labelling one project, killed at random: none acknowledged is lost`,
  run: () =>
    inScratch(async (folder) => {
      const project = await makeProject(folder);
      const random = createRandom(7, 'label kills');
      const acknowledged: string[] = [];
      let killed = 0;
      for (let round = 0; round < rounds; round++) {
        const outcomes = await killRound(project, random);
        killed += outcomes.filter(({ signal }) => signal === 'SIGKILL').length;
        for (const { document } of outcomes) {
          // A process that was killed after it had answered has acknowledged its label too.
          if (typeof document?.['event'] === 'string') acknowledged.push(document['event']);
        }
      }
      const journal = readJournal(project);
      const lost = acknowledged.filter((event) => !journal.has(event));
      const opened = tryReadroom('label', project, nameOf(0), '--class', 'a', '--reader', 'last');
      const passed = lost.length === 0 && killed > 0 && acknowledged.length > 0 && opened.status === 0;
      return {
        results: {
          rounds,
          writers,
          killed,
          acknowledged: acknowledged.length,
          inJournal: journal.size,
          lost,
        },
        passed,
        summary: [
          `${rounds * writers} labelling processes, ${killed} killed with SIGKILL, ${acknowledged.length} labels acknowledged, ${lost.length} lost.`,
        ],
      };
    }),
};

async function killRound(project: string, random: ReturnType<typeof createRandom>): Promise<Outcome[]> {
  const children = Array.from({ length: writers }, (_, writer) =>
    startReadroom(
      'label',
      project,
      nameOf(random.integer(images)),
      '--class',
      random.integer(2) === 0 ? 'a' : 'b',
      '--reader',
      `reader ${writer}`,
    ),
  );
  // From before the first one has opened the project until after the last has written.
  const killAfterMs = 150 + random.integer(1400);
  const victims = children.filter(() => random.integer(2) === 0);
  const timer = setTimeout(() => victims.forEach((child) => child.kill('SIGKILL')), killAfterMs);
  const outcomes = await Promise.all(children.map(({ ended }) => ended));
  clearTimeout(timer);
  return outcomes;
}

async function makeProject(folder: string): Promise<string> {
  const files = path.join(folder, 'files');
  mkdirSync(files);
  for (let index = 0; index < images; index++) {
    await sharp({ create: { width: 16, height: 16, channels: 3, background: { r: index * 10, g: 0, b: 0 } } })
      .png()
      .toFile(path.join(files, nameOf(index)));
  }
  const project = path.join(folder, 'project');
  readroom('new', project, '--classes', 'a,b');
  readroom('import', project, files, '--labels', 'none');
  return project;
}

function readJournal(project: string): Set<string> {
  const events = Array.from({ length: images }, (_, index) =>
    readroom<{ events: JournalEvent[] }>('history', project, nameOf(index)),
  );
  return new Set(events.flatMap((document) => document.events.map(({ event }) => event)));
}

function nameOf(index: number): string {
  return `film-${String(index).padStart(2, '0')}.png`;
}
