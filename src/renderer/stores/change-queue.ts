import { computed, type ComputedRef, type ShallowRef, shallowRef, watch } from 'vue';

import { ReadroomError } from '../../contract/errors.ts';
import { counted } from '../../core/words.ts';
import type { EngineClient } from '../../rpc/jobs.ts';
import { engine } from '../api/engine.ts';
import { askBeforeLeaving } from '../api/unsaved.ts';
import { useProject } from './project.ts';
import { useToasts } from './toasts.ts';
import { useWorkspace } from './workspace.ts';

/** A change on its way to the engine. */
export interface QueuedChange {
  /** Id of the action, a UUID of version 7: changes are in the order of their ids. */
  readonly action: string;
  readonly project: string;
  readonly reader: string;
  readonly round: string;
}

export interface ChangeQueue<C extends QueuedChange> {
  /** Oldest first. */
  readonly waiting: Readonly<ShallowRef<readonly C[]>>;
  /** Those of the project and the reader on screen. */
  readonly due: ComputedRef<readonly C[]>;
  /** Why the oldest one was not saved. */
  readonly failure: Readonly<ShallowRef<unknown>>;
  /** Keeps a change and sends it in its turn. `done` is told when it is saved, or why it was refused. */
  add(change: C, done?: (failure: unknown) => void): void;
  retry(): void;
  /** Forgets what is due. */
  giveUp(): void;
}

/** What makes a queue one of its kind. */
export interface QueueOptions<C extends QueuedChange> {
  /** What its changes are kept as. */
  readonly kind: string;
  /** The engine must not do an action of the same id twice. */
  readonly send: (client: EngineClient, change: C) => Promise<void>;
  /** A change that the engine refuses is forgotten; else it and all after it wait until they are sent again or given up. */
  readonly forgetsRefused: boolean;
}

/** The engine did not answer: whether the change was made is not known. */
const isUnanswered = (error: unknown): boolean =>
  error instanceof ReadroomError && error.code === 'workerDied';

/**
 * Changes that the engine has not acknowledged. They are sent one after the other, kept in this browser until they are
 * saved, and sent again after the connection was lost or the page left: nothing is lost then, and nothing done twice.
 * Made once, for as long as the page is there.
 */
export function useChangeQueue<C extends QueuedChange>({
  kind,
  send,
  forgetsRefused,
}: QueueOptions<C>): ChangeQueue<C> {
  const project = useProject();
  const workspace = useWorkspace();
  const toasts = useToasts();
  const kept = keptChanges<C>(kind);
  const fromBefore = kept.read();
  const restored = new Set(fromBefore.map(({ action }) => action));
  const waiting = shallowRef<readonly C[]>(fromBefore);
  const failure = shallowRef<unknown>(null);
  const listeners = new Map<string, (failure: unknown) => void>();
  let isSending = false;
  let savedLate = 0;

  const isDue = (change: C): boolean =>
    project.canWrite && change.project === project.id && change.reader === workspace.reader;
  const due = computed(() => waiting.value.filter(isDue));
  // What was kept before is not lost by leaving again.
  askBeforeLeaving(() => waiting.value.some(({ action }) => !restored.has(action)));

  function end({ action }: C, why: unknown): void {
    kept.drop(action);
    waiting.value = waiting.value.filter((other) => other.action !== action);
    const listener = listeners.get(action);
    listeners.delete(action);
    if (listener) listener(why);
    else if (why !== null) toasts.showError(why);
    else if (restored.has(action)) savedLate += 1;
  }

  async function sendNext(next: C): Promise<void> {
    try {
      const client = await engine();
      // While the connection was waited for, the project may have gone off the screen.
      if (!isDue(next)) return;
      await send(client, next);
      end(next, null);
    } catch (error) {
      if (forgetsRefused && !isUnanswered(error)) end(next, error);
      else failure.value = error;
    }
  }
  /** What was done after an undo that is still under way waits for it: else that undo would take it back. */
  function isNext(change: C): boolean {
    const reversal = project.reversals[0];
    return failure.value === null && (reversal === undefined || change.action < reversal);
  }
  async function sendDue(): Promise<void> {
    if (isSending) return;
    isSending = true;
    for (let next = due.value[0]; next && isNext(next); next = due.value[0]) await sendNext(next);
    isSending = false;
    if (savedLate > 0) {
      const what = `${counted(savedLate, 'change')} made before the page was left`;
      toasts.show({ kind: 'good', text: `${what} ${savedLate === 1 ? 'is' : 'are'} saved now.` });
      savedLate = 0;
    }
    await project.refreshReversible().catch(() => undefined);
  }
  project.sendings.add(
    (reversal) =>
      new Promise((resolve) => {
        const check = (): boolean => {
          const isSent = due.value.every(({ action }) => action > reversal);
          const ended = isSent || failure.value !== null;
          if (ended) resolve(isSent);
          return ended;
        };
        if (check()) return;
        const stop = watch([due, failure], () => {
          if (check()) stop();
        });
      }),
  );
  function retry(): void {
    failure.value = null;
    void sendDue();
  }
  // Also when the connection is back: the project is shown anew then.
  watch(
    () => [project.id, project.canWrite, workspace.reader] as const,
    () => {
      if (due.value.length > 0) retry();
    },
    { immediate: true },
  );
  watch(
    () => project.reversals,
    () => {
      if (due.value.length > 0) void sendDue();
    },
  );

  return {
    waiting,
    due,
    failure,
    add(change, done) {
      kept.keep(change);
      if (done) listeners.set(change.action, done);
      waiting.value = [...waiting.value, change];
      void sendDue();
    },
    retry,
    giveUp() {
      for (const change of due.value) end(change, null);
      failure.value = null;
    },
  };
}

/** An entry for each change, so that several windows do not overwrite each other's. */
function keptChanges<C extends QueuedChange>(kind: string) {
  const prefix = `readroom.unsaved.${kind}.`;
  return {
    read: (): C[] =>
      Object.keys(localStorage)
        .filter((key) => key.startsWith(prefix))
        .sort()
        .map((key) => JSON.parse(localStorage.getItem(key)!) as C),
    keep(change: C): void {
      try {
        localStorage.setItem(prefix + change.action, JSON.stringify(change));
      } catch {
        // There is no room for it: leaving the page is asked about.
      }
    },
    drop: (action: string): void => localStorage.removeItem(prefix + action),
  };
}
