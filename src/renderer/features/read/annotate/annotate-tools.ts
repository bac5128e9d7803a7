import { Brush, Crosshair, Eraser, Lasso, MousePointer2, Pentagon, Square } from '@lucide/vue';

import type { ShapeKind } from '../../../../contract/annotation.ts';
import type { ViewerTool } from '../../../viewer/tools.ts';

export const selectTool = 'annotate.select';

/** Tools that draw, by what they draw. */
const drawingTools = {
  'annotate.box': 'box',
  'annotate.polygon': 'polygon',
  'annotate.freehand': 'freehand',
  'annotate.brush': 'mask',
  'annotate.eraser': 'mask',
  'annotate.point': 'point',
} as const satisfies Record<string, ShapeKind>;
type DrawingTool = keyof typeof drawingTools;
type AnnotateTool = DrawingTool | typeof selectTool;

export const isDrawingTool = (tool: string): tool is DrawingTool => Object.hasOwn(drawingTools, tool);
export const isAnnotateTool = (tool: string): tool is AnnotateTool =>
  tool === selectTool || isDrawingTool(tool);
/** Brush and eraser: what has a size. */
export const isBrush = (tool: string): boolean => tool === 'annotate.brush' || tool === 'annotate.eraser';

/** A tool is taken in hand by the command of its own id. */
const tool = (id: AnnotateTool, title: string, icon: ViewerTool['icon'], cursor: string): ViewerTool => ({
  id,
  title,
  icon,
  command: id,
  cursor,
});
const all: readonly ViewerTool[] = [
  tool(selectTool, 'Select and move shapes', MousePointer2, 'default'),
  tool('annotate.box', 'Draw a box', Square, 'crosshair'),
  tool('annotate.polygon', 'Draw a polygon', Pentagon, 'crosshair'),
  tool('annotate.freehand', 'Draw an outline', Lasso, 'crosshair'),
  tool('annotate.brush', 'Paint a mask', Brush, 'none'),
  tool('annotate.eraser', 'Erase from a mask', Eraser, 'none'),
  tool('annotate.point', 'Set a point', Crosshair, 'crosshair'),
];

/** The tools of a project in which such shapes are drawn; none where nothing is. */
export const toolsFor = (kinds: readonly ShapeKind[]): ViewerTool[] =>
  kinds.length === 0 ? [] : all.filter(({ id }) => !isDrawingTool(id) || kinds.includes(drawingTools[id]));
