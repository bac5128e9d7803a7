import { Angle, Pipette, Ruler, Sun } from '@lucide/vue';
import { type Component, shallowReactive } from 'vue';

import { viewerSettings } from './settings.ts';

/** Something to have in hand: what the left button does. */
export interface ViewerTool {
  readonly id: string;
  /** Its name on the button. */
  readonly title: string;
  readonly icon: Component;
  /** The command that takes it in hand: its key is shown with it. */
  readonly command: string;
  /** The pointer's shape over the picture, as CSS names it. */
  readonly cursor: string;
}

/** Brightness and contrast: in hand when nothing else is. */
export const windowTool = 'window';

const own: readonly ViewerTool[] = [
  {
    id: windowTool,
    title: 'Brightness and contrast',
    icon: Sun,
    command: 'read.toolWindow',
    cursor: 'default',
  },
  { id: 'ruler', title: 'Measure a length', icon: Ruler, command: 'read.toolRuler', cursor: 'crosshair' },
  { id: 'angle', title: 'Measure an angle', icon: Angle, command: 'read.toolAngle', cursor: 'crosshair' },
  { id: 'probe', title: 'Read off values', icon: Pipette, command: 'read.toolProbe', cursor: 'crosshair' },
];

/** The tools there are now, in the order of their buttons. */
export const viewerTools = shallowReactive<ViewerTool[]>([...own]);

/** Adds tools behind those there are. Returns what takes them away; one of them in hand is then laid down. */
export function addViewerTools(tools: readonly ViewerTool[]): () => void {
  viewerTools.push(...tools);
  return () => {
    for (const tool of tools) {
      const index = viewerTools.indexOf(tool);
      if (index >= 0) viewerTools.splice(index, 1);
      if (viewerSettings.tool === tool.id) viewerSettings.tool = windowTool;
    }
  };
}

/** Takes a tool in hand; the one that is in hand already is laid down. */
export function takeTool(id: string): void {
  viewerSettings.tool = viewerSettings.tool === id ? windowTool : id;
}

const endings: (() => boolean)[] = [];

/**
 * Adds what Escape ends: `end` gives up what is half drawn and says whether there was something. Returns what takes it
 * away.
 */
export function onEscape(end: () => boolean): () => void {
  endings.push(end);
  return () => endings.splice(endings.indexOf(end), 1);
}

/** What Escape does over a picture: what is half drawn goes first, then the tool is laid down. Whether it did anything. */
export function escapeTool(): boolean {
  if (endings.toReversed().some((end) => end())) return true;
  if (viewerSettings.tool === windowTool) return false;
  viewerSettings.tool = windowTool;
  return true;
}
