import { type Range, type Ranges, union } from './ranges.ts';

/** Pixels of the grid: all cells are alike, so every place follows from a position by arithmetic. */
export interface GridGeometry {
  readonly total: number;
  readonly columns: number;
  readonly rows: number;
  /** Edge of a picture's square, which a caption follows below. */
  readonly cellPx: number;
  readonly cellHeightPx: number;
  /** From the top of one row to the top of the next. */
  readonly rowPx: number;
  readonly contentPx: number;
}

export const captionPx = 24;
export const gapPx = 8;
export const paddingPx = 12;
export const sizeLimits = { min: 96, max: 320, step: 16 } as const;

/** Browsers end an element at about 33 million pixels; beyond this height the scroll bar is scaled. */
export const longestScrollPx = 16_000_000;

export interface Rectangle {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

/** Lays cells of at least `sizePx` into a width; they grow to fill the rows. */
export function layoutGrid(widthPx: number, total: number, sizePx: number): GridGeometry {
  const inner = Math.max(sizePx, widthPx - 2 * paddingPx);
  const columns = Math.max(1, Math.floor((inner + gapPx) / (sizePx + gapPx)));
  const cellPx = Math.floor((inner - gapPx * (columns - 1)) / columns);
  const rows = Math.ceil(total / columns);
  const cellHeightPx = cellPx + captionPx;
  const rowPx = cellHeightPx + gapPx;
  const contentPx = rows === 0 ? 0 : 2 * paddingPx + rows * rowPx - gapPx;
  return { total, columns, rows, cellPx, cellHeightPx, rowPx, contentPx };
}

export const columnLeft = ({ cellPx }: GridGeometry, column: number): number =>
  paddingPx + column * (cellPx + gapPx);
export const rowTop = ({ rowPx }: GridGeometry, row: number): number => paddingPx + row * rowPx;

/** Rows that a window onto the content shows, with `spare` more on either side. */
export function rowsWithin(geometry: GridGeometry, fromPx: number, toPx: number, spare: number): Range {
  const first = Math.floor((fromPx - paddingPx) / geometry.rowPx) - spare;
  const last = Math.floor((toPx - paddingPx) / geometry.rowPx) + spare;
  const from = Math.min(geometry.rows, Math.max(0, first));
  return [from, Math.max(from, Math.min(geometry.rows, last + 1))];
}

/** The picture at a point of the content; null between pictures. */
export function positionAt(geometry: GridGeometry, x: number, y: number): number | null {
  const [position] = firstOf(positionsIn(geometry, { left: x, top: y, right: x, bottom: y }));
  return position ?? null;
}

const firstOf = (ranges: Ranges): readonly number[] => ranges[0] ?? [];

/** All pictures that a rectangle of the content touches. */
export function positionsIn(geometry: GridGeometry, rectangle: Rectangle): Ranges {
  const { columns, rows, total, cellPx, cellHeightPx, rowPx } = geometry;
  const stepPx = cellPx + gapPx;
  const [firstColumn, lastColumn] = touched(rectangle.left, rectangle.right, stepPx, cellPx, columns);
  const [firstRow, lastRow] = touched(rectangle.top, rectangle.bottom, rowPx, cellHeightPx, rows);
  if (firstColumn > lastColumn || firstRow > lastRow) return [];
  if (lastColumn - firstColumn + 1 === columns)
    return union([[firstRow * columns, Math.min(total, (lastRow + 1) * columns)]]);
  const found: Range[] = [];
  for (let row = firstRow; row <= lastRow; row++) {
    const start = row * columns;
    found.push([Math.min(total, start + firstColumn), Math.min(total, start + lastColumn + 1)]);
  }
  return union(found);
}

/** First and last of equal boxes that an interval touches; the first is behind the last when it touches none. */
function touched(from: number, to: number, stepPx: number, boxPx: number, count: number): Range {
  const start = from - paddingPx;
  const first = Math.floor(start / stepPx) + (start - Math.floor(start / stepPx) * stepPx >= boxPx ? 1 : 0);
  const last = Math.floor((to - paddingPx) / stepPx);
  return [Math.max(0, first), Math.min(count - 1, last)];
}

/** How high the scrolled element is, and how its scroll position and the place in the content belong together. */
export function scrollScale(geometry: GridGeometry, viewportPx: number) {
  const heightPx = Math.min(geometry.contentPx, longestScrollPx);
  const furthest = Math.max(0, geometry.contentPx - viewportPx);
  const ratio = heightPx > viewportPx ? furthest / (heightPx - viewportPx) : 1;
  return {
    heightPx,
    scaled: ratio > 1,
    furthest,
    toContent: (scrollTop: number): number => Math.min(furthest, Math.max(0, scrollTop * ratio)),
    toScroll: (offset: number): number => Math.min(furthest, Math.max(0, offset)) / ratio,
  };
}

/** Where the content has to be scrolled to so that a picture is whole in the window; the place now when it is. */
export function revealOffset(
  geometry: GridGeometry,
  position: number,
  offset: number,
  viewportPx: number,
): number {
  const top = rowTop(geometry, Math.floor(position / geometry.columns));
  if (top - paddingPx < offset) return top - paddingPx;
  const bottom = top + geometry.cellHeightPx + paddingPx;
  return bottom > offset + viewportPx ? bottom - viewportPx : offset;
}

export type Movement = 'left' | 'right' | 'up' | 'down' | 'first' | 'last' | 'pageUp' | 'pageDown';

/** Where the keyboard goes from a picture; from nowhere to the first one. */
export function moved(
  geometry: GridGeometry,
  from: number | null,
  movement: Movement,
  viewportPx: number,
): number | null {
  const { total, columns, rowPx } = geometry;
  if (total === 0) return null;
  if (movement === 'first') return 0;
  if (movement === 'last') return total - 1;
  if (from === null) return 0;
  const page = columns * Math.max(1, Math.floor(viewportPx / rowPx));
  const steps = { left: -1, right: 1, up: -columns, down: columns, pageUp: -page, pageDown: page };
  const to = from + steps[movement];
  if (to >= 0 && to < total) return to;
  const column = from % columns;
  const lastInColumn = total - 1 - ((total - 1 - column) % columns);
  if (movement === 'up' || movement === 'pageUp') return movement === 'up' ? from : column;
  if (movement === 'pageDown') return lastInColumn;
  // A row above the last, short one: down goes to its end.
  if (movement === 'down')
    return Math.floor(from / columns) < Math.floor((total - 1) / columns) ? total - 1 : from;
  return from;
}
