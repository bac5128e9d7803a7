import { onBeforeUnmount, ref, type Ref, shallowRef, triggerRef, watch } from 'vue';

import type { ImageQuery, View, ViewRow } from '../../../contract/image.ts';
import { ReadroomError } from '../../../contract/errors.ts';
import { engine } from '../../api/engine.ts';
import { useProject } from '../../stores/project.ts';
import { useToasts } from '../../stores/toasts.ts';
import { useWorkspace } from '../../stores/workspace.ts';
import { createPageCache } from './page-cache.ts';

/** Whether labelling may change which images a query gives, or their order. */
export const dependsOnLabels = ({ classes, readers, status, number, sort }: ImageQuery): boolean =>
  classes.length + readers.length + status.length > 0 ||
  number !== null ||
  ['class', 'labelledAt', 'number'].includes(sort.by);

/** The images of a query: how many there are, and their rows as the window needs them. */
export function useImageView(query: Ref<ImageQuery>) {
  const project = useProject();
  const workspace = useWorkspace();
  const toasts = useToasts();
  const view = shallowRef<View | null>(null);
  const error = shallowRef<unknown>(null);
  /** Labels changed since the view was opened, and the query asks for labels. */
  const outdated = ref(false);
  let newest = 0;

  const pages = createPageCache<ViewRow>({
    pageSize: 200,
    mostPages: 60,
    mostRequests: 3,
    pagesAhead: 2,
    read: async (offset, limit) => {
      const client = await engine();
      const input = { project: project.id!, view: view.value!.view, offset, limit, reader: workspace.reader };
      return (await client.dataset.viewRows(input)).rows;
    },
    changed: () => triggerRef(rows),
    failed: (reason) => {
      if (reason instanceof ReadroomError && reason.code === 'unknownView') void open();
      else toasts.showError(reason);
    },
  });

  /** Triggered whenever rows came or changed. */
  const rows = shallowRef(pages);

  async function open(): Promise<void> {
    const mine = ++newest;
    try {
      const client = await engine();
      if (project.id === null) return;
      const opened = await client.dataset.openView({ project: project.id, query: query.value });
      if (mine !== newest) return;
      pages.reset(opened.total);
      view.value = opened;
      outdated.value = false;
      error.value = null;
      triggerRef(rows);
    } catch (reason) {
      if (mine === newest) error.value = reason;
    }
  }

  watch([query, () => project.datasetRevision, () => workspace.reader], () => void open(), {
    immediate: true,
  });
  watch(
    () => project.labelRevision,
    () => {
      pages.outdate();
      outdated.value = view.value !== null && dependsOnLabels(query.value);
    },
  );
  onBeforeUnmount(() => (newest = -1));

  /** The row at a position, null while it is on its way. */
  const rowAt = (position: number): ViewRow | null => rows.value.rowAt(position);

  /** Where an image stands in the view now open; null when it is not in it. */
  async function positionOf(image: string): Promise<number | null> {
    const opened = view.value;
    if (opened === null || project.id === null) return null;
    const client = await engine();
    const { position } = await client.dataset.viewPosition({
      project: project.id,
      view: opened.view,
      image,
    });
    return view.value === opened ? position : null;
  }

  return {
    view,
    error,
    outdated,
    open,
    rowAt,
    positionOf,
    want: pages.want,
    update: pages.update,
    /** Reads again what is on screen. */
    refresh: pages.outdate,
  };
}
export type ImageView = ReturnType<typeof useImageView>;
