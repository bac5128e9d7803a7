import { createRandom } from '../../src/core/random.ts';
import type { ProofContext } from '../prove.ts';
import { makeDrawnProject, writeFastRecipe } from './lib/drawn-project.ts';
import { inScratch } from './lib/readroom.ts';
import { isSame, trainThrough } from './resume/course.ts';
import { type HeldRound, heldRound } from './resume/held-rounds.ts';
import { type KillRound, killRound } from './resume/kill-rounds.ts';
import { bothTorn, damages, type TornRound, tornRound } from './resume/torn-rounds.ts';

/** Fewer while something is being worked on: READROOM_RESUME_ROUNDS. */
const rounds = Number(process.env['READROOM_RESUME_ROUNDS'] ?? 20);
const heldRounds = Math.ceil(rounds / 7);
const tornRounds = Object.keys(damages).slice(0, Math.ceil((rounds * 8) / 20));

/** A training that is killed, held back or finds a torn checkpoint ends with the weights of an unbroken one. */
export default {
  name: 'resume',
  description: `${rounds} trainings killed with SIGKILL at random moments, ${heldRounds} paused, stopped and interrupted, ${tornRounds.length} with a torn checkpoint: the same weights, bit for bit, as without a break`,
  run: ({ tell }: ProofContext) =>
    inScratch(async (folder) => {
      const { project } = makeDrawnProject(folder);
      const recipeFile = writeFastRecipe(folder);
      const course = await trainThrough(project, recipeFile);
      tell(`unbroken: ${course.steps} steps in ${Math.round(course.trainingMs)} ms`);
      const again = await trainThrough(project, recipeFile);
      const random = createRandom(20, 'resume');

      const killed: KillRound[] = [];
      for (let round = 0; round < rounds; round++) {
        killed.push(await killRound(course, random));
        tell(`killed, round ${round + 1}: ${describeKills(killed.at(-1)!)}`);
      }
      const held: HeldRound[] = [];
      for (let round = 0; round < heldRounds; round++) {
        held.push(await heldRound(course, random));
        tell(`held back, round ${round + 1}: ${JSON.stringify(held.at(-1))}`);
      }
      const torn: TornRound[] = [];
      for (const damage of tornRounds) {
        torn.push(await tornRound(course, damage, random));
        tell(`${damage}: ${JSON.stringify(torn.at(-1))}`);
      }
      const both = await bothTorn(course, random);

      const seedTwice = isSame(course, again.result);
      const { weightsSha256, device, backendVersion } = course.result;
      const unbroken = { steps: course.steps, trainingMs: course.trainingMs, weightsSha256, device };
      return {
        results: { unbroken: { ...unbroken, backendVersion }, seedTwice, killed, held, torn, both },
        passed:
          seedTwice &&
          both.refused &&
          killed.every(({ same }) => same) &&
          held.every(({ same }) => same) &&
          torn.every(({ asWanted }) => asWanted),
        summary: [
          ...summary(killed, held, torn),
          `Both checkpoints damaged: ${both.refused ? 'refused' : 'NOT refused'}. ${both.said}`,
          `The same seed twice: ${seedTwice ? 'the same' : 'NOT the same'} weights.`,
          `The training: ${course.steps} steps on ${device}, ${backendVersion}.`,
        ].flatMap((line) => (line === '' || line.startsWith('|') ? [line] : [line, ''])),
      };
    }),
};

function describeKills({ kills, same }: KillRound): string {
  const words = kills.map(
    ({ victim, step, resumedAtStep }) => `${victim} after step ${step}, resumed at ${resumedAtStep}`,
  );
  return `${words.join('; ')}: ${same ? 'same' : 'NOT the same'}`;
}

function summary(killed: KillRound[], held: HeldRound[], torn: TornRound[]): string[] {
  const kills = killed.flatMap((round) => round.kills);
  const count = <T>(of: readonly T[], holds: (one: T) => boolean): number => of.filter(holds).length;
  const orphanMs = kills.flatMap(({ orphanMs: ms }) => (ms === null ? [] : [ms]));
  return [
    `Killed with SIGKILL: ${count(killed, ({ same }) => same)} of ${killed.length} trainings ended with the weights, losses and accuracies of the unbroken one, after ${kills.length} kills ` +
      `(${count(kills, ({ aim }) => aim !== 'any moment')} aimed at the writing of a checkpoint, ${count(kills, ({ halfWritten }) => halfWritten)} left one half written). ` +
      (orphanMs.length > 0
        ? `A trainer whose engine was killed lived on for ${Math.max(...orphanMs)} ms at most.`
        : ''),
    `Paused, stopped, ended with its server, interrupted by Ctrl-C, each resumed: ${count(held, ({ same }) => same)} of ${held.length} the same.`,
    `A torn checkpoint: ${count(torn, ({ asWanted }) => asWanted)} of ${torn.length} went on from the one before it, said so, and ended with the same weights.`,
    '| round | killed: last step in the log → resumed at step | weights |',
    '|---|---|---|',
    ...killed.map(
      ({ kills: ofRound, same }, round) =>
        `| ${round + 1} | ${ofRound.map((kill) => `${kill.victim}: ${kill.step} → ${kill.resumedAtStep}${kill.halfWritten ? ' (checkpoint half written)' : ''}`).join('; ')} | ${same ? 'same' : 'NOT the same'} |`,
    ),
    '',
    '| torn checkpoint | resumed at step | weights |',
    '|---|---|---|',
    ...torn.map(
      ({ damage, resumedAtStep, previousStep, asWanted }) =>
        `| ${damage} | ${resumedAtStep}, the one before: ${previousStep} | ${asWanted ? 'same' : 'NOT as wanted'} |`,
    ),
    '',
  ];
}
