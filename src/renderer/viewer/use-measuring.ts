import {
  computed,
  type ComputedRef,
  onScopeDispose,
  ref,
  type Ref,
  shallowReactive,
  shallowRef,
  type ShallowRef,
  watch,
} from 'vue';

import type { Point } from './camera.ts';
import {
  angleAt,
  insidePicture,
  lengthWords,
  type Measure,
  type MeasureKind,
  sampleWords,
  withPoint,
} from './measures.ts';
import { onEscape } from './tools.ts';
import { meaningOf } from './values.ts';
import type { ViewerContext, ViewerPointer } from './viewer-context.ts';

/** By address of the picture, until the window of the application is closed: no labels, nothing is stored. */
const measuresBySrc = shallowReactive(new Map<string, readonly Measure[]>());
let nextId = 1;

/** A ruler shorter than this on the screen was a click, in CSS pixels. */
const leastLength = 4;

interface SelectedPoint {
  /** Of the measure. */
  readonly id: number;
  /** From 0. */
  readonly index: number;
}

export interface Measuring {
  /** Of the picture in view. */
  readonly shown: ComputedRef<readonly Measure[]>;
  /** The point whose handle has the keys. */
  readonly selected: Readonly<ShallowRef<SelectedPoint | null>>;
  select(point: SelectedPoint | null): void;
  /** What the probe reads under the pointer; empty while it is not in hand. */
  readonly readout: Readonly<Ref<string>>;
  words(measure: Measure): string;
  movePoint(id: number, index: number, to: Point): void;
  remove(id: number): void;
  clear(): void;
}

/** Measuring with ruler, angle and probe in one viewer, live while they are drawn. */
export function useMeasuring(viewer: ViewerContext): Measuring {
  const selected = shallowRef<SelectedPoint | null>(null);
  const readout = ref('');
  /** The point that follows the pointer: with its button held, or of an angle that waits for its second arm. */
  let dragged: { id: number; index: number; before: Measure | null } | null = null;
  let growing: number | null = null;

  const shown = computed(() => (viewer.src.value && measuresBySrc.get(viewer.src.value)) || []);
  function change(make: (measures: readonly Measure[]) => readonly Measure[]): void {
    if (viewer.src.value !== null) measuresBySrc.set(viewer.src.value, make(shown.value));
  }
  const replace = (measure: Measure): void =>
    change((measures) => measures.map((other) => (other.id === measure.id ? measure : other)));
  const find = (id: number): Measure | undefined => shown.value.find((measure) => measure.id === id);
  function remove(id: number): void {
    change((measures) => measures.filter((measure) => measure.id !== id));
    if (selected.value?.id === id) selected.value = null;
    if (growing === id) growing = null;
  }
  function movePoint(id: number, index: number, to: Point): void {
    const measure = find(id);
    const size = viewer.geometry.value?.size;
    if (measure && size) replace(withPoint(measure, index, insidePicture(to, size)));
  }

  function words({ kind, points }: Measure): string {
    const spacing = viewer.geometry.value?.spacing ?? null;
    const [first, second, third] = points;
    if (kind === 'probe') return probeWords(first!);
    if (kind === 'ruler') return lengthWords(first!, second!, spacing);
    return third === undefined ? '' : `${angleAt(first!, second!, third, spacing).toFixed(1)}°`;
  }
  const probeWords = (at: Point): string =>
    sampleWords(viewer.sampleAt(at), meaningOf(viewer.picture.value?.display ?? null));

  function begin(kind: MeasureKind, at: Point): void {
    const id = nextId++;
    const points = kind === 'probe' ? [at] : [at, at];
    change((measures) => [...measures, { id, kind, points }]);
    dragged = { id, index: points.length - 1, before: null };
  }

  function down({ at, event }: ViewerPointer): boolean {
    const handle = (event.target as Element | null)?.closest<SVGElement>('[data-measure]');
    const size = viewer.geometry.value!.size;
    if (growing !== null) {
      movePoint(growing, 2, at);
      dragged = { id: growing, index: 2, before: null };
      growing = null;
      return true;
    }
    if (handle) {
      const id = Number(handle.dataset['measure']);
      dragged = { id, index: Number(handle.dataset['handle']), before: find(id) ?? null };
      return true;
    }
    selected.value = null;
    const tool = viewer.tool.value;
    if (tool !== 'ruler' && tool !== 'angle' && tool !== 'probe') return false;
    begin(tool, insidePicture(at, size));
    return true;
  }
  /** An angle without its second arm. Whether there was one. */
  function giveUp(): boolean {
    if (growing === null) return false;
    remove(growing);
    return true;
  }
  function up(): void {
    if (dragged === null) return;
    const { id, index, before } = dragged;
    dragged = null;
    const measure = find(id);
    if (measure === undefined) return;
    const [first, second] = measure.points;
    const { scale } = viewer.geometry.value ?? { scale: 1 };
    const isClick =
      second !== undefined && Math.hypot(second.x - first!.x, second.y - first!.y) * scale < leastLength;
    if (before === null && measure.points.length === 2 && isClick) return remove(id);
    if (measure.kind === 'angle' && measure.points.length === 2) {
      replace({ ...measure, points: [first!, second!, second!] });
      growing = id;
    }
    selected.value = { id, index };
  }
  function cancel(): void {
    if (dragged?.before) replace(dragged.before);
    else if (dragged) remove(dragged.id);
    dragged = null;
  }

  const stop = viewer.onPointer((pointer) => {
    const { kind, at } = pointer;
    if (kind === 'down') return down(pointer);
    if (kind === 'move' && dragged !== null) movePoint(dragged.id, dragged.index, at);
    else if (kind === 'up') up();
    else if (kind === 'cancel') cancel();
    else if (kind === 'hover' && growing !== null) movePoint(growing, 2, at);
    else if (kind === 'double') return ['ruler', 'angle', 'probe'].includes(viewer.tool.value);
    readout.value = viewer.tool.value === 'probe' && kind !== 'leave' ? probeReadout(at) : '';
    return growing !== null && kind === 'hover';
  });
  function probeReadout(at: Point): string {
    const sample = viewer.sampleAt(at);
    return sample === null ? '' : `x ${sample.x} y ${sample.y}: ${probeWords(at)}`;
  }
  onScopeDispose(stop);
  onScopeDispose(onEscape(giveUp));
  watch(viewer.src, () => {
    [selected.value, growing, dragged, readout.value] = [null, null, null, ''];
  });
  watch(viewer.tool, () => {
    if (growing !== null) remove(growing);
    readout.value = '';
  });

  return {
    shown,
    selected,
    select: (point) => (selected.value = point),
    readout,
    words,
    movePoint,
    remove,
    clear: () => {
      growing = null;
      selected.value = null;
      change(() => []);
    },
  };
}
