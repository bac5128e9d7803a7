import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';

import type { Rectangle } from 'electron';

import { smallestWindow } from './policy.ts';

/** Where the window stood the last time. */
export interface WindowBounds extends Rectangle {
  isMaximized: boolean;
}

const usualSize = { width: 1440, height: 900 };
/** So much of the window's top has to lie on a screen for it to be found and moved. */
const graspable = { width: 200, height: 40 };

function overlap(start: number, length: number, otherStart: number, otherLength: number): number {
  return Math.min(start + length, otherStart + otherLength) - Math.max(start, otherStart);
}

/** Remembered bounds where they can still be reached on one of the screens, else the middle of the first. */
export function fitBounds(
  remembered: WindowBounds | null,
  workAreas: readonly [Rectangle, ...Rectangle[]],
): WindowBounds {
  const top = remembered && { ...remembered, height: graspable.height };
  const reachable =
    top !== null &&
    workAreas.some(
      (area) =>
        overlap(top.x, top.width, area.x, area.width) >= graspable.width &&
        overlap(top.y, top.height, area.y, area.height) >= graspable.height / 2 &&
        top.y >= area.y - graspable.height / 2,
    );
  if (remembered !== null && reachable) {
    return {
      ...remembered,
      width: Math.max(remembered.width, smallestWindow.width),
      height: Math.max(remembered.height, smallestWindow.height),
    };
  }
  const [first] = workAreas;
  const width = Math.max(Math.min(usualSize.width, first.width), smallestWindow.width);
  const height = Math.max(Math.min(usualSize.height, first.height), smallestWindow.height);
  return {
    x: first.x + Math.max(0, Math.floor((first.width - width) / 2)),
    y: first.y + Math.max(0, Math.floor((first.height - height) / 2)),
    width,
    height,
    isMaximized: false,
  };
}

/** Null where nothing was remembered, or it cannot be read: the window then opens as for the first time. */
export function readBounds(file: string): WindowBounds | null {
  try {
    const { x, y, width, height, isMaximized } = JSON.parse(readFileSync(file, 'utf8')) as WindowBounds;
    const whole = [x, y, width, height].every(Number.isInteger);
    return whole ? { x, y, width, height, isMaximized } : null;
  } catch {
    return null;
  }
}

export async function rememberBounds(file: string, bounds: WindowBounds): Promise<void> {
  try {
    await writeFile(file, `${JSON.stringify(bounds)}\n`);
  } catch {
    // A full disk must not keep the window from closing; it then opens where it did before.
  }
}
