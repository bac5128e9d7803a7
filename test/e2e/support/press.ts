import type { Page } from 'playwright-core';

/** What a server refused a page for want of permission: calls by their procedure, pictures by their address. */
export function watchRefusals(page: Page): string[] {
  const refused: string[] = [];
  page.on('websocket', (socket) => {
    const asked = new Map<string, string>();
    socket.on('framesent', ({ payload }) => {
      const call = /^\{"i":"([^"]+)".*?"u":"([^"]+)"/.exec(String(payload));
      if (call) asked.set(call[1]!, call[2]!);
    });
    socket.on('framereceived', ({ payload }) => {
      const text = String(payload);
      if (!/"code":"notPermitted"/.test(text)) return;
      const id = /^\{"i":"([^"]+)"/.exec(text)?.[1] ?? '';
      refused.push(`${asked.get(id) ?? 'a call'}: ${text}`);
    });
  });
  page.on('response', (answer) => {
    if (answer.status() === 403) refused.push(answer.url());
  });
  return refused;
}

/** What ends the walk, or keeps the machine busy for longer than it. */
const leftOut = ['Sign out', 'Start training'];
const mostButtons = 80;

/**
 * Presses every button that can be pressed, those of dialogs that open by it too, each once by its name.
 * @returns their names
 */
export async function pressEverything(page: Page): Promise<string[]> {
  const left = JSON.stringify(leftOut);
  return page.evaluate<string[]>(`(async () => {
    const pressed = new Set(${left});
    const nameOf = (button) => (button.getAttribute('aria-label') ?? button.textContent).trim();
    const isThere = (button) => button.getClientRects().length > 0;
    for (let count = 0; count < ${mostButtons}; count++) {
      const next = [...document.querySelectorAll('button:not(:disabled), [role="menuitem"]')].find(
        (button) => isThere(button) && !pressed.has(nameOf(button)),
      );
      if (next === undefined) break;
      pressed.add(nameOf(next));
      for (const type of ['pointerdown', 'mousedown', 'pointerup', 'mouseup'])
        next.dispatchEvent(new PointerEvent(type, { bubbles: true, cancelable: true, button: 0 }));
      next.click();
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    return [...pressed].filter((name) => !${left}.includes(name));
  })()`);
}

/** Runs every command of the palette that is offered at an address, coming back to it each time. */
export async function runEveryCommand(page: Page, address: string): Promise<string[]> {
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
  for (const title of titles) {
    const path = new URL(address).pathname;
    if (!new URL(page.url()).pathname.startsWith(path)) await page.goto(address);
    await page.locator('main h1').first().waitFor({ state: 'attached' });
    await openPalette(title);
    await page.keyboard.press('Enter');
    await page.getByRole('dialog', { name: 'Find a command' }).waitFor({ state: 'detached' });
    if ((await page.getByRole('dialog').count()) > 0) await page.keyboard.press('Escape');
  }
  return titles;
}
