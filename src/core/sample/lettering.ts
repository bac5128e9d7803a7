import { filmSize, unit } from './field.ts';

/**
 * Capital letters, digits and a few signs as strokes on a grid four wide and six high: pairs of digits are points,
 * blanks part strokes. The corners are cut, so that a round pen gives letters as an image archive's overlay shows.
 */
const strokesOf: Readonly<Record<string, string>> = {
  A: '062046 1434',
  B: '06003041423303 3344453606',
  C: '4130100105163645',
  D: '06003041453606',
  E: '40000646 0333',
  F: '400006 0333',
  G: '41301001051636454323',
  H: '0006 4046 0343',
  I: '1030 2026 1636',
  J: '4045361605',
  K: '0006 4004 1346',
  L: '000646',
  M: '0600234046',
  N: '06004640',
  O: '103041453616050110',
  P: '06003041423303',
  Q: '103041453616050110 2446',
  R: '06003041423303 2346',
  S: '413010010213334445361605',
  T: '0040 2026',
  U: '000516364540',
  V: '002640',
  W: '0016233640',
  X: '0046 4006',
  Y: '002340 2326',
  Z: '00400646',
  '0': '102031352616050110',
  '1': '011016 0626',
  '2': '01103041420646',
  '3': '01103041423313 334445361605',
  '4': '36300444',
  '5': '400002324345361605',
  '6': '4130100105163645443303',
  '7': '00404116',
  '8': '103041423344453616050413020110 1333',
  '9': '0516364541301001021343',
  '-': '0333',
  '.': '0606',
  ',': '1607',
  ':': '0202 0505',
  '/': '0640',
};

/** A straight stroke of a letter: from, to. */
type Stroke = readonly [x1: number, y1: number, x2: number, y2: number];

interface Letter {
  readonly strokes: readonly Stroke[];
  readonly width: number;
}

const gridHeight = 6;
const letterGap = 1.9;
const wordGap = 4;
const lineGap = 4;
/** Half the pen's width in units of the grid. */
const pen = 0.52;
/** Black around a block of text, in units of the grid. */
const margin = 1.8;

const letters = new Map(Object.entries(strokesOf).map(([sign, text]) => [sign, letterOf(text)]));

function letterOf(text: string): Letter {
  const strokes = text.split(' ').flatMap((line) => {
    const points = line.match(/../g)!.map((pair): [number, number] => [Number(pair[0]), Number(pair[1])]);
    return points.slice(1).map(([x, y], i): Stroke => [points[i]![0], points[i]![1], x, y]);
  });
  return { strokes, width: Math.max(...strokes.flatMap(([x1, , x2]) => [x1, x2])) };
}

/** A block of text on a film; lengths in pixels. */
export interface TextBlock {
  /** Capital letters, digits, blank and - . , : /; a line each. */
  readonly lines: readonly string[];
  /** Of a capital letter. */
  readonly height: number;
  /** Which corner of the film: 0 left and top, 1 right and bottom. */
  readonly corner: readonly [0 | 1, 0 | 1];
  /** Distance of the block's black ground from the film's edges. */
  readonly inset: readonly [number, number];
}

/** The height at which the lines just fit into `width` pixels. */
export function fittingHeight(lines: readonly string[], width: number): number {
  return (gridHeight * width) / (2 * margin + Math.max(...lines.map(lineWidth)));
}

function lineWidth(line: string): number {
  let width = -letterGap;
  for (const sign of line) width += sign === ' ' ? wordGap : letters.get(sign)!.width + letterGap;
  return width;
}

/** Burns a block of text into a film, white on black, as a device does that writes on its pictures. */
export function burnText(pixels: Uint8Array, block: TextBlock): void {
  const { lines, height, corner, inset } = block;
  const scale = height / gridHeight;
  const wide = Math.round(scale * (2 * margin + Math.max(...lines.map(lineWidth))));
  const high = Math.round(scale * (2 * margin + lines.length * (gridHeight + lineGap) - lineGap + 1));
  const left = corner[0] === 0 ? inset[0] : filmSize - inset[0] - wide;
  const top = corner[1] === 0 ? inset[1] : filmSize - inset[1] - high;
  for (let row = Math.max(0, top); row < Math.min(filmSize, top + high); row += 1)
    pixels.fill(0, row * filmSize + Math.max(0, left), row * filmSize + Math.min(filmSize, left + wide));
  lines.forEach((line, i) => {
    let x = left + scale * margin;
    const y = top + scale * (margin + i * (gridHeight + lineGap));
    for (const sign of line) {
      if (sign === ' ') {
        x += scale * wordGap;
        continue;
      }
      const letter = letters.get(sign)!;
      drawLetter(pixels, letter, x, y, scale);
      x += scale * (letter.width + letterGap);
    }
  });
}

function drawLetter(pixels: Uint8Array, letter: Letter, x: number, y: number, scale: number): void {
  const clamp = (value: number): number => Math.min(filmSize - 1, Math.max(0, value));
  const right = clamp(Math.ceil(x + scale * (letter.width + 1)));
  const bottom = clamp(Math.ceil(y + scale * (gridHeight + 2)));
  for (let row = clamp(Math.floor(y - scale)); row <= bottom; row += 1) {
    for (let column = clamp(Math.floor(x - scale)); column <= right; column += 1) {
      const away = distance(letter.strokes, (column + 0.5 - x) / scale, (row + 0.5 - y) / scale);
      const ink = Math.round(255 * unit((pen - away) * scale + 0.5));
      const at = row * filmSize + column;
      if (ink > pixels[at]!) pixels[at] = ink;
    }
  }
}

/** How far a point is from the nearest stroke. */
function distance(strokes: readonly Stroke[], x: number, y: number): number {
  let nearest = Infinity;
  for (const [x1, y1, x2, y2] of strokes) {
    const [dx, dy] = [x2 - x1, y2 - y1];
    const along = unit(((x - x1) * dx + (y - y1) * dy) / (dx * dx + dy * dy || 1));
    const [offX, offY] = [x - x1 - along * dx, y - y1 - along * dy];
    nearest = Math.min(nearest, offX * offX + offY * offY);
  }
  return Math.sqrt(nearest);
}
