import { onBeforeUnmount, ref, shallowRef } from 'vue';

import { type Dropped, dropUpload, type Upload, upload } from '../../api/media.ts';
import { useProject } from '../../stores/project.ts';
import { useToasts } from '../../stores/toasts.ts';

/** Files that were dropped: sent to the engine's machine where they have no path there, and removed again afterwards. */
export function useUpload() {
  const project = useProject();
  const toasts = useToasts();
  const sending = ref<{ done: number; total: number } | null>(null);
  const control = shallowRef<AbortController | null>(null);
  let sent: string | null = null;

  onBeforeUnmount(() => control.value?.abort());

  /** Removes what was sent last. */
  function remove(): void {
    if (sent !== null && project.id !== null) void dropUpload(project.id, sent).catch(() => undefined);
    sent = null;
  }

  /** Null where nothing came of it, which was told. What was sent before is removed. */
  async function send(dropped: readonly Dropped[]): Promise<Upload | null> {
    if (project.id === null || dropped.length === 0) return null;
    const own = new AbortController();
    control.value = own;
    try {
      const progress = (done: number, total: number): void => void (sending.value = { done, total });
      const done = await upload(project.id, dropped, progress, own.signal);
      remove();
      sent = done.incoming?.id ?? null;
      return done;
    } catch (error) {
      toasts.showError(error);
      return null;
    } finally {
      sending.value = null;
      control.value = null;
    }
  }

  return { sending, send, remove, cancel: () => control.value?.abort() };
}
