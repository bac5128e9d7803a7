import { createRandom } from '../../src/core/random.ts';
import {
  dump,
  edit,
  faults,
  makeCopies,
  mergedSchemas,
  mergeInto,
  openCopy,
} from '../../test/support/merge-copies.ts';
import { inScratch } from './lib/readroom.ts';
import { mkdtempSync } from 'node:fs';
import path from 'node:path';

const seeds = Number(process.env['READROOM_PROOF_SEEDS'] ?? 4);
const edits = 1000;

/** What copies of one project came to. */
interface Outcome {
  seed: number;
  labels: string;
  copies: number;
  events: number;
  conflicts: number;
  /** Of the longest merge. */
  seconds: number;
  /** Tables in which copies differ, and what is wrong in them. */
  wrong: string[];
}

/**
 * Copies of a project that worked apart: labels of every kind and level, readers, drawings, classes, imports, rounds,
 * settings, undo and redo. Merged into each other they must be the same, and stay so.
 */
export default {
  name: 'merge',
  description: `copies of ${seeds} projects that worked apart for ${edits} random edits each come to the same when they are merged, two in both ways and three in any order`,
  run: ({ tell }: { tell: (line: string) => void }) =>
    inScratch(async (scratch) => {
      const outcomes: Outcome[] = [];
      for (let seed = 0; seed < seeds; seed += 1) {
        outcomes.push(await apart(mkdtempSync(path.join(scratch, 'two-')), seed, 2));
        outcomes.push(await apart(mkdtempSync(path.join(scratch, 'three-')), seed, 3));
        tell(`prove: merge: ${seed + 1} of ${seeds}`);
      }
      const events = outcomes.reduce((sum, outcome) => sum + outcome.events, 0);
      const conflicts = outcomes.reduce((sum, outcome) => sum + outcome.conflicts, 0);
      const wrong = outcomes.filter((outcome) => outcome.wrong.length > 0).length;
      return {
        results: { seeds, edits, outcomes },
        passed: wrong === 0,
        summary: [
          `${outcomes.length} projects, ${events} events in their journals after the merges, ${conflicts} conflicts noted; in ${wrong} of them copies differed, changed with a second merge, or were damaged.`,
        ],
      };
    }),
};

async function apart(folder: string, seed: number, copies: number): Promise<Outcome> {
  const schema = mergedSchemas[seed % mergedSchemas.length]!;
  const folders = await makeCopies(folder, schema, copies);
  for (const [index, copy] of folders.entries()) {
    const session = await openCopy(copy);
    const random = createRandom(seed, `copy ${index} of ${copies}`);
    for (let done = 0; done < edits; done += 1) await edit(session, random);
    session.close();
  }
  let [conflicts, seconds] = [0, 0];
  const merge = async (to: number, from: number): Promise<number> => {
    const session = await openCopy(folders[to]!);
    const started = performance.now();
    try {
      const report = await mergeInto(session, folders[from]!);
      conflicts += report.conflicts;
      seconds = Math.max(seconds, (performance.now() - started) / 1000);
      return report.events;
    } finally {
      session.close();
    }
  };
  for (const [to, from] of ordersOf(copies, seed)) await merge(to, from);
  const dumps = folders.map(dump);
  const wrong = folders.flatMap((copy, index) => [
    ...Object.keys(dumps[0]!).filter((table) => !isSame(dumps[0]![table], dumps[index]![table])),
    ...faults(copy),
  ]);
  const again = await merge(0, copies - 1);
  if (again > 0 || !isSame(dump(folders[0]!), dumps[0])) wrong.push('merging again changed something');
  const events = dumps[0]!['event']!.length;
  return { seed, labels: schema.kind, copies, events, conflicts, seconds: Number(seconds.toFixed(2)), wrong };
}

const isSame = (one: unknown, other: unknown): boolean => JSON.stringify(one) === JSON.stringify(other);

/** Into which copy which other is merged, one after the other, so that each comes to know all. */
function ordersOf(copies: number, seed: number): [to: number, from: number][] {
  if (copies === 2) {
    return [
      [0, 1],
      [1, 0],
    ];
  }
  const orders: [number, number][][] = [
    [
      [0, 1],
      [2, 0],
      [0, 2],
      [1, 0],
    ],
    [
      [1, 2],
      [0, 1],
      [1, 0],
      [2, 0],
    ],
    [
      [0, 1],
      [0, 2],
      [1, 0],
      [2, 1],
    ],
    [
      [0, 2],
      [1, 2],
      [0, 1],
      [1, 0],
      [2, 1],
    ],
  ];
  return orders[seed % orders.length]!;
}
