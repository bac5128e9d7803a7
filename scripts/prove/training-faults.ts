import { readFileSync } from 'node:fs';

import type { RecipeInput } from '../../src/contract/recipe.ts';
import type { ProofContext } from '../prove.ts';
import { makeDrawnProject, writeFastRecipe } from './lib/drawn-project.ts';
import { startProofServer } from './lib/proof-server.ts';
import { inScratch } from './lib/readroom.ts';
import { trainThrough } from './resume/course.ts';
import { type Ground, notFinite, outOfMemory, signalled, silent } from './training-faults/child-faults.ts';
import { describeRow, type FaultRow, isAsWanted } from './training-faults/fault-row.ts';
import { fullDisk } from './training-faults/full-disk.ts';
import { hostEnds, seedTwice } from './training-faults/quits.ts';

/** One of `child`, `quits`, `disk` while something is being worked on: READROOM_FAULTS. */
const only = process.env['READROOM_FAULTS'];
const isWanted = (group: string): boolean => only === undefined || only === group;

/** What may go wrong while a training runs: each told in a sentence, while the application goes on answering. */
export default {
  name: 'training-faults',
  description:
    'Training through the server while a client asks and labels: numbers, memory and disk that run out, trainers that die or hang, hosts that end',
  run: ({ tell }: ProofContext) =>
    inScratch(async (folder) => {
      const { project, unlabelled } = makeDrawnProject(folder);
      const recipeFile = writeFastRecipe(folder);
      const recipe = JSON.parse(readFileSync(recipeFile, 'utf8')) as RecipeInput;
      const course = await trainThrough(project, recipeFile);
      const rows: FaultRow[] = [];
      const add = (...added: FaultRow[]): void => {
        rows.push(...added);
        for (const row of added) tell(describeRow(row));
      };
      if (isWanted('child')) {
        const server = await startProofServer(project);
        try {
          const ground: Ground = { server, course, recipe, unlabelled };
          // Which backends answer is asked once, by a process of its own.
          await server.client.system.doctor();
          for (const fault of childFaults) add(await fault(ground));
        } finally {
          await server.close();
        }
      }
      if (isWanted('quits')) {
        add(await hostEnds(course, recipe, 'SIGTERM'));
        add(await hostEnds(course, recipe, 'SIGKILL'));
        add(seedTwice(course));
      }
      if (isWanted('disk')) add(...(await fullDisk(folder, recipeFile, recipe)));
      const asWanted = rows.filter(isAsWanted).length;
      return {
        results: { steps: course.steps, device: course.result.device, rows },
        passed: asWanted === rows.length,
        summary: [
          `${asWanted} of ${rows.length} as wanted. Answers: the slowest of all reads (\`system.about\`, \`run.list\`) from before the fault until the run had gone on to its end, wanted below 1 s; labels set meanwhile.`,
          '',
          '| fault | what became of the run | the user is told | slowest answer | labels |',
          '|---|---|---|---|---|',
          ...rows.map(describeRow),
        ],
      };
    }),
};

const childFaults: readonly ((ground: Ground) => Promise<FaultRow>)[] = [
  notFinite,
  outOfMemory,
  (ground) => signalled(ground, 'SIGSEGV'),
  (ground) => signalled(ground, 'SIGABRT'),
  (ground) => signalled(ground, 'SIGBUS'),
  (ground) => signalled(ground, 'SIGKILL'),
  silent,
];
