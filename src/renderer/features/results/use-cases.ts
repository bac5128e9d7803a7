import { computed, onBeforeUnmount, type Ref, shallowRef, watch } from 'vue';
import { useRoute, useRouter } from 'vue-router';

import type { Case, Evaluation } from '../../../contract/run.ts';
import { engine } from '../../api/engine.ts';
import { useProject } from '../../stores/project.ts';
import {
  type CaseFilter,
  type CaseOrder,
  filterRequest,
  filterWord,
  ordersOf,
  readFilter,
} from './case-filter.ts';
import type { Part } from './use-evaluation.ts';

export const casesPerPage = 48;
const largestRequest = 500;

/** Cases of an evaluated part of a task, a page at a time. Filter, order and place stand in the address. */
export function useCases(project: string, run: Ref<string>, part: Ref<Part>, task: Ref<Evaluation['task']>) {
  const route = useRoute();
  const router = useRouter();
  const store = useProject();
  const rows = shallowRef<Case[]>([]);
  /** Null before the first answer. */
  const total = shallowRef<number | null>(null);
  const failure = shallowRef<unknown>(null);

  const filter = computed<CaseFilter>(() => readFilter(route.query['show']));
  const order = computed<CaseOrder>(
    () => ordersOf(task.value).find(({ value }) => value === route.query['order'])?.value ?? 'worst',
  );
  /** Among all cases of the filter, from 0. */
  const at = computed(() => {
    const value = Number(route.query['at']);
    return Number.isInteger(value) && value > 0 ? value : 0;
  });
  const page = computed(() => Math.floor(at.value / casesPerPage));
  const pages = computed(() => Math.max(1, Math.ceil((total.value ?? 0) / casesPerPage)));
  const selected = computed<Case | null>(() => rows.value[at.value - page.value * casesPerPage] ?? null);

  const put = (changes: Record<string, string | undefined>): void =>
    void router.replace({ query: { ...route.query, ...changes } });
  const show = (next: CaseFilter): void => put({ show: filterWord(next), at: undefined });
  const sortBy = (next: CaseOrder): void => put({ order: next, at: undefined });
  const select = (index: number): void => {
    const last = (total.value ?? 1) - 1;
    put({ at: String(Math.min(Math.max(0, index), Math.max(0, last))) });
  };

  const request = computed(() => ({
    project,
    run: run.value,
    split: part.value,
    order: order.value,
    ...filterRequest(filter.value),
  }));

  let newest = 0;
  async function read(): Promise<void> {
    const mine = ++newest;
    try {
      const answer = await (
        await engine()
      ).run.cases({ ...request.value, offset: page.value * casesPerPage, limit: casesPerPage });
      if (mine !== newest) return;
      rows.value = answer.rows;
      total.value = answer.total;
      failure.value = null;
      if (at.value > 0 && at.value >= answer.total) select(answer.total - 1);
    } catch (error) {
      if (mine === newest) failure.value = error;
    }
  }
  watch([request, page], ([now, nowPage], [before, beforePage]) => {
    // The address may change without touching what is asked for.
    if (JSON.stringify(now) === JSON.stringify(before) && nowPage === beforePage) return;
    void read();
  });
  watch(
    () => store.labelRevision,
    () => void read(),
  );
  void read();
  onBeforeUnmount(() => (newest = -1));

  /** Ids of all images of the filter's cases, in their order. */
  async function allImages(): Promise<string[]> {
    const client = await engine();
    const images: string[] = [];
    let asked = 0;
    for (;;) {
      const answer = await client.run.cases({
        ...request.value,
        offset: asked,
        limit: largestRequest,
      });
      asked += answer.rows.length;
      images.push(...answer.rows.flatMap((row) => row.images));
      if (answer.rows.length === 0 || asked >= answer.total) return images;
    }
  }

  return {
    rows,
    total,
    failure,
    filter,
    order,
    at,
    page,
    pages,
    selected,
    show,
    sortBy,
    select,
    read,
    allImages,
  };
}
export type CaseList = ReturnType<typeof useCases>;
