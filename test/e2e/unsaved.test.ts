import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import type { Page, WebSocketRoute } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import { runCommandLines } from '../support/cli-process.ts';
import { startEngine } from '../support/engine.ts';
import { writeBars } from './support/bars.ts';
import { hostKind, type OpenHost, openHost } from './support/host.ts';

const reader = 'weber';

async function makeProject(): Promise<string> {
  const folder = mkdtempSync(path.join(tmpdir(), 'e2e-unsaved-'));
  const project = path.join(folder, 'lines');
  await runCommandLines(
    [
      ['new', project, '--classes', 'lying,upright'],
      ['import', project, writeBars(0, 6).unlabelled, '--labels', 'none'],
    ],
    folder,
  );
  const engine = startEngine();
  const { client } = engine;
  const { project: id } = await client.project.open({ path: project });
  const labels = { kind: 'single', level: 'image', number: null, shapes: ['box'] } as const;
  await client.project.changeLabels({ project: id, reader, labels: { ...labels, shapes: ['box'] } });
  await engine.close();
  return project;
}

/** A wire to the engine that can be cut, in one direction or whole. */
interface Wire {
  cut: 'no' | 'answers' | 'whole';
  open: Set<WebSocketRoute>;
  /** Labels and shapes that the engine has answered while its answers were cut. */
  unheard: number;
}

async function routeThrough(page: Page): Promise<Wire> {
  const wire: Wire = { cut: 'no', open: new Set(), unheard: 0 };
  await page.routeWebSocket(/\/rpc$/, (socket) => {
    if (wire.cut === 'whole') {
      void socket.close({ code: 4000 });
      return;
    }
    wire.open.add(socket);
    const server = socket.connectToServer();
    const given = new Set<string>();
    const callOf = (message: string | Buffer): string => /^\{"i":"([^"]+)"/.exec(String(message))?.[1] ?? '';
    socket.onMessage((message) => {
      if (/"u":"\/(label\/assign|annotation\/change)"/.test(String(message))) given.add(callOf(message));
      // As slow as a large undo: what comes after it could overtake it.
      if (/"u":"\/label\/undo"/.test(String(message))) setTimeout(() => server.send(message), 500);
      else server.send(message);
    });
    server.onMessage((message) => {
      if (wire.cut === 'no') socket.send(message);
      else if (given.delete(callOf(message))) wire.unheard += 1;
    });
  });
  return wire;
}

/** In Electron a page talks to the engine without a network, and the host asks before it quits. */
describe.skipIf(hostKind === 'electron')(
  'what is not saved when the page is left',
  { timeout: 60_000 },
  () => {
    let project: string;
    let host: OpenHost;
    let page: Page;
    let wire: Wire;
    /** Questions of the browser, each answered with "leave". */
    let asked: string[];

    beforeAll(async () => {
      project = await makeProject();
      host = await openHost({ project });
      page = host.page;
      wire = await routeThrough(page);
      page.on('dialog', (dialog) => {
        asked.push(dialog.type());
        void dialog.accept();
      });
      await page.reload();
    }, 120_000);
    afterAll(() => host.close());
    beforeEach(({ task, onTestFailed }) => {
      asked = [];
      onTestFailed(async () => {
        await page.screenshot({ path: `test-results/${task.name.slice(0, 60)}.png` });
      });
    });

    const label = () => page.getByRole('region', { name: 'Your label' }).locator('[aria-pressed="true"]');
    const status = () => page.getByRole('contentinfo').innerText();
    const shapes = () => page.getByRole('region', { name: 'Shapes' }).getByRole('listitem');
    async function show(position: number): Promise<void> {
      await page.locator('[data-shown="picture"]').waitFor();
      await page.keyboard.press('Home');
      for (let step = 1; step < position; step += 1) await page.keyboard.press('ArrowRight');
      await page.getByText(new RegExp(`^${position} of 6`)).waitFor();
      await page.locator('[data-shown="picture"]').waitFor();
    }
    async function drawBox(): Promise<void> {
      const box = (await page.locator('[data-shown]').boundingBox())!;
      const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
      await page.keyboard.press('Shift+B');
      await page.mouse.move(x - 40, y - 40);
      await page.mouse.down();
      await page.mouse.move(x + 40, y + 40, { steps: 4 });
      await page.mouse.up();
      await page.keyboard.press('Escape');
    }
    async function breakConnection(): Promise<void> {
      wire.cut = 'whole';
      const sockets = [...wire.open];
      wire.open.clear();
      for (const socket of sockets) await socket.close({ code: 4000 });
      await expect.poll(status).toContain('Readroom does not answer');
    }

    it('labels and shapes given while nothing answers are sent once the page is back', async () => {
      await page.getByRole('button', { name: /^lines/ }).click();
      await page
        .getByRole('navigation', { name: 'Screens' })
        .getByRole('link', { name: 'Read', exact: true })
        .click();
      await page.getByRole('checkbox', { name: 'Go on by itself after a label' }).uncheck();
      await show(1);
      await breakConnection();
      await page.keyboard.press('1');
      await drawBox();
      await expect.poll(() => label().allInnerTexts()).toEqual([expect.stringContaining('lying')]);
      await expect.poll(status).toContain('not saved');

      await page.reload();
      expect(asked).toEqual(['beforeunload']);
      wire.cut = 'no';
      await page
        .getByText(/made before the page was left/)
        .first()
        .waitFor();
      await show(1);
      await expect.poll(() => label().allInnerTexts()).toEqual([expect.stringContaining('lying')]);
      await expect.poll(() => shapes().count()).toBe(1);
      await expect.poll(status).toContain('1 labelled');
      await page.reload();
      expect(asked).toEqual(['beforeunload']);
    });

    it('what was done and not answered is not done twice', async () => {
      await show(2);
      wire.cut = 'answers';
      await page.keyboard.press('2');
      await drawBox();
      await expect.poll(() => wire.unheard).toBe(2);
      await page.reload();
      expect(asked).toEqual(['beforeunload']);
      wire.cut = 'no';
      await expect.poll(status).toContain('2 labelled');
      await show(2);
      await expect.poll(() => shapes().count()).toBe(1);
    });

    it('what is done while an undo is under way comes after it', async () => {
      await show(4);
      await drawBox();
      await expect.poll(() => shapes().count()).toBe(1);
      await page.keyboard.press('z');
      await drawBox();
      await page.keyboard.press('2');
      await expect.poll(status).toContain('Saved');
      await expect.poll(() => shapes().count()).toBe(1);
      await expect.poll(() => label().allInnerTexts()).toEqual([expect.stringContaining('upright')]);
    });

    it('a comment that is being typed is there again', async () => {
      await show(3);
      const comment = page.getByLabel(/^Comment/);
      await comment.fill('apex: see lateral');
      await page.reload();
      expect(asked).toEqual(['beforeunload']);
      await show(3);
      await expect.poll(() => comment.inputValue()).toBe('apex: see lateral');
      await comment.press('Control+Enter');
      await page.keyboard.press('ArrowRight');
      await page.getByText(/^4 of 6/).waitFor();
      expect(await comment.inputValue()).toBe('');
      await expect.poll(status).toContain('Saved');
      await page.reload();
      expect(asked).toEqual(['beforeunload']);
    });

    it('and the journal has each of it once', async () => {
      expect(host.problems.filter((problem) => !/WebSocket|4000/.test(problem))).toEqual([]);
      await host.close();
      const engine = startEngine();
      const { client } = engine;
      const { project: id } = await client.project.open({ path: project });
      const { view } = await client.dataset.openView({ project: id, query: { sort: { by: 'name' } } });
      const { rows } = await client.dataset.viewRows({ project: id, view, offset: 0, limit: 6 });
      const said = await Promise.all(
        rows.map(async ({ image }) =>
          (await client.label.history({ project: id, image })).map(({ what }) => what).sort(),
        ),
      );
      await engine.close();
      expect(said.filter((events) => events.length > 0).map((events) => events.length)).toEqual([2, 2, 1, 4]);
    });
  },
);
