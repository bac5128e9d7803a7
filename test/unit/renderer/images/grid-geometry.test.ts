import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import {
  columnLeft,
  layoutGrid,
  longestScrollPx,
  moved,
  positionAt,
  positionsIn,
  revealOffset,
  rowsWithin,
  rowTop,
  scrollScale,
} from '../../../../src/renderer/features/images/grid-geometry.ts';
import { contains } from '../../../../src/renderer/features/images/ranges.ts';

const anyGrid = fc
  .tuple(fc.integer({ min: 60, max: 4000 }), fc.nat(3000), fc.integer({ min: 96, max: 320 }))
  .map(([width, total, size]) => layoutGrid(width, total, size));

test('every cell is found at its own centre and no cell leaves the width', () => {
  fc.assert(
    fc.property(anyGrid, fc.nat(), (grid, any) => {
      fc.pre(grid.total > 0);
      const position = any % grid.total;
      const column = position % grid.columns;
      const x = columnLeft(grid, column) + grid.cellPx / 2;
      const y = rowTop(grid, Math.floor(position / grid.columns)) + grid.cellHeightPx / 2;
      expect(positionAt(grid, x, y)).toBe(position);
      expect(positionAt(grid, columnLeft(grid, column) + grid.cellPx + 2, y)).not.toBe(position);
    }),
  );
});

test('a lasso takes exactly the cells that it touches: else those at its edge are missed or too many', () => {
  const grid = layoutGrid(800, 95, 120);
  const rectangle = { left: 100, top: 200, right: 430, bottom: 420 };
  const touched = positionsIn(grid, rectangle);
  for (let position = 0; position < grid.total; position++) {
    const left = columnLeft(grid, position % grid.columns);
    const top = rowTop(grid, Math.floor(position / grid.columns));
    const meets =
      left <= rectangle.right &&
      left + grid.cellPx > rectangle.left &&
      top <= rectangle.bottom &&
      top + grid.cellHeightPx > rectangle.top;
    expect(contains(touched, position)).toBe(meets);
  }
});

test('a lasso over whole rows is one range, up to the last image', () => {
  const grid = layoutGrid(800, 20, 120);
  expect(positionsIn(grid, { left: -10, top: -10, right: 2000, bottom: 9000 })).toEqual([[0, 20]]);
});

test('the window shows every row that it meets: else a strip stays blank', () => {
  fc.assert(
    fc.property(anyGrid, fc.double({ min: 0, max: 1, noNaN: true }), (grid, part) => {
      const from = part * Math.max(0, grid.contentPx - 700);
      const [first, end] = rowsWithin(grid, from, from + 700, 0);
      for (let row = 0; row < grid.rows; row++) {
        const top = rowTop(grid, row);
        if (top < from + 700 && top + grid.cellHeightPx > from) {
          expect(row).toBeGreaterThanOrEqual(first);
          expect(row).toBeLessThan(end);
        }
      }
    }),
  );
});

describe('a million images', () => {
  const grid = layoutGrid(700, 1_000_000, 200);
  const scale = scrollScale(grid, 700);

  test('fit into what browsers scroll: else the last rows cannot be reached', () => {
    expect(grid.contentPx).toBeGreaterThan(longestScrollPx);
    expect(scale.heightPx).toBe(longestScrollPx);
    expect(scale.toContent(longestScrollPx - 700)).toBeCloseTo(grid.contentPx - 700, 3);
    expect(scale.toContent(0)).toBe(0);
  });

  test('every place has one on the scroll bar and comes back', () => {
    expect(scale.toContent(scale.toScroll(12_345_678))).toBeCloseTo(12_345_678, 3);
  });
});

test('few images need no scaling: their wheel is the browser’s own', () => {
  const grid = layoutGrid(700, 500, 200);
  const scale = scrollScale(grid, 700);
  expect(scale.scaled).toBe(false);
  expect(scale.toContent(300)).toBe(300);
});

test('an image is scrolled to by the shortest way, and not when it is seen whole', () => {
  const grid = layoutGrid(700, 500, 200);
  expect(revealOffset(grid, 0, 0, 700)).toBe(0);
  const below = revealOffset(grid, grid.columns * 5, 0, 700);
  expect(below + 700).toBeGreaterThanOrEqual(rowTop(grid, 5) + grid.cellHeightPx);
  expect(revealOffset(grid, grid.columns * 5, below, 700)).toBe(below);
  expect(revealOffset(grid, 0, below, 700)).toBe(0);
});

describe('the keyboard', () => {
  // 5 columns, last row of 3.
  const grid = { ...layoutGrid(700, 23, 120), columns: 5, rows: 5 };

  test('stays inside: else it comes out at the other end', () => {
    expect(moved(grid, 0, 'left', 600)).toBe(0);
    expect(moved(grid, 22, 'right', 600)).toBe(22);
    expect(moved(grid, 2, 'up', 600)).toBe(2);
    expect(moved(grid, 21, 'down', 600)).toBe(21);
  });

  test('goes down into a last row that is shorter', () => {
    expect(moved(grid, 19, 'down', 600)).toBe(22);
    expect(moved(grid, 16, 'down', 600)).toBe(21);
  });

  test('keeps its column over pages, and starts at the first image', () => {
    expect(moved(grid, 7, 'pageUp', 6000)).toBe(2);
    expect(moved(grid, 4, 'pageDown', 6000)).toBe(19);
    expect(moved(grid, null, 'down', 600)).toBe(0);
    expect(moved({ ...grid, total: 0 }, null, 'down', 600)).toBeNull();
    expect(moved(grid, 3, 'last', 600)).toBe(22);
  });
});
