import { type Box, emptyMask, type Mask } from './masks.ts';

/**
 * Masks as COCO writes them: runs over the whole picture, column by column, outside, inside, outside, …; either as
 * numbers or as one string of them.
 */
type Size = Pick<Box, 'width' | 'height'>;

/** Runs of a mask in its picture, column by column. */
export function cocoRuns({ x, y, width, height, data }: Mask, picture: Size): number[] {
  const runs: number[] = [];
  let position = 0;
  let value = 0;
  let behind = x * picture.height;
  const goTo = (place: number): void => {
    runs.push(place - position);
    position = place;
    value = 1 - value;
  };
  for (let column = 0; column < width; column += 1) {
    const start = (x + column) * picture.height + y;
    for (let row = 0; row < height; row += 1) {
      if (value === 1 && behind < start + row) goTo(behind);
      if (data[row * width + column] !== value) goTo(start + row);
      behind = start + row + 1;
    }
  }
  if (value === 1) goTo(behind);
  const rest = picture.width * picture.height - position;
  if (rest > 0) runs.push(rest);
  return runs;
}

/**
 * The mask of COCO's runs in its smallest box; null where nothing is inside.
 * @throws RangeError unless the runs fill the picture
 */
export function maskOfCocoRuns(runs: readonly number[], { width, height }: Size): Mask | null {
  const whole = runs.reduce((sum, run) => sum + run, 0);
  if (whole !== width * height || runs.some((run) => run < 0 || !Number.isInteger(run))) {
    throw new RangeError(`${whole} pixels in runs of a picture of ${width} × ${height}`);
  }
  const box = boxOfRuns(runs, height);
  if (!box) return null;
  const mask = emptyMask(box);
  forColumns(runs, height, (column, from, to) => {
    for (let row = from; row < to; row += 1) {
      mask.data[(row - box.y) * box.width + column - box.x] = 1;
    }
  });
  return mask;
}

function boxOfRuns(runs: readonly number[], height: number): Box | null {
  let [left, right, top, bottom] = [Infinity, -1, Infinity, 0];
  forColumns(runs, height, (column, from, to) => {
    left = Math.min(left, column);
    right = column;
    top = Math.min(top, from);
    bottom = Math.max(bottom, to);
  });
  return right < 0 ? null : { x: left, y: top, width: right - left + 1, height: bottom - top };
}

/** Visits what is inside, column by column, as half-open spans of rows. */
function forColumns(
  runs: readonly number[],
  height: number,
  visit: (column: number, from: number, to: number) => void,
): void {
  let place = 0;
  for (const [index, run] of runs.entries()) {
    const end = place + run;
    while (index % 2 === 1 && place < end) {
      const column = Math.floor(place / height);
      const stop = Math.min(end, (column + 1) * height);
      visit(column, place - column * height, stop - column * height);
      place = stop;
    }
    place = end;
  }
}

const firstCharacter = 48;

/** COCO's string of runs: from the fourth on differences to the run before the last, 5 bits a character. */
export function encodeCocoRuns(runs: readonly number[]): string {
  let text = '';
  for (const [index, run] of runs.entries()) {
    let rest = index > 2 ? run - runs[index - 2]! : run;
    for (let more = true; more;) {
      let bits = rest & 0x1f;
      rest >>= 5;
      more = (bits & 0x10) === 0 ? rest !== 0 : rest !== -1;
      if (more) bits |= 0x20;
      text += String.fromCharCode(bits + firstCharacter);
    }
  }
  return text;
}

/** @throws RangeError for a text that is no such string */
export function decodeCocoRuns(text: string): number[] {
  const runs: number[] = [];
  for (let at = 0; at < text.length;) {
    let value = 0;
    for (let shift = 0, more = true; more; shift += 5, at += 1) {
      const bits = text.charCodeAt(at) - firstCharacter;
      // Seven characters hold 35 bits; pictures have far fewer pixels than that.
      if (!(bits >= 0 && bits < 64) || shift > 30)
        throw new RangeError(`Character ${at + 1} is none of a run`);
      value |= (bits & 0x1f) << shift;
      more = (bits & 0x20) !== 0;
      if (!more && (bits & 0x10) !== 0 && shift < 27) value |= -1 << (shift + 5);
    }
    runs.push(runs.length > 2 ? value + runs[runs.length - 2]! : value);
  }
  return runs;
}
