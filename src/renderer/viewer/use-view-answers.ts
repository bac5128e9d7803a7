import { useViewerCommands } from './active-viewer.ts';
import { type Point, zoomStep } from './camera.ts';
import type { PreparedPicture } from './picture-cache.ts';
import { presetCommand, presetsFor, presetsWithKeys } from './presets.ts';
import { viewerSettings } from './settings.ts';
import { takeTool, windowTool } from './tools.ts';
import { flippedSideways, flippedUpsideDown, type Orientation, turned } from './transform.ts';
import type { PictureView } from './use-view.ts';

/** What the answers need beside the view. */
export interface AnswerSource {
  active(): boolean | null;
  /** From CSS to device pixels. */
  device(way: Point): Point;
  scroll(by: number): void;
  modality(): string | null;
  picture(): PreparedPicture | null;
  clearMeasures(): void;
}

/** As far as one press of a key moves the picture or changes the window, in CSS pixels of a drag. */
const keyStep = 40;
const windowStep = 20;

/** Answers every command of a viewer. */
export function useViewAnswers(
  view: PictureView,
  source: AnswerSource,
): {
  /** Makes it the active one. */
  activate(): void;
  /** Does what a command says in this viewer, whichever is active. */
  run(command: string): void;
  /** By its place in the list. */
  choosePreset(index: number): void;
} {
  const pan = (x: number, y: number) => (): void =>
    view.pan(source.device({ x: x * keyStep, y: y * keyStep }));
  const adjust = (x: number, y: number) => (): void => view.adjust({ x: x * windowStep, y: y * windowStep });
  const turn = (change: (lies: Orientation) => Orientation) => (): void => {
    viewerSettings.orientation = change(viewerSettings.orientation);
  };

  function choosePreset(index: number): void {
    const picture = source.picture();
    if (picture === null) return;
    const preset = presetsFor(picture, source.modality())[index];
    if (preset === undefined) return;
    viewerSettings.presets[source.modality() ?? ''] = preset.id;
    view.setWindow(preset.window(picture));
  }
  const presets = Array.from({ length: presetsWithKeys }, (_, index): [string, () => void] => [
    presetCommand(index)!,
    () => choosePreset(index),
  ]);

  const answers: Record<string, () => void> = {
    'read.fit': view.fit,
    'read.actual': view.actual,
    'read.zoomIn': () => view.zoom(zoomStep),
    'read.zoomOut': () => view.zoom(1 / zoomStep),
    'read.invert': () => (viewerSettings.inverted = !viewerSettings.inverted),
    'read.reset': view.resetWindow,
    'read.resetView': view.resetAll,
    'read.lock': view.toggleLock,
    'read.brighter': adjust(0, -1),
    'read.darker': adjust(0, 1),
    'read.moreContrast': adjust(-1, 0),
    'read.lessContrast': adjust(1, 0),
    'read.panLeft': pan(1, 0),
    'read.panRight': pan(-1, 0),
    'read.panUp': pan(0, 1),
    'read.panDown': pan(0, -1),
    'read.turnLeft': turn((lies) => turned(lies, -1)),
    'read.turnRight': turn((lies) => turned(lies, 1)),
    'read.mirror': turn(flippedSideways),
    'read.flip': turn(flippedUpsideDown),
    'read.sliceBack': () => source.scroll(-1),
    'read.sliceNext': () => source.scroll(1),
    'read.toolWindow': () => (viewerSettings.tool = windowTool),
    'read.toolRuler': () => takeTool('ruler'),
    'read.toolAngle': () => takeTool('angle'),
    'read.toolProbe': () => takeTool('probe'),
    'read.clearMeasures': source.clearMeasures,
    'read.link': () => (viewerSettings.linked = !viewerSettings.linked),
    ...Object.fromEntries(presets),
  };
  const activate = useViewerCommands(source.active, answers);
  return { activate, run: (command) => answers[command]?.(), choosePreset };
}
