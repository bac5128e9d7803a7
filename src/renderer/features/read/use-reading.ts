import { computed, onBeforeUnmount, type Ref, ref, shallowRef, watch } from 'vue';
import { useRoute } from 'vue-router';

import { type ImageQuery, imageQuerySchema, type ViewRow } from '../../../contract/image.ts';
import { engine } from '../../api/engine.ts';
import { decodeQuery } from '../../api/query-string.ts';
import { useProject } from '../../stores/project.ts';
import { useToasts } from '../../stores/toasts.ts';
import { useWorkspace } from '../../stores/workspace.ts';
import { useAddress } from './use-address.ts';
import { type ReadingList, useReadingList } from './use-reading-list.ts';

const noticeMs = 5000;

export interface Reading {
  readonly list: ReadingList;
  /** Null while the list is opened, and in an empty one. */
  readonly position: Ref<number | null>;
  readonly current: Readonly<Ref<ViewRow | null>>;
  /** The reader went on behind the last image. */
  readonly atEnd: Ref<boolean>;
  /** Something to know about where the reader is, for a moment. */
  readonly notice: Ref<string>;
  /** An image that was asked for, while the list has another one of its series or study; null once it is looked at. */
  readonly wanted: Ref<{ image: string; position: number } | null>;
  readonly failure: Readonly<Ref<unknown>>;
  goTo(position: number): void;
  /** By so many images; back from the end is the last one. */
  move(by: number): void;
  goToImage(image: string): Promise<void>;
  goToNextUnread(): Promise<void>;
  restart(): Promise<void>;
}

const sameQuery = (a: ImageQuery, b: ImageQuery): boolean => JSON.stringify(a) === JSON.stringify(b);

/** Where this reader is in a list of images. The address names the list and the image; the engine remembers both. */
export function useReading(project: string): Reading {
  const route = useRoute();
  const workspace = useWorkspace();
  const store = useProject();
  const toasts = useToasts();
  const position = ref<number | null>(null);
  const atEnd = ref(false);
  const notice = ref('');
  const wanted = shallowRef<{ image: string; position: number } | null>(null);
  const startFailure = shallowRef<unknown>(null);
  let newestMove = 0;
  let noticeTimer: ReturnType<typeof setTimeout> | undefined;

  const list = useReadingList(
    () => project,
    () => workspace.reader,
    () => store.labels.level,
    () => store.round,
    () => void relocate(),
  );
  const current = computed(() => (position.value === null ? null : list.rowAt(position.value)));
  const address = useAddress(
    project,
    () => current.value?.image,
    () => list.query.value,
    () => store.round,
  );

  function tell(text: string): void {
    notice.value = text;
    clearTimeout(noticeTimer);
    noticeTimer = setTimeout(() => (notice.value = ''), noticeMs);
  }

  function goTo(to: number): void {
    const move = ++newestMove;
    const total = list.total.value ?? 0;
    if (to < 0 || total === 0) return;
    if (to >= total) {
      atEnd.value = true;
      return;
    }
    const settle = (): void => {
      if (move !== newestMove) return;
      atEnd.value = false;
      position.value = to;
    };
    if (list.rowAt(to) !== null) settle();
    list.ensure(to).then(settle, (error: unknown) => toasts.showError(error));
  }
  /** Its place, or that of another image of its series or study that stands for it in the list. */
  async function find(image: string): Promise<number | null> {
    const found = await list.positionOf(image);
    if (found !== null || store.labels.level === 'image') return found;
    const { images, series } = await (await engine()).dataset.stack({ project, image });
    for (const other of [...images.slice(0, 1), ...series.map((entry) => entry.image)]) {
      const place = await list.positionOf(other);
      if (place === null) continue;
      wanted.value = { image, position: place };
      return place;
    }
    return null;
  }
  async function goToImage(image: string): Promise<void> {
    try {
      const found = await find(image);
      if (found !== null) goTo(found);
      else tell('That image is not in this list.');
    } catch (error) {
      toasts.showError(error);
    }
  }
  async function goToNextUnread(): Promise<void> {
    try {
      const found = await list.nextUnread(position.value === null ? 0 : position.value + 1);
      if (found === null) atEnd.value = true;
      else goTo(found);
    } catch (error) {
      toasts.showError(error);
    }
  }

  /** After the list was opened anew: the same image, or what is now in its place. */
  async function relocate(): Promise<void> {
    const total = list.total.value ?? 0;
    const image = address.image();
    const before = position.value ?? 0;
    const found = image === null ? null : await find(image);
    position.value = null;
    if (total > 0) goTo(found ?? Math.min(before, total - 1));
  }

  /** Opens the list of the address, or the one that this reader was in. */
  async function start(): Promise<void> {
    const move = ++newestMove;
    address.leave();
    position.value = null;
    atEnd.value = false;
    list.total.value = null;
    startFailure.value = null;
    const asked = decodeQuery(route.query);
    const { round } = route.query;
    store.round = typeof round === 'string' ? round : '';
    const named = String(route.params['image'] ?? '');
    const client = await engine();
    // A worklist has its order: there one goes on with what is unread.
    const mayContinue = named === '' && store.round === '';
    const place = mayContinue ? await client.label.place({ project, reader: workspace.reader }) : null;
    const isAnyList = Object.keys(route.query).length === 0;
    const continues = place !== null && (isAnyList || sameQuery(place.query, asked));
    let total = await list.open(continues ? place.query : asked);
    if (continues && total === 0) total = await list.open(imageQuerySchema.parse({}));
    const image = continues ? place.image : named;
    const found = image === '' ? null : await find(image);
    const unread = await list.nextUnread(0);
    if (move !== newestMove) return;
    if (continues && found !== null) tell('Continued where you left off.');
    else if (named !== '' && found === null && total > 0) tell('That image is not in this list.');
    goTo(found ?? unread ?? 0);
  }
  const restart = (): Promise<void> => start().catch((error: unknown) => void (startFailure.value = error));

  watch(
    () => [JSON.stringify(route.query), route.params['image']] as const,
    ([query, image]) => {
      if (route.name !== 'read' || address.isOwn(query, image)) return;
      const isHere =
        image !== '' &&
        (route.query['round'] ?? '') === store.round &&
        list.query.value !== null &&
        sameQuery(decodeQuery(route.query), list.query.value);
      if (isHere) void goToImage(String(image));
      else void restart();
    },
  );
  // Who reads is known once the settings are: before, the place of somebody else would be taken.
  watch(
    () => (workspace.about === null ? null : ([workspace.reader, store.labels.level] as const).join(' ')),
    (reader) => {
      if (reader !== null) void restart();
    },
    { immediate: true },
  );
  onBeforeUnmount(() => {
    newestMove = -1;
    store.round = '';
    clearTimeout(noticeTimer);
  });

  return {
    list,
    position,
    current,
    atEnd,
    notice,
    wanted,
    failure: computed(() => startFailure.value ?? list.error.value),
    goTo,
    move(by) {
      if (atEnd.value && by < 0) atEnd.value = false;
      else if (position.value !== null) goTo(position.value + by);
    },
    goToImage,
    goToNextUnread,
    restart,
  };
}
