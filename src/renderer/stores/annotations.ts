import { defineStore } from 'pinia';
import { v7 as uuid } from 'uuid';
import { computed, ref, shallowRef, watch } from 'vue';

import type { Annotation } from '../../contract/annotation.ts';
import { engine, onEngineEvent } from '../api/engine.ts';
import { oneReading } from '../api/one-reading.ts';
import { changeShapes, type ShapeChange } from '../shape-change.ts';
import { type QueuedChange, useChangeQueue } from './change-queue.ts';
import { useProject } from './project.ts';
import { useWorkspace } from './workspace.ts';

/** A change on its way to the engine. */
interface SentChange extends QueuedChange {
  readonly image: string;
  readonly put: Annotation[];
  readonly remove: string[];
}

/**
 * The reader's shapes on the image in view. A change shows at once and is sent in its turn; what could not be saved
 * stays on the screen, marked, until it is sent again or given up.
 */
export const useAnnotations = defineStore('annotations', () => {
  const project = useProject();
  const workspace = useWorkspace();
  const image = ref<string | null>(null);
  /** As the engine has them. */
  const kept = shallowRef<readonly Annotation[]>([]);
  const readFailure = shallowRef<unknown>(null);
  const selected = shallowRef<ReadonlySet<string>>(new Set());
  const hidden = shallowRef<ReadonlySet<string>>(new Set());
  const locked = shallowRef<ReadonlySet<string>>(new Set());
  let answers = 0;

  const isOf = (said: { reader: string; round: string }): boolean =>
    workspace.reader === said.reader && project.round === said.round;
  const { due, failure, ...queue } = useChangeQueue<SentChange>({
    kind: 'shapes',
    forgetsRefused: false,
    async send(client, change) {
      const answer = await client.annotation.change(change);
      answers += 1;
      if (image.value === change.image && isOf(change)) kept.value = answer.annotations;
    },
  });

  const shapes = computed(() =>
    due.value
      .filter((change) => change.image === image.value && isOf(change))
      .reduce(changeShapes, kept.value),
  );
  const selection = computed(() => shapes.value.filter(({ id }) => selected.value.has(id)));
  /** A change is on its way, or could not be saved. */
  const pending = computed(() => due.value.length > 0);
  /** Ids of shapes whose newest form was not saved. */
  const unsaved = computed(
    () => new Set(failure.value === null ? [] : due.value.flatMap(({ put }) => put.map(({ id }) => id))),
  );

  async function read(): Promise<void> {
    const [of, handle, reader, round] = [image.value, project.id, workspace.reader, project.round];
    if (of === null || handle === null) return;
    const before = answers;
    try {
      const list = await (await engine()).annotation.list({ project: handle, reader, round, image: of });
      if (image.value !== of || !isOf({ reader, round })) return;
      // A change was answered since this was asked: the list may be of before it.
      if (answers !== before) void reload();
      else kept.value = list;
      readFailure.value = null;
    } catch (error) {
      if (image.value === of) readFailure.value = error;
    }
  }
  const reload = oneReading(read);

  onEngineEvent((event) => {
    if (image.value === null || !('project' in event) || event.project !== project.id) return;
    const concerns =
      event.type === 'class.changed' ||
      (event.type === 'label.changed' && (event.images.length === 0 || event.images.includes(image.value)));
    if (concerns) void reload();
  });
  watch(
    () => [project.id, workspace.reader, project.round] as const,
    ([handle]) => {
      if (handle === null) return;
      kept.value = [];
      void reload();
    },
  );

  const toggled = (set: ReadonlySet<string>, id: string): ReadonlySet<string> =>
    set.has(id) ? new Set([...set].filter((other) => other !== id)) : new Set([...set, id]);

  return {
    image,
    shapes,
    selected,
    selection,
    hidden,
    locked,
    pending,
    unsaved,
    failure,
    readFailure,
    /** Shows another image's shapes; null for none. */
    show(of: string | null): void {
      if (of === image.value) return;
      image.value = of;
      kept.value = [];
      selected.value = new Set();
      void reload();
    },
    change({ put = [], remove = [] }: ShapeChange): void {
      if (image.value === null || project.id === null || put.length + remove.length === 0) return;
      queue.add({
        action: uuid(),
        project: project.id,
        reader: workspace.reader,
        round: project.round,
        image: image.value,
        put: [...put],
        remove: [...remove],
      });
    },
    retry: queue.retry,
    /** Takes what could not be saved off the screen. */
    giveUp(): void {
      queue.giveUp();
      void reload();
    },
    reload,
    select(...ids: string[]): void {
      selected.value = new Set(ids);
    },
    toggleSelected(id: string): void {
      selected.value = toggled(selected.value, id);
    },
    toggleHidden(id: string): void {
      hidden.value = toggled(hidden.value, id);
    },
    toggleLocked(id: string): void {
      locked.value = toggled(locked.value, id);
    },
  };
});
