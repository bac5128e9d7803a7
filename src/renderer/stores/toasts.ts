import { defineStore } from 'pinia';
import { ref } from 'vue';

import { shownError } from '../shown-error.ts';

export interface Toast {
  readonly id: number;
  readonly kind: 'info' | 'good' | 'error';
  readonly text: string;
  /** What to do next. */
  readonly hint: string;
  readonly action: { readonly label: string; run(): void } | null;
}

const shortMs = 5000;
/** Long enough to read and to reach the button. */
const longMs = 12_000;
const most = 4;

const isReversal = ({ action }: Toast): boolean => action?.label === 'Undo' || action?.label === 'Redo';

/** Short messages at the corner. Errors stay until they are closed. */
export const useToasts = defineStore('toasts', () => {
  const toasts = ref<Toast[]>([]);
  let nextId = 1;

  function close(id: number): void {
    toasts.value = toasts.value.filter((toast) => toast.id !== id);
  }

  function show(toast: Partial<Omit<Toast, 'id'>> & { text: string }): number {
    const id = nextId++;
    const full: Toast = { kind: 'info', hint: '', action: null, ...toast, id };
    // What was to be undone before is not any more.
    const kept = toasts.value.filter((other) => !isReversal(full) || !isReversal(other));
    toasts.value = [...kept, full].slice(-most);
    if (full.kind !== 'error') setTimeout(() => close(id), full.action === null ? shortMs : longMs);
    return id;
  }

  /** Takes away what offers an undo or redo that there is no more. */
  function dropReversal(direction: 'undo' | 'redo'): void {
    const label = direction === 'undo' ? 'Undo' : 'Redo';
    toasts.value = toasts.value.filter(({ action }) => action?.label !== label);
  }

  /** Shows what went wrong; a cancellation is no error. */
  function showError(error: unknown): void {
    if (error instanceof DOMException && error.name === 'AbortError') return;
    const { code, message, hint } = shownError(error);
    if (code !== 'cancelled') show({ kind: 'error', text: message, hint });
  }

  return { toasts, show, showError, close, dropReversal };
});
