import { ReadroomError } from '../../contract/errors.ts';
import { type ModelPackage, packageTask } from '../../contract/package.ts';
import type { InputTiles } from '../../contract/tiles.ts';
import { inputName, tableName } from '../../nn/network.ts';
import { rulesOf } from '../../nn/tasks/index.ts';
import type { TaskRules } from '../../nn/tasks/rules.ts';
import type { ModelShape } from './package-format.ts';

/** What a package's model answers to, and how its output becomes answers. */
export interface PackageShape extends ModelShape {
  readonly rules: TaskRules;
  /** What pictures are cut into, each an input; null: the picture is one. */
  readonly tiles: InputTiles | null;
  /** Numbers of one row: of the picture or tile, of the clinical table (0: it reads none), of the output. */
  readonly sizes: { readonly picture: number; readonly table: number; readonly output: number };
}

/** By what `readroom.json` says, whatever the model files hold. @throws ReadroomError `badPackage` for tiles of another size than the input */
export function packageShape(
  facts: Pick<ModelPackage, 'task' | 'classes' | 'input' | 'table' | 'tiles'>,
): PackageShape {
  const { size, channels } = facts.input;
  const task = packageTask(facts);
  const { tiles = null } = facts;
  if (tiles !== null && tiles.edge !== size) {
    throw new ReadroomError(
      'badPackage',
      `readroom.json names tiles of ${tiles.edge} pixels for an input of ${size}.`,
      'Export the package again.',
    );
  }
  const rules = rulesOf(task, { size, tiles });
  const { outputs } = rules.head;
  const picture = [size, size, channels];
  const table = facts.table?.features.length ?? 0;
  const output = task.kind === 'segmentation' ? [size, size, outputs] : [outputs];
  const elements = (shape: readonly number[]): number =>
    shape.reduce((product, length) => product * length, 1);
  return {
    rules,
    tiles,
    inputs: [
      ...(facts.table?.use === 'only' ? [] : [{ name: inputName, shape: picture }]),
      ...(facts.table ? [{ name: tableName, shape: [table] }] : []),
    ],
    output,
    sizes: { picture: elements(picture), table, output: elements(output) },
  };
}
