import WebSocket from 'ws';

import type { ImageQueryInput } from '../../src/contract/image.ts';
import type { Contract } from '../../src/contract/index.ts';
import type { ProjectSummary } from '../../src/contract/project.ts';
import type { EngineClient } from '../../src/rpc/jobs.ts';
import { connect } from '../../src/rpc/websocket.ts';
import { type Measure, measure } from './figures.ts';

const reader = 'benchmark';
const repeats = 10;
const bulk = 10_000;

/** A client of the server at an address with its token. */
export function clientOf(address: string): EngineClient {
  const { host, searchParams } = new URL(address);
  return connect<Contract>(new WebSocket(`ws://${host}/rpc?token=${searchParams.get('token')}`));
}

/** How long `work` takes each time. */
async function timed(times: number, work: (repeat: number) => Promise<unknown>): Promise<number[]> {
  const values: number[] = [];
  for (let repeat = 0; repeat < times; repeat++) {
    const started = performance.now();
    await work(repeat);
    values.push(performance.now() - started);
  }
  return values;
}

/** Opening a project in the engine and reading its first rows, the bar of a million images. */
export async function measureOpening(
  client: EngineClient,
  folder: string,
  what: string,
  mostMs: number,
): Promise<Measure> {
  const open = async (): Promise<string> => {
    const { project } = await client.project.open({ path: folder });
    const { view } = await client.dataset.openView({ project });
    await client.dataset.viewRows({ project, view, offset: 0, limit: 200 });
    return project;
  };
  // The first opening of a day makes the day's backup.
  await client.project.close({ project: await open() });
  const values: number[] = [];
  for (let repeat = 0; repeat < 3; repeat++) {
    const started = performance.now();
    const project = await open();
    values.push(performance.now() - started);
    await client.project.close({ project });
  }
  return measure(what, 'ms', values, { of: 'worst', most: mostMs });
}

function queriesOf({ classes }: ProjectSummary): Record<string, ImageQueryInput> {
  return {
    'filter by class': { classes: [classes[0]!.id] },
    'filter by status': { status: ['labelled'] },
    'filter by part': { parts: ['val', 'test'] },
    'filter by quality': { quality: ['blurred'] },
    'search in names': { text: 'P0012' },
    'sort by name': { sort: { by: 'name' } },
    'sort by patient': { sort: { by: 'patient', descending: true } },
    'sort by class': { sort: { by: 'class' } },
    'sort by time of label': { sort: { by: 'labelledAt', descending: true } },
    'filter by class, sort by name': { classes: [classes[1]!.id], sort: { by: 'name' } },
  };
}

/** Filters, orders, bulk labels and their undo, as a client of the engine waits for them. */
export async function measureEngine(client: EngineClient, summary: ProjectSummary): Promise<Measure[]> {
  const { project, classes } = summary;
  const measures: Measure[] = [];
  for (const [what, query] of Object.entries(queriesOf(summary))) {
    const ask = (): Promise<unknown> => client.dataset.openView({ project, query });
    // Whoever filters first also waits for the index of names.
    await ask();
    measures.push(measure(`${what}, engine`, 'ms', await timed(repeats, ask), { of: 'median', most: 50 }));
  }
  const { view } = await client.dataset.openView({ project });
  const images = { view, ranges: [[0, bulk] as [number, number]] };
  const assign = (repeat: number): Promise<unknown> =>
    client.label.assign({ project, images, change: { class: classes[repeat % 2]!.name }, reader });
  const bar = { of: 'worst', most: 1000 } as const;
  measures.push(measure(`label ${bulk} images`, 'ms', await timed(4, assign), bar));
  const undo = (): Promise<unknown> => client.label.undo({ project, reader });
  measures.push(measure(`undo it`, 'ms', await timed(4, undo), bar));
  const ask = (): Promise<unknown> => client.project.get({ project });
  await ask();
  measures.push(measure('summary after a label', 'ms', await timed(repeats, ask)));
  return measures;
}
