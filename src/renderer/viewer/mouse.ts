import { reactive } from 'vue';

/** What a button that is held down while the mouse moves can do. */
const dragActions = [
  { value: 'tool', label: 'The tool in hand' },
  { value: 'window', label: 'Brightness and contrast' },
  { value: 'pan', label: 'Move the picture' },
  { value: 'windowOrPan', label: 'Move the picture; brightness and contrast while another tool is in hand' },
  { value: 'zoom', label: 'Zoom' },
  { value: 'scroll', label: 'Go through the series' },
  { value: 'none', label: 'Nothing' },
] as const;
/** What a wheel can do. */
const wheelActions = [
  { value: 'scrollOrZoom', label: 'Go through the series; zoom in a single picture' },
  { value: 'scroll', label: 'Go through the series' },
  { value: 'zoom', label: 'Zoom' },
  { value: 'none', label: 'Nothing' },
] as const;

export type DragAction = (typeof dragActions)[number]['value'];
export type WheelAction = (typeof wheelActions)[number]['value'];

interface Binding<Action extends string> {
  readonly title: string;
  readonly usual: Action;
  readonly actions: readonly { readonly value: Action; readonly label: string }[];
}
const drag = (title: string, usual: DragAction): Binding<DragAction> => ({
  title,
  usual,
  actions: dragActions,
});
const wheel = (title: string, usual: WheelAction): Binding<WheelAction> => ({
  title,
  usual,
  actions: wheelActions,
});

/** Everything that a mouse can do to a picture, with its usual meaning: one list for viewer and settings. Ids never change. */
export const mouseBindings = {
  left: drag('Left button', 'tool'),
  shiftLeft: drag('Shift and left button', 'tool'),
  modLeft: drag('Control (⌘) and left button', 'tool'),
  middle: drag('Middle button', 'pan'),
  right: drag('Right button', 'windowOrPan'),
  wheel: wheel('Wheel', 'scrollOrZoom'),
  modWheel: wheel('Control (⌘) and wheel', 'zoom'),
  shiftWheel: wheel('Shift and wheel', 'scrollOrZoom'),
} as const;
export type MouseGesture = keyof typeof mouseBindings;
type DragGesture = 'left' | 'shiftLeft' | 'modLeft' | 'middle' | 'right';
type WheelGesture = Exclude<MouseGesture, DragGesture>;

/** Gestures that the user gave another meaning: gesture → action. */
export const changedMouse = reactive<Record<string, string>>({});

export function actionOf(gesture: DragGesture): DragAction;
export function actionOf(gesture: WheelGesture): WheelAction;
export function actionOf(gesture: MouseGesture): DragAction | WheelAction;
export function actionOf(gesture: MouseGesture): DragAction | WheelAction {
  const { usual, actions } = mouseBindings[gesture];
  return actions.find(({ value }) => value === changedMouse[gesture])?.value ?? usual;
}

const serves: Record<string, readonly (DragAction | WheelAction)[]> = {
  'gives the tool in hand': ['tool'],
  'changes brightness and contrast': ['window', 'windowOrPan', 'tool'],
  'moves the picture': ['pan', 'windowOrPan'],
  zooms: ['zoom', 'scrollOrZoom'],
};
/** What no gesture does any more, as ends of sentences that begin with "nothing". */
export function missingActions(): string[] {
  const given = (Object.keys(mouseBindings) as MouseGesture[]).map((gesture) => actionOf(gesture));
  return Object.entries(serves)
    .filter(([, actions]) => !actions.some((action) => given.includes(action)))
    .map(([words]) => words);
}

/** The gesture that a press is; null: a button that means nothing here. */
export function dragGesture({
  button,
  shiftKey,
  ctrlKey,
  metaKey,
}: Pick<PointerEvent, 'button' | 'shiftKey' | 'ctrlKey' | 'metaKey'>): DragGesture | null {
  if (button === 1) return 'middle';
  if (button === 2) return 'right';
  if (button !== 0) return null;
  if (ctrlKey || metaKey) return 'modLeft';
  return shiftKey ? 'shiftLeft' : 'left';
}

/** The gesture that a turn of the wheel is. */
export function wheelGesture({
  shiftKey,
  ctrlKey,
  metaKey,
}: Pick<WheelEvent, 'shiftKey' | 'ctrlKey' | 'metaKey'>): WheelGesture {
  if (ctrlKey || metaKey) return 'modWheel';
  return shiftKey ? 'shiftWheel' : 'wheel';
}
