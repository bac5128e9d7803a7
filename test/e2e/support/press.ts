import type { Page, WebSocket } from 'playwright-core';
import { expect } from 'vitest';

/** What is heard of a page's talk with the server. */
export interface Watched {
  /** What the server refused it for want of permission: calls by their procedure, pictures by their address. */
  readonly refused: string[];
  /** Resolves once the page has an answer to all that it asked, and has asked nothing for a moment. */
  settled(): Promise<void>;
}

/** What a page asks for because of an answer follows it sooner. */
const quietMs = 100;

/** Messages of the call protocol: `i` its call, `t` its type, a request unless given. */
const messageOf = /^\{"i":"([^"]+)"(?:,"t":(\d))?/;
const aborted = '4';

export function watchRefusals(page: Page): Watched {
  const refused: string[] = [];
  /** Calls and requests without an answer, and what each asks for. */
  const open = new Map<unknown, string>();
  let askedAt = -Infinity;
  /** A page has one connection at a time: calls of the one before are not answered any more. */
  let forgetCalls = (): void => undefined;
  function watchSocket(socket: WebSocket): void {
    const asked = new Map<string, { procedure: string }>();
    const answered = (id: string): void => void open.delete(asked.get(id));
    forgetCalls();
    forgetCalls = () => [...asked.keys()].forEach(answered);
    socket.on('framesent', ({ payload }) => {
      const [, id, type] = messageOf.exec(String(payload)) ?? [];
      if (id === undefined) return;
      if (type === aborted) return answered(id);
      const procedure = /"u":"([^"]+)"/.exec(String(payload))?.[1];
      if (procedure === undefined) return;
      const call = { procedure };
      asked.set(id, call);
      open.set(call, procedure);
      askedAt = performance.now();
    });
    socket.on('framereceived', ({ payload }) => {
      const text = String(payload);
      const id = messageOf.exec(text)?.[1] ?? '';
      answered(id);
      if (/"code":"notPermitted"/.test(text))
        refused.push(`${asked.get(id)?.procedure ?? 'a call'}: ${text}`);
    });
    socket.on('close', forgetCalls);
  }
  page.on('websocket', watchSocket);
  page.on('request', (request) => {
    open.set(request, request.url());
    askedAt = performance.now();
  });
  page.on('requestfinished', (request) => void open.delete(request));
  page.on('requestfailed', (request) => void open.delete(request));
  page.on('response', (answer) => {
    const request = answer.request();
    // What the page that is left has asked for is not always told to have ended.
    if (request.isNavigationRequest() && request.frame() === page.mainFrame()) {
      open.clear();
      open.set(request, request.url());
    }
    if (answer.status() === 403) refused.push(answer.url());
  });
  return {
    refused,
    settled: () =>
      expect
        .poll(() => (performance.now() - askedAt > quietMs ? [...open.values()] : 'asks'), { interval: 20 })
        .toEqual([]),
  };
}

/** What ends the walk, or keeps the machine busy for longer than it. */
const leftOut = ['Sign out', 'Start training'];
const mostButtons = 80;

/**
 * Presses every button that can be pressed, those of dialogs that open by it too, each once by its name, until the
 * page has settled and shows no other one.
 * @returns their names
 */
export async function pressEverything(page: Page, { settled }: Watched): Promise<string[]> {
  const pressed: string[] = [];
  for (;;) {
    const more = await pressShown(page, [...leftOut, ...pressed], mostButtons - pressed.length);
    await settled();
    if (more.length === 0) return pressed;
    pressed.push(...more);
  }
}

/** One after another, each in a frame of its own: what one of them shows is pressed too. */
function pressShown(page: Page, not: readonly string[], most: number): Promise<string[]> {
  return page.evaluate<string[]>(`(async () => {
    const [passed, pressed] = [new Set(${JSON.stringify(not)}), []];
    const nameOf = (button) => (button.getAttribute('aria-label') ?? button.textContent).trim();
    const isThere = (button) => button.getClientRects().length > 0;
    while (pressed.length < ${most}) {
      const next = [...document.querySelectorAll('button:not(:disabled), [role="menuitem"]')].find(
        (button) => isThere(button) && !passed.has(nameOf(button)),
      );
      if (next === undefined) break;
      passed.add(nameOf(next));
      pressed.push(nameOf(next));
      for (const type of ['pointerdown', 'mousedown', 'pointerup', 'mouseup'])
        next.dispatchEvent(new PointerEvent(type, { bubbles: true, cancelable: true, button: 0 }));
      next.click();
      await new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)));
    }
    return pressed;
  })()`);
}

/** Runs every command of the palette that is offered at an address, coming back to it each time. */
export async function runEveryCommand(page: Page, address: string, { settled }: Watched): Promise<string[]> {
  const openPalette = async (text: string): Promise<void> => {
    await page.keyboard.press('Control+k');
    await page.getByRole('combobox', { name: 'Find a command' }).fill(text);
  };
  await page.goto(address);
  await page.locator('main h1').first().waitFor({ state: 'attached' });
  const found = new Set<string>();
  // The palette lists so many lines at most: these begin what stands behind them.
  for (const text of ['', 'go to', 'project', 'round']) {
    await openPalette(text);
    const lines = await page.getByRole('option').locator('span:first-child').allInnerTexts();
    for (const title of lines) found.add(title);
    await page.keyboard.press('Escape');
    await page.getByRole('dialog', { name: 'Find a command' }).waitFor({ state: 'detached' });
  }
  const titles = [...found];
  const path = new URL(address).pathname;
  const isThere = (): boolean => new URL(page.url()).pathname.startsWith(path);
  for (const title of titles) {
    if (!isThere()) await page.goBack();
    if (!isThere()) {
      // A page that is loaded anew hears no more what it is refused.
      await settled();
      await page.goto(address);
    }
    await page.locator('main h1').first().waitFor({ state: 'attached' });
    await openPalette(title);
    await page.keyboard.press('Enter');
    await page.getByRole('dialog', { name: 'Find a command' }).waitFor({ state: 'detached' });
    if ((await page.getByRole('dialog').count()) > 0) await page.keyboard.press('Escape');
  }
  await settled();
  return titles;
}
