import { ReadroomError } from '../../contract/errors.ts';
import type { LearningTask } from '../../contract/learning-task.ts';
import type { ResolvedRecipe } from '../../contract/recipe.ts';
import type { TrainingPlan } from '../../contract/run.ts';
import type { SplitPart } from '../../contract/split.ts';
import type { TableFeatures } from '../../contract/table-features.ts';
import type { WeightTransfer } from '../../contract/weight-transfer.ts';
import { inputGeometry } from '../../core/input-geometry.ts';
import { counted, listed } from '../../core/words.ts';
import { findNetwork } from '../../nn/models/index.ts';
import { classHead } from '../../nn/network.ts';
import { stagesOf } from '../../nn/stages.ts';
import type { SpawnWorker } from '../../rpc/child-process.ts';
import type { ProjectSession } from '../project/session.ts';
import { membersToday } from '../split/members.ts';
import type { KeptWeights } from '../weights/kept-weights.ts';
import { plannable } from './plan.ts';
import { classesNow } from './run-classes.ts';
import { runTable } from './run-table.ts';
import { refuseStartLeak } from './start-leak.ts';
import { findStartWeights, type FoundWeights, startOf, transferSentences } from './start-weights.ts';
import { taskFor, truthsOf } from './task.ts';
import { withCompute } from './with-compute.ts';

interface Dependencies {
  readonly spawn: SpawnWorker;
  readonly keptWeights: KeptWeights;
}

/**
 * What a planned training begins with: what of its weights is taken over, or why they cannot be had or do not fit, in
 * sentences.
 */
export async function startOutlook(
  session: ProjectSession,
  recipe: ResolvedRecipe,
  dependencies: Dependencies,
): Promise<Pick<TrainingPlan, 'problems' | 'remarks'>> {
  const { weights, frozenStages } = recipe.transfer;
  if (weights === null) return { problems: [], remarks: ['It starts from scratch: from random weights.'] };
  let found: FoundWeights;
  try {
    found = await findStartWeights(session, weights, dependencies.keptWeights);
  } catch (error) {
    return {
      problems: [problemOf(error, `transfer.weights is ${weights}, which cannot be had:`)],
      remarks: [],
    };
  }
  try {
    await refuseLeakOfPlan(session, recipe, dependencies);
    const report = await checkedTransfer(session, recipe, found, dependencies);
    const frozen = frozenStages > 0 ? [frozenSentence(recipe)] : [];
    return { problems: [], remarks: [...transferSentences(found, report), ...frozen] };
  } catch (error) {
    return { problems: [problemOf(error, 'transfer.weights cannot be taken over:')], remarks: [] };
  }
}

/** As a training is refused. What stands in the way of its parts the plan's own problems say. */
async function refuseLeakOfPlan(
  session: ProjectSession,
  recipe: ResolvedRecipe,
  { keptWeights }: Dependencies,
): Promise<void> {
  const version = session.dataset.currentVersion();
  if (!version) return;
  const { members } = await membersToday(session, version);
  const classes = classesNow(session);
  const truthOf = truthsOf(
    taskFor(session, recipe, classes),
    members,
    new Map(classes.map(({ id }, index) => [id, index])),
  );
  const used = members.filter((member) => truthOf(member) !== null);
  const of = (part: SplitPart) => used.filter((member) => member.part === part);
  const parts = { train: of('train'), val: of('val'), test: of('test') };
  await refuseStartLeak(session, recipe, { version, parts }, keptWeights);
}

function problemOf(error: unknown, begin: string): string {
  if (!(error instanceof ReadroomError)) throw error;
  return `${begin} ${error.message} ${error.hint}`.trim();
}

function frozenSentence({ network, transfer }: ResolvedRecipe): string {
  const { id, scale, dropout } = network;
  const { defaultSize: size, build } = findNetwork(id);
  const names = stagesOf(build({ size, channels: 3, head: classHead(2), scale, dropout })).map(
    ({ name }) => name,
  );
  const kept = names.slice(0, transfer.frozenStages);
  return `${counted(kept.length, 'stage')} of it ${kept.length === 1 ? 'stays' : 'stay'} as it came: ${listed(kept)}.`;
}

const mostKept = 50;
/** Seconds. A file that was made to mislead may be read for ever. */
const longestLook = 60;
const checked = new WeakMap<ProjectSession, Map<string, Promise<WeightTransfer>>>();

/** What the file's list of tensors says of a recipe's network, looked at once. @throws ReadroomError as `checkWeights` */
async function checkedTransfer(
  session: ProjectSession,
  recipe: ResolvedRecipe,
  found: FoundWeights,
  { spawn }: Dependencies,
): Promise<WeightTransfer> {
  const task = taskFor(session, recipe, classesNow(session));
  const table = await trainingTable(session, recipe, task);
  const asked = startOf(found, {
    ...{ recipe, geometry: { ...inputGeometry(recipe.input), size: recipe.input.size } },
    classes: classesNow(session).map(({ name }) => name),
    ...{ task: plannable(task), ...(table && { table }) },
  });
  const known = checked.get(session) ?? new Map<string, Promise<WeightTransfer>>();
  checked.set(session, known);
  const key = JSON.stringify(asked);
  const standing = known.get(key);
  if (standing) return standing;
  const signal = AbortSignal.timeout(longestLook * 1000);
  const asking = withCompute(spawn, signal, (client) => client.checkWeights(asked)).catch(
    (error: unknown) => {
      throw signal.aborted ? lookedTooLong(found) : error;
    },
  );
  if (known.size >= mostKept) known.clear();
  known.set(key, asking);
  // What failed for want of a process or a file may be had the next time.
  asking.catch((error: unknown) => {
    if (!(error instanceof ReadroomError && error.code === 'wrongWeights')) known.delete(key);
  });
  return asking;
}

function lookedTooLong({ name }: FoundWeights): ReadroomError {
  return new ReadroomError(
    'badWeights',
    `${name} could not be looked through within ${longestLook} seconds.`,
    'Try again when the computer has less to do; if it stays so, take other weights.',
  );
}

/** The clinical table as the training patients make it: how many features there are decides what fits. Null: none, or no split. */
async function trainingTable(
  session: ProjectSession,
  recipe: ResolvedRecipe,
  task: LearningTask,
): Promise<TableFeatures | null> {
  const version = session.dataset.currentVersion();
  if (recipe.table.use === 'none' || !version) return null;
  const { members } = await membersToday(session, version);
  const truthOf = truthsOf(task, members, new Map(classesNow(session).map(({ id }, index) => [id, index])));
  const train = members.filter((member) => member.part === 'train' && truthOf(member) !== null);
  const parts = { train, val: [], test: [] };
  // That there is no table, or nothing in it, the plan's own problems say.
  const made = await runTable(session, recipe, { parts, rerunOf: null }).catch(() => null);
  return made?.table ?? null;
}
