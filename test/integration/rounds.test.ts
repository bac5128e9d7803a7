import { rmSync } from 'node:fs';
import { dirname } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import type { OpenEngine } from '../../src/cli/host.ts';
import type { Contract } from '../../src/contract/index.ts';
import type { ReadingRound } from '../../src/contract/round.ts';
import { connect } from '../../src/rpc/in-process.ts';
import type { EngineClient } from '../../src/rpc/jobs.ts';
import { startEngine } from '../support/engine.ts';
import { type ImageProject, openImageProject } from '../support/image-project.ts';

let folder: string;
let engine: OpenEngine;
let client: EngineClient;
let project: string;
let ids: string[];

const patientCount = 12;

beforeEach(async () => {
  const made: ImageProject = await openImageProject(['normal', 'opacity', 'effusion']);
  folder = made.folder;
  // Two images a patient.
  ids = made.add(
    Array.from({ length: patientCount * 2 }, (_, index) => ({
      path: `f/${index}.png`,
      patient: `P${Math.floor(index / 2)}`,
      label: 'normal',
    })),
  );
  made.session.close();
  engine = startEngine();
  client = connect<Contract>(engine.router, { onBug: () => undefined });
  project = (await client.project.open({ path: folder })).project;
});
afterEach(async () => {
  await engine.close();
  rmSync(dirname(folder), { recursive: true });
});

const openRound = (more: Partial<Parameters<EngineClient['round']['open']>[0]> = {}): Promise<ReadingRound> =>
  client.round.open({
    ...{ project, reader: 'Owner', name: 'First reading', images: { ids }, readers: ['Ada', 'Ben'] },
    ...more,
  });
const worklistOf = async (round: string, reader: string): Promise<string[]> => {
  const { view, total } = await client.round.worklist({ project, round, reader });
  const { rows } = await client.dataset.viewRows({
    project,
    view,
    offset: 0,
    limit: Math.max(1, total),
    reader,
    round,
  });
  return rows.map(({ image }) => image);
};
const say = (round: string, reader: string, image: string, className: string): Promise<{ count: number }> =>
  client.label.assign({ project, round, reader, images: { ids: [image] }, change: { class: className } });

describe('a blinded round', () => {
  it('gives each reader all images in an order of its own, whole patients with a share', async () => {
    const all = await openRound();
    expect(all.readers.map(({ name, assigned, read }) => ({ name, assigned, read }))).toEqual([
      { name: 'Ada', assigned: ids.length, read: 0 },
      { name: 'Ben', assigned: ids.length, read: 0 },
    ]);
    const [ada, ben] = [await worklistOf(all.round, 'Ada'), await worklistOf(all.round, 'Ben')];
    expect(ada).not.toEqual(ben);
    expect([...ada].sort()).toEqual([...ids].sort());
    const shared = await openRound({ name: 'Shared', assignment: { kind: 'share' }, seed: 3 });
    const parts = [await worklistOf(shared.round, 'Ada'), await worklistOf(shared.round, 'Ben')];
    expect(parts.flat().sort()).toEqual([...ids].sort());
    for (let patient = 0; patient < patientCount; patient += 1) {
      const pair = ids.slice(patient * 2, patient * 2 + 2);
      expect(parts.filter((part) => pair.some((image) => part.includes(image)))).toHaveLength(1);
    }
    await expect(openRound({ assignment: { kind: 'overlap', k: 3 } })).rejects.toMatchObject({
      code: 'usage',
    });
  });

  it('says beforehand how many of its images carry labels of its readers already', async () => {
    const outlook = (readers: string[]) => client.round.outlook({ project, images: { ids }, readers });
    expect(await outlook(['Ada', 'Ben'])).toEqual({ images: ids.length, labelled: 0 });
    for (const image of ids.slice(0, 3)) await say('', 'Ada', image, 'effusion');
    await say('', 'Ben', ids[0]!, 'normal');
    await say('', 'Cleo', ids[5]!, 'normal');
    expect((await outlook(['Ada', 'Ben'])).labelled).toBe(3);
    expect((await outlook(['Ben', 'Somebody new'])).labelled).toBe(1);
    // What is said in a round that is open is told to nobody.
    const { round } = await openRound();
    await say(round, 'Ben', ids[9]!, 'normal');
    expect((await outlook(['Ben'])).labelled).toBe(1);
  });

  it('tells screens of readers who are new with it', async () => {
    const seen: string[] = [];
    const watching = new AbortController();
    const events = await client.system.events({ since: 0 }, { signal: watching.signal });
    const reading = (async () => {
      for await (const { event } of events) seen.push(event.type);
    })().catch(() => undefined);
    await openRound({ readers: ['Ada', 'Somebody new'] });
    await expect.poll(() => seen).toContain('reader.changed');
    watching.abort();
    await reading;
  });

  it('shows nobody what others said before it is closed, and everybody afterwards', async () => {
    const { round } = await openRound();
    await say(round, 'Ada', ids[0]!, 'effusion');
    await client.annotation.change({
      ...{ project, round, reader: 'Ada', image: ids[0]! },
      put: [{ id: crypto.randomUUID(), class: null, shape: { kind: 'point', x: 1, y: 1 } }],
    });
    const seen = async (): Promise<string> =>
      JSON.stringify([
        await client.dataset.image({ project, image: ids[0]! }),
        await client.label.history({ project, image: ids[0]! }),
        await client.annotation.all({ project, image: ids[0]! }),
        await client.history.actions({ project }),
        await client.dataset.rows({ project, images: [ids[0]!], reader: 'Ben', round }),
        await client.dataset.facets({ project }),
      ]);
    expect(await seen()).not.toMatch(/effusion|"point"/);
    expect(
      (await client.dataset.rows({ project, images: [ids[0]!], reader: 'Ada', round })).rows[0]!.mine,
    ).toMatchObject({
      class: 'effusion',
    });
    for (const asked of ['agreement', 'disagreements'] as const)
      await expect(client.round[asked]({ project, round })).rejects.toMatchObject({ code: 'notPermitted' });
    // The label of record stays what it was.
    expect((await client.dataset.image({ project, image: ids[0]! })).label).toBe('normal');

    const closed = await client.round.close({ project, round, reader: 'Owner' });
    expect(closed).toMatchObject({ status: 'closed', disagreements: 0, adjudicated: 0 });
    expect(await seen()).toMatch(/effusion/);
    expect((await client.dataset.image({ project, image: ids[0]! })).label).toBe('effusion');
    await expect(say(round, 'Ada', ids[1]!, 'normal')).rejects.toMatchObject({ code: 'notPermitted' });
  });

  it('takes words of its readers on their images only', async () => {
    const { round } = await openRound({ assignment: { kind: 'share' } });
    const [others] = await worklistOf(round, 'Ben');
    await expect(say(round, 'Ada', others!, 'normal')).rejects.toMatchObject({ code: 'notPermitted' });
    await expect(say(round, 'Cleo', ids[0]!, 'normal')).rejects.toMatchObject({ code: 'notPermitted' });
    await expect(say('nothing', 'Ada', ids[0]!, 'normal')).rejects.toMatchObject({ code: 'unknownRound' });
    await expect(client.round.worklist({ project, round, reader: 'Cleo' })).rejects.toMatchObject({
      code: 'notPermitted',
    });
  });

  it('undoes within the round only, and never the round', async () => {
    await client.label.assign({
      project,
      reader: 'Ada',
      images: { ids: [ids[5]!] },
      change: { class: 'opacity' },
    });
    const { round } = await openRound({ reader: 'Ada' });
    await say(round, 'Ada', ids[0]!, 'effusion');
    expect(await client.label.undo({ project, reader: 'Ada', round })).toMatchObject({
      count: 1,
      image: ids[0],
    });
    await expect(client.label.undo({ project, reader: 'Ada', round })).rejects.toMatchObject({
      code: 'nothingToUndo',
    });
    expect(await client.label.undo({ project, reader: 'Ada' })).toMatchObject({ image: ids[5] });
    expect(await client.round.list({ project })).toHaveLength(1);
    await say(round, 'Ada', ids[0]!, 'effusion');
    await client.round.close({ project, round, reader: 'Owner' });
    await expect(client.label.undo({ project, reader: 'Ada', round })).rejects.toMatchObject({
      code: 'notPermitted',
    });
  });

  it('keeps a reader from images until the wash-out is over', async () => {
    await client.label.assign({
      project,
      reader: 'Ada',
      images: { ids: [ids[0]!] },
      change: { class: 'opacity' },
    });
    const { round, readers } = await openRound({ washoutDays: 14 });
    const days = (Date.parse(readers[0]!.availableFrom!) - Date.now()) / 86_400_000;
    expect(days).toBeGreaterThan(13.9);
    expect(days).toBeLessThanOrEqual(14);
    expect(readers[1]!.availableFrom).toBeNull();
    await expect(client.round.worklist({ project, round, reader: 'Ada' })).rejects.toMatchObject({
      code: 'notPermitted',
      data: { availableFrom: readers[0]!.availableFrom },
    });
    await expect(say(round, 'Ada', ids[1]!, 'normal')).rejects.toMatchObject({ code: 'notPermitted' });
    expect(await worklistOf(round, 'Ben')).toHaveLength(ids.length);
  });
});

describe('a closed round', () => {
  /** Ada says opacity of the first third; Ben of the first half. */
  async function readByBoth(): Promise<string> {
    const { round } = await openRound();
    for (const [index, image] of ids.entries()) {
      await client.label.assign({
        ...{ project, round, reader: 'Ada', images: { ids: [image] }, milliseconds: 4000 },
        change: { class: index < 8 ? 'opacity' : 'normal' },
      });
      await say(round, 'Ben', image, index < 12 ? 'opacity' : 'normal');
    }
    await client.round.close({ project, round, reader: 'Owner' });
    return round;
  }

  it('tells how well readers agree, with intervals over patients and cells that hold the images', async () => {
    const round = await readByBoth();
    const { parts } = await client.round.agreement({ project, round });
    expect(parts).toHaveLength(1);
    const { group, pairs, scale } = parts[0]!;
    expect(scale).toBe('nominal');
    const [pair] = pairs;
    const cohen = pair!.measures.find(({ id }) => id === 'cohen')!;
    // Observed 20/24; by chance (8·12 + 16·12)/24² = 1/2.
    expect(cohen.value).toBeCloseTo((20 / 24 - 0.5) / 0.5, 10);
    expect(cohen).toMatchObject({ units: ids.length, patients: patientCount });
    expect(cohen.low).toBeLessThan(cohen.value!);
    expect(group.map(({ id }) => id)).toEqual(['krippendorff', 'fleiss']);
    const [normal, opacity] = [pair!.categories.indexOf('normal'), pair!.categories.indexOf('opacity')];
    expect([...pair!.cells[normal]![opacity]!].sort()).toEqual(ids.slice(8, 12).sort());
    const [listed] = await client.round.list({ project });
    expect(listed!.readers.find(({ name }) => name === 'Ada')!.medianSeconds).toBe(4);
  });

  it('queues what readers disagree on for an adjudicator, whose word makes the label of record by rule', async () => {
    const round = await readByBoth();
    await client.round.setRule({ project, reader: 'Owner', rule: 'adjudicated/1' });
    const labelOf = async (image: string): Promise<unknown> =>
      (await client.dataset.image({ project, image })).label;
    expect(await labelOf(ids[0]!)).toBe('opacity');
    expect(await labelOf(ids[9]!)).toBeNull();
    const { rows: queue, ...counts } = await client.round.disagreements({ project, round });
    expect(counts).toEqual({ total: 4, decided: 0 });
    expect(queue.map(({ image }) => image).sort()).toEqual(ids.slice(8, 12).sort());
    expect(queue[0]!.words.map(({ reader, class: said }) => `${reader} ${said}`).sort()).toEqual([
      'Ada normal',
      'Ben opacity',
    ]);
    const decision = { project, round, reader: 'Cleo', image: ids[9]!, change: { class: 'effusion' } };
    expect((await client.round.adjudicate(decision)).decided).toMatchObject({
      reader: 'Cleo',
      class: 'effusion',
    });
    expect(await labelOf(ids[9]!)).toBe('effusion');
    expect(await client.round.list({ project })).toMatchObject([{ disagreements: 4, adjudicated: 1 }]);
    const after = await client.round.disagreements({ project, round });
    expect(after).toMatchObject({ total: 4, decided: 1 });
    expect(after.rows.at(-1)).toMatchObject({ image: ids[9], decided: { class: 'effusion' } });
    // A page of it is the same part of the same order.
    const page = await client.round.disagreements({ project, round, offset: 1, limit: 2 });
    expect(page).toEqual({ total: 4, decided: 1, rows: after.rows.slice(1, 3) });
    const listed = await client.round.adjudicationList({ project, round });
    expect(listed.total).toBe(4);
    const shown = { project, view: listed.view, offset: 0, limit: 10 };
    expect((await client.dataset.viewRows(shown)).rows.map(({ image }) => image)).toEqual(
      after.rows.map(({ image }) => image),
    );
    const said = await client.round.words({ project, round, images: [ids[9]!, ids[0]!] });
    expect(said.map(({ image, words }) => [image, words.length])).toEqual([
      [ids[9], 2],
      [ids[0], 2],
    ]);

    await client.label.undo({ project, reader: 'Cleo', round: `${round}:adjudication` });
    expect(await labelOf(ids[9]!)).toBeNull();
    // The rule is an action like any other.
    expect(await client.label.undo({ project, reader: 'Owner' })).toMatchObject({ image: null });
    expect(await client.round.rule({ project })).toEqual({ rule: 'single-reader/1' });
    expect(await labelOf(ids[9]!)).toBe('opacity');
  });

  it('counts votes by the majority rule, and leaves a tie open', async () => {
    const { round } = await openRound({ readers: ['Ada', 'Ben', 'Cleo'] });
    const say3 = async (image: string, ...classes: string[]): Promise<void> => {
      for (const [index, reader] of ['Ada', 'Ben', 'Cleo'].entries())
        if (classes[index]) await say(round, reader, image, classes[index]);
    };
    await say3(ids[0]!, 'opacity', 'opacity', 'effusion');
    await say3(ids[1]!, 'opacity', 'effusion');
    await client.round.close({ project, round, reader: 'Owner' });
    await client.round.setRule({ project, reader: 'Owner', rule: 'majority/1' });
    expect((await client.dataset.image({ project, image: ids[0]! })).label).toBe('opacity');
    expect((await client.dataset.image({ project, image: ids[1]! })).label).toBeNull();
    // Nobody read it in the round: the imported label stays.
    expect((await client.dataset.image({ project, image: ids[2]! })).label).toBe('normal');
  });

  it('counts a person once, however many rounds she read in', async () => {
    const first = await openRound();
    await say(first.round, 'Ada', ids[0]!, 'opacity');
    await say(first.round, 'Ben', ids[0]!, 'normal');
    await client.round.close({ project, round: first.round, reader: 'Owner' });
    const second = await openRound({ name: 'Second', readers: ['Ada'] });
    await say(second.round, 'Ada', ids[0]!, 'opacity');
    await client.round.close({ project, round: second.round, reader: 'Owner' });
    await client.round.setRule({ project, reader: 'Owner', rule: 'majority/1' });
    expect((await client.dataset.image({ project, image: ids[0]! })).label).toBeNull();
  });

  it('lets nobody decide on images that were not read in it', async () => {
    const { round } = await openRound({ images: { ids: ids.slice(0, 4) } });
    await client.round.close({ project, round, reader: 'Owner' });
    const change = { class: 'effusion' };
    const decision = client.round.adjudicate({ project, round, reader: 'Cleo', image: ids[9]!, change });
    await expect(decision).rejects.toMatchObject({ code: 'notPermitted' });
    const answer = await client.round.adjudicate({ project, round, reader: 'Cleo', image: ids[0]!, change });
    expect(answer).toMatchObject({ image: ids[0], decided: { class: 'effusion' }, words: [] });
    expect((await client.dataset.image({ project, image: ids[0]! })).label).toBe('effusion');
  });
});

describe('a round whose labels are said of series', () => {
  it('gives every image of a series the word once it is closed, and what labels are stays meanwhile', async () => {
    const made = await openImageProject(['normal', 'opacity']);
    const header = { studyUid: '1.2', seriesUid: '1.2.1' };
    const slices = made.add(
      ['1', '2', '3'].map((name) => ({ path: `s/${name}.dcm`, patient: 'P1', header })),
    );
    made.session.close();
    const { project: of } = await client.project.open({ path: made.folder });
    const labels = { kind: 'single' as const, level: 'series' as const, number: null, shapes: [] };
    await client.project.changeLabels({ project: of, reader: 'Owner', labels });
    const { round, images } = await client.round.open({
      ...{ project: of, reader: 'Owner', name: 'CT', images: { ids: slices }, readers: ['Ada'] },
    });
    expect(images).toBe(1);
    const other = client.project.changeLabels({
      ...{ project: of, reader: 'Owner', labels: { ...labels, level: 'image' } },
    });
    await expect(other).rejects.toMatchObject({ code: 'usage' });
    // Another slice than the one on the worklist is in view.
    await client.label.assign({
      ...{ project: of, round, reader: 'Ada', images: { ids: [slices[2]!] }, change: { class: 'opacity' } },
    });
    const closed = await client.round.close({ project: of, round, reader: 'Owner' });
    expect(closed.readers).toMatchObject([{ assigned: 1, read: 1 }]);
    for (const image of slices)
      expect((await client.dataset.image({ project: of, image })).label).toBe('opacity');
    await client.project.changeLabels({
      project: of,
      reader: 'Owner',
      labels: { ...labels, level: 'image' },
    });
    expect((await client.round.list({ project: of }))[0]!.readers).toMatchObject([{ assigned: 1, read: 1 }]);
    await client.project.close({ project: of });
    rmSync(dirname(made.folder), { recursive: true });
  });
});

describe('a round of numbers', () => {
  const labels = {
    kind: 'number' as const,
    level: 'image' as const,
    number: { unit: 'months', low: 0, high: 240, decimals: 1 },
    shapes: [],
  };
  const number = (round: string, reader: string, image: string, months: number) =>
    client.label.assign({ project, round, reader, images: { ids: [image] }, change: { number: months } });

  it('takes numbers within its tolerance for agreed: in disagreements, agreement and the label of record', async () => {
    await expect(openRound({ tolerance: 2 })).rejects.toMatchObject({ code: 'usage' });
    await client.project.changeLabels({ project, reader: 'Owner', labels });
    const { round, tolerance } = await openRound({ tolerance: 2 });
    expect(tolerance).toBe(2);
    for (const [index, image] of ids.entries()) {
      await number(round, 'Ada', image, 100 + index);
      await number(round, 'Ben', image, 100 + index + (index % 4));
    }
    const closed = await client.round.close({ project, round, reader: 'Owner' });
    // Differences are 0, 1, 2 and 3 in turn.
    expect(closed.disagreements).toBe(ids.length / 4);
    const { parts } = await client.round.agreement({ project, round });
    const [pair] = parts[0]!.pairs;
    expect(pair!.measures.map(({ id }) => id)).toEqual(['within', 'icc', 'krippendorff']);
    expect(pair!.measures[0]!.value).toBe(0.75);
    expect(pair!.difference!.mean.value).toBeCloseTo(1.5, 10);
    expect(pair!.difference!.mean.low).toBeLessThan(1.5);
    expect(pair!.points).toHaveLength(ids.length);
    expect(pair!.points.find(({ image }) => image === ids[3])).toEqual({
      image: ids[3],
      first: 103,
      second: 106,
    });
    await client.round.setRule({ project, reader: 'Owner', rule: 'adjudicated/1' });
    const labelOf = async (image: string) => (await client.dataset.image({ project, image })).label;
    // The newest of those that agree; where they do not, nobody has decided yet.
    expect(await labelOf(ids[2]!)).toBe(104);
    expect(await labelOf(ids[3]!)).toBeNull();
    const change = { number: 105 };
    await client.round.adjudicate({ project, round, reader: 'Cleo', image: ids[3]!, change });
    expect(await labelOf(ids[3]!)).toBe(105);
    const at = new Date().toISOString();
    const then = await client.history.labelsAsOf({ project, at, images: ids.slice(2, 4) });
    expect(then.map(({ label }) => label)).toEqual([104, 105]);
  });

  it('counts any difference without one', async () => {
    await client.project.changeLabels({ project, reader: 'Owner', labels });
    const { round, tolerance } = await openRound();
    expect(tolerance).toBe(0);
    await number(round, 'Ada', ids[0]!, 100);
    await number(round, 'Ben', ids[0]!, 100.5);
    expect((await client.round.close({ project, round, reader: 'Owner' })).disagreements).toBe(1);
    const { parts } = await client.round.agreement({ project, round });
    expect(parts[0]!.pairs[0]!).toMatchObject({ difference: null, points: [{ first: 100, second: 100.5 }] });
  });
});

describe('the rule of the label of record', () => {
  it('says before what it would change, and changes just that', async () => {
    const { round } = await openRound();
    await say(round, 'Ada', ids[0]!, 'opacity');
    await say(round, 'Ben', ids[0]!, 'effusion');
    await say(round, 'Ada', ids[1]!, 'opacity');
    await say(round, 'Ben', ids[1]!, 'opacity');
    const preview = (rule: 'single-reader/1' | 'majority/1' | 'adjudicated/1') =>
      client.round.previewRule({ project, rule });
    // What is said in an open round changes nothing, nor is it told.
    expect(await preview('adjudicated/1')).toMatchObject({ changed: 0, examples: [] });
    await client.round.close({ project, round, reader: 'Owner' });
    expect(await preview('single-reader/1')).toMatchObject({ changed: 0 });
    const would = await preview('adjudicated/1');
    expect(would).toEqual({
      ...{ rule: 'adjudicated/1', changed: 1, gained: 0, lost: 1, images: [ids[0]] },
      examples: [{ image: ids[0], now: 'effusion', then: null }],
    });
    expect(await client.round.rule({ project })).toEqual({ rule: 'single-reader/1' });
    const labels = async () =>
      new Map(
        await Promise.all(
          ids.map(async (image) => [image, (await client.dataset.image({ project, image })).label] as const),
        ),
      );
    const before = await labels();
    await client.round.setRule({ project, reader: 'Owner', rule: 'adjudicated/1' });
    const after = await labels();
    expect(ids.filter((image) => before.get(image) !== after.get(image))).toEqual(would.images);
    expect(await preview('single-reader/1')).toMatchObject({ changed: 1, gained: 1, lost: 0 });
  });
});

describe('a reader as filters and counts have it', () => {
  it('has labelled what was read in a closed round, the newest word at the end, and nothing of an open one', async () => {
    const { readers } = await openRound({ name: 'Other', readers: ['Ada'] });
    const ada = readers[0]!.reader;
    const seen = async () => {
      const of = async (query: object): Promise<string[]> => {
        const { view, total } = await client.dataset.openView({ project, query });
        const page = { project, view, offset: 0, limit: Math.max(1, total) };
        return (await client.dataset.viewRows(page)).rows.map(({ image }) => image);
      };
      const summary = await client.dataset.summary({ project });
      const facets = await client.dataset.facets({ project });
      const known = summary.readers.find(({ reader }) => reader === ada);
      return {
        read: await of({ readers: [ada] }),
        disagreement: await of({ status: ['disagreement'] }),
        unsure: await of({ status: ['unsure'] }),
        labels: known!.labels,
        isDated: known!.lastAt !== null,
        facet: facets.readers.find(({ reader }) => reader === ada)?.n ?? 0,
      };
    };
    const nothing = { read: [], disagreement: [], unsure: [], labels: 0, isDated: false, facet: 0 };
    const { round } = await openRound();
    await say(round, 'Ada', ids[0]!, 'opacity');
    await say(round, 'Ben', ids[0]!, 'effusion');
    const change = { class: 'opacity', unsure: true };
    await client.label.assign({ project, round, reader: 'Ada', images: { ids: [ids[1]!] }, change });
    expect(await seen()).toEqual(nothing);
    await client.round.close({ project, round, reader: 'Owner' });
    const both = { labels: 2, isDated: true, facet: 2 };
    expect(await seen()).toEqual({
      ...both,
      read: ids.slice(0, 2),
      disagreement: [ids[0]],
      unsure: [ids[1]],
    });
    // Outside of rounds she has said nothing yet: there Read begins at the first image, and counts none.
    const { view } = await client.dataset.openView({ project, query: {} });
    const asked = { project, view, from: 0, reader: 'Ada', round: '' };
    expect(await client.dataset.nextUnread(asked)).toEqual({ position: 0, read: 0 });
    // She sees it as Ben does, later, outside of rounds: her newest word is what she says.
    await client.label.assign({
      ...{ project, reader: 'Ada', images: { ids: [ids[0]!] }, change: { class: 'effusion' } },
    });
    expect(await seen()).toEqual({ ...both, read: ids.slice(0, 2), disagreement: [], unsure: [ids[1]] });
    await client.label.undo({ project, reader: 'Ada' });
    expect(await seen()).toMatchObject({ disagreement: [ids[0]] });
  });
});
