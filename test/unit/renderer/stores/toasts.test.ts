import { createPinia, setActivePinia } from 'pinia';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';

import { useToasts } from '../../../../src/renderer/stores/toasts.ts';

beforeEach(() => {
  vi.useFakeTimers();
  setActivePinia(createPinia());
});
afterEach(() => vi.useRealTimers());

it('an offer to do again goes when there is nothing to do again; others stay', () => {
  const store = useToasts();
  const run = () => undefined;
  store.show({ text: 'Saved.' });
  store.show({ text: 'Undone.', action: { label: 'Redo', run } });
  store.dropReversal('undo');
  expect(store.toasts.map(({ text }) => text)).toEqual(['Saved.', 'Undone.']);
  store.dropReversal('redo');
  expect(store.toasts.map(({ text }) => text)).toEqual(['Saved.']);
});
