import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync } from 'node:fs';
import path from 'node:path';

import sharp from 'sharp';

import { createRandom } from '../../src/core/random.ts';
import { openForReading, type ProjectDatabase } from '../../src/engine/db/open.ts';
import { type Initial, replay, standing } from '../../test/support/journal-replay.ts';
import { inScratch, type Outcome, readroom, startReadroom, tryReadroom } from './lib/readroom.ts';

const images = 24;
const rounds = Number(process.env['READROOM_LABEL_ROUNDS'] ?? 200);
const commands = 3;
const writers = 3;
const actionsOfWriter = 40;

type Random = ReturnType<typeof createRandom>;

/** Kinds of labels, with what makes a project of each and what labels in it. */
const kinds = [
  { name: 'one class', made: ['--classes', 'a,b,c'], label: (pick: number) => ['--class', 'abc'[pick % 3]!] },
  {
    name: 'sets of classes',
    made: ['--classes', 'a,b,c', '--labels', 'multi'],
    label: (pick: number) => (pick % 4 === 3 ? ['--none'] : ['--clear']),
  },
  {
    name: 'numbers',
    made: ['--labels', 'number', '--unit', 'months', '--low', '0', '--high', '240'],
    label: (pick: number) => ['--value', String(pick % 241)],
  },
];

interface Project {
  name: string;
  folder: string;
  label: (pick: number) => string[];
  initial: Initial;
  /** Events and batches that a process has told of. */
  acknowledged: Set<string>;
}

/** What a check after a round found wrong. */
interface Fault {
  round: number;
  project: string;
  what: string;
}

/**
 * `kill -9` while many processes label, draw, change classes and take back: whatever one acknowledged must still be
 * there, the database whole, and its tables what the journal says.
 */
export default {
  name: 'labels',
  description: `${rounds} rounds of ${commands + writers} processes at work on one project, killed at random: no acknowledged action is lost`,
  run: () =>
    inScratch(async (folder) => {
      const projects = await makeProjects(folder);
      const settings = mkdtempSync(path.join(folder, 'settings-'));
      const random = createRandom(7, 'label kills');
      const faults: Fault[] = [];
      let killed = 0;
      for (let round = 0; round < rounds; round++) {
        const project = projects[round % projects.length]!;
        killed += await killRound(project, settings, random);
        faults.push(...check(project).map((what) => ({ round, project: project.name, what })));
      }
      const opened = projects.map(({ folder: path }) =>
        tryReadroom('label', path, nameOf(0), '--clear', '--reader', 'last'),
      );
      const acknowledged = projects.reduce((sum, project) => sum + project.acknowledged.size, 0);
      const events = projects.map(({ name, folder: path }) => ({ project: name, events: countEvents(path) }));
      const passed =
        faults.length === 0 &&
        killed > 0 &&
        projects.every((project) => project.acknowledged.size > 0) &&
        opened.every(({ status }) => status === 0);
      return {
        results: { rounds, processes: commands + writers, killed, acknowledged, journal: events, faults },
        passed,
        summary: [
          `${rounds * (commands + writers)} processes at work, ${killed} killed with SIGKILL, ${acknowledged} actions acknowledged, ${faults.length} faults (lost actions, damage, tables that are not what the journal says).`,
        ],
      };
    }),
};

/** Starts commands and writers on a project and kills some of them; how many were killed. */
async function killRound(project: Project, settings: string, random: Random): Promise<number> {
  const { folder, label, acknowledged } = project;
  const labelling = Array.from({ length: commands }, (_, index) =>
    startReadroom(
      ...['label', folder, nameOf(random.integer(images)), ...label(random.integer(1000))],
      ...['--reader', `reader ${index}`],
    ),
  );
  const working = Array.from({ length: writers }, (_, index) =>
    startWriter([
      folder,
      `writer ${index}`,
      String(random.integer(1 << 30)),
      String(actionsOfWriter),
      settings,
    ]),
  );
  const children = [...labelling, ...working];
  // From before the first one has opened the project until after the last has written.
  const killAfterMs = 150 + random.integer(3000);
  const victims = children.filter(() => random.integer(2) === 0);
  const timer = setTimeout(() => victims.forEach((child) => child.kill('SIGKILL')), killAfterMs);
  const outcomes: Outcome[] = await Promise.all(labelling.map(({ ended }) => ended));
  const written = await Promise.all(working.map(({ ended }) => ended));
  clearTimeout(timer);
  for (const { document } of outcomes) {
    // A process that was killed after it had answered has acknowledged its label too.
    const event = document?.['event'];
    if (typeof event === 'string' && event !== '') acknowledged.add(event);
  }
  for (const { batches } of written) for (const batch of batches) acknowledged.add(batch);
  return [...outcomes, ...written].filter(({ signal }) => signal === 'SIGKILL').length;
}

function startWriter(args: string[]): {
  ended: Promise<{ signal: NodeJS.Signals | null; batches: string[] }>;
  kill(signal: NodeJS.Signals): void;
} {
  const program = path.join(import.meta.dirname, 'labels', 'writer.ts');
  const child = spawn(process.execPath, [program, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  let stdout = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  const ended = new Promise<{ signal: NodeJS.Signals | null; batches: string[] }>((resolve) => {
    // The last line may be half written, which is no acknowledgement.
    child.once('close', (_status, signal) => resolve({ signal, batches: stdout.split('\n').slice(0, -1) }));
  });
  return { ended, kill: (signal) => void child.kill(signal) };
}

/** What is wrong in a project that nobody works on now; each a sentence. */
function check({ folder, initial, acknowledged }: Project): string[] {
  return reading(folder, (database) => {
    const { handle } = database;
    const present = new Set([
      ...handle.prepare<[], string>('SELECT id FROM event').pluck().all(),
      ...handle.prepare<[], string>('SELECT batch FROM action').pluck().all(),
    ]);
    const lost = [...acknowledged].filter((id) => !present.has(id));
    const integrity = handle.pragma('integrity_check', { simple: true });
    const references = handle.pragma('foreign_key_check') as unknown[];
    const [tables, journal] = [standing(database), replay(database, initial)];
    const different = (Object.keys(tables) as (keyof typeof tables)[]).filter(
      (key) => textOf(tables[key]) !== textOf(journal[key]),
    );
    const countedWrongly = handle
      .prepare<[], number>(
        `SELECT count(*) FROM action WHERE events <> (SELECT count(*) FROM event WHERE event.batch = action.batch)`,
      )
      .pluck()
      .get()!;
    return [
      lost.length > 0 && `lost: ${lost.join(', ')}`,
      integrity !== 'ok' && `integrity check: ${String(integrity)}`,
      references.length > 0 && `${references.length} broken references`,
      different.length > 0 && `not what the journal says: ${different.join(', ')}`,
      countedWrongly > 0 && `${countedWrongly} actions with other events than they say`,
    ].filter((fault) => typeof fault === 'string');
  });
}

const textOf = (value: unknown): string =>
  JSON.stringify(value instanceof Map ? [...value].sort(([a], [b]) => (a < b ? -1 : 1)) : value);

function reading<T>(folder: string, work: (database: ProjectDatabase) => T): T {
  const database = openForReading(path.join(folder, 'project.sqlite'));
  try {
    return work(database);
  } finally {
    database.close();
  }
}

const countEvents = (folder: string): number =>
  reading(folder, ({ handle }) => handle.prepare<[], number>('SELECT count(*) FROM event').pluck().get()!);

async function makeProjects(folder: string): Promise<Project[]> {
  const files = path.join(folder, 'files');
  mkdirSync(files);
  for (let index = 0; index < images; index++) {
    await sharp({ create: { width: 16, height: 16, channels: 3, background: { r: index * 10, g: 0, b: 0 } } })
      .png()
      .toFile(path.join(files, nameOf(index)));
  }
  return kinds.map(({ name, made, label }, index) => {
    const project = path.join(folder, `project ${index}`);
    readroom('new', project, ...made);
    const initial = reading(project, standing);
    readroom('import', project, files, '--labels', 'none');
    return { name, folder: project, label, initial, acknowledged: new Set<string>() };
  });
}

function nameOf(index: number): string {
  return `film-${String(index).padStart(2, '0')}.png`;
}
