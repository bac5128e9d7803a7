/**
 * One reader at work: labels, draws, changes classes and takes back in an engine of its own until it is done or killed.
 * Every action goes to stdout as soon as the engine has answered: a line with its batch, which from then on must stay.
 * Usage: node writer.ts PROJECT READER SEED ACTIONS SETTINGS
 */
import { writeSync } from 'node:fs';

import { v7 as uuid } from 'uuid';

import { openEngine } from '../../../src/cli/engine.ts';
import type { LabelChangeInput } from '../../../src/contract/label.ts';
import { ReadroomError } from '../../../src/contract/errors.ts';
import { createRandom } from '../../../src/core/random.ts';

const [path = '', reader = '', seed = '0', actions = '0', settingsFolder = ''] = process.argv.slice(2);
const random = createRandom(Number(seed), 'writer');
const program = { program: 'a proof', version: '0.0.0', userName: reader, host: 'command line' } as const;
const engine = openEngine({ ...program, settingsFolder });
const { client } = engine;
const { project, classes, labels, images: total } = await client.project.open({ path });
const { rows } = await client.dataset.images({ project, limit: total });
const by = { project, reader };

const one = <T>(list: readonly T[]): T => list[random.integer(list.length)]!;
const anImage = (): string => one(rows).image;

function change(): LabelChangeInput {
  const names = classes.map(({ name }) => name);
  const marks = [{ unsure: true }, { comment: `remark ${random.integer(100)}` }, { bookmarked: true }];
  if (random.integer(4) === 0) return one(marks);
  if (labels.kind === 'number') return { number: random.integer(241) };
  if (labels.kind !== 'multi') return { class: one(names) };
  return { classes: random.integer(2) === 0 ? { set: [one(names)] } : { add: [one(names)], remove: [] } };
}

async function draw(): Promise<void> {
  const image = anImage();
  const standing = await client.annotation.list({ ...by, image });
  const shape = { kind: 'box', x: random.integer(8), y: random.integer(8), width: 4, height: 4 } as const;
  const remove = random.integer(3) === 0 ? standing.slice(0, 1).map(({ id }) => id) : [];
  const put = remove.length > 0 ? [] : [{ id: uuid(), class: null, shape }];
  await client.annotation.change({ ...by, image, put, remove });
}

/** Those that the project was made with stay, as others label with them by name. */
async function changeClasses(): Promise<void> {
  const now = (await client.project.get({ project })).classes;
  const later = now.filter(({ name }) => name.length > 1);
  const kind = random.integer(3);
  if (kind === 0 || later.length === 0) await client.class.add({ ...by, name: `class ${uuid()}` });
  else if (kind === 1) await client.class.change({ ...by, class: one(later).id, name: `name ${uuid()}` });
  else if (now.length > later.length)
    await client.class.merge({ ...by, classes: [one(later).id], into: now[0]!.id });
}

const work = [
  () => client.label.assign({ ...by, images: { ids: [anImage()] }, change: change() }),
  () => client.label.assign({ ...by, images: { ids: rows.map(({ image }) => image) }, change: change() }),
  draw,
  changeClasses,
  () => client.label.undo(by),
  () => client.label.redo(by),
];

for (let done = 0; done < Number(actions); done += 1) {
  try {
    await one(work)();
  } catch (error) {
    // There may be nothing to undo, a class may be gone or in use: what is refused is not acknowledged.
    if (!(error instanceof ReadroomError) || error.code === 'internal') throw error;
    continue;
  }
  const [newest] = (await client.history.actions({ project, actor: reader, limit: 1 })).actions;
  // At once, and not when the process finds time: it may be killed next.
  if (newest) writeSync(1, `${newest.batch}\n`);
}
await engine.close();
