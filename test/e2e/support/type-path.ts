import type { Locator } from 'playwright-core';
import { expect } from 'vitest';

/** Types a path into an open picker, once that stands at its first folder: it would go between the typed letters. */
export async function typePath(picker: Locator, path: string): Promise<void> {
  const field = picker.getByLabel('Path');
  await expect.poll(() => field.inputValue()).not.toBe('');
  await field.fill(path);
}
