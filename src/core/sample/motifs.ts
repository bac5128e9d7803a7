import type { Random } from '../random.ts';
import {
  bell,
  between,
  bone,
  cord,
  createBrush,
  curve,
  directionOf,
  type Field,
  type Point,
  smoothNoise,
  smoothStep,
} from './field.ts';
import { addSpot } from './photo.ts';
import { stroke } from './skeleton.ts';

/** Edge of the pictures in pixels. */
export const motifEdge = 256;
const edge = motifEdge;
const brush = createBrush(edge);

/** How a motif is drawn. */
export interface MotifStyle {
  readonly angle: number;
  /** 0 fine … 1 coarse. */
  readonly size: number;
}

/** Draws a motif of about −1 to 1, or 0 to 1, into an empty picture. */
type Motif = (field: Field, style: MotifStyle, random: Random) => void;

type Sample = (column: number, row: number) => number;

function fill(field: Field, value: Sample): void {
  for (let row = 0; row < edge; row += 1)
    for (let column = 0; column < edge; column += 1) field[row * edge + column]! += value(column, row);
}

/** A wave of period 1 from −1 to 1, rounded like a sine. */
function wave(t: number): number {
  const part = t - Math.floor(t);
  const up = part < 0.5 ? 4 * part - 1 : 3 - 4 * part;
  return up * (1.5 - 0.5 * up * up);
}

/** Position along a direction in pixels, bent by noise. */
function bentAlong(angle: number, random: Random): Sample {
  const { sine, cosine } = directionOf(angle);
  const bend = smoothNoise(random, 70, edge);
  const amount = between(random, 0, 7);
  return (column, row) => column * cosine + row * sine + amount * bend(column, row);
}

const jitter = (random: Random, amount: number): number => amount * bell(random);

const stripes: Motif = (field, { angle, size }, random) => {
  const period = 8 + 26 * size;
  const along = bentAlong(angle + jitter(random, 0.15), random);
  fill(field, (column, row) => wave(along(column, row) / period));
};

const grid: Motif = (field, { angle, size }, random) => {
  const period = 12 + 26 * size;
  const turn = angle + jitter(random, 0.15);
  const [one, other] = [bentAlong(turn, random), bentAlong(turn + 1.5708, random)];
  const line = (t: number): number => smoothStep(0.5, 0.95, wave(t));
  fill(field, (column, row) => Math.max(line(one(column, row) / period), line(other(column, row) / period)));
};

const blobs: Motif = (field, { size }, random) => {
  const noise = smoothNoise(random, 22 + 26 * size, edge);
  fill(field, (column, row) => smoothStep(0.05, 0.3, noise(column, row)));
};

const rings: Motif = (field, { size }, random) => {
  const period = 10 + 22 * size;
  const [x, y] = [between(random, 70, 186), between(random, 70, 186)];
  const flat = between(random, 0.75, 1.3);
  const bend = smoothNoise(random, 60, edge);
  fill(field, (column, row) => {
    const [dx, dy] = [column - x, (row - y) * flat];
    return wave((Math.sqrt(dx * dx + dy * dy) + 4 * bend(column, row)) / period);
  });
};

function drawBranch(
  field: Field,
  start: Point,
  angle: number,
  length: number,
  width: number,
  forks: number,
  random: Random,
): void {
  const place = (from: Point, turn: number, way: number): Point => {
    const { sine, cosine } = directionOf(turn);
    return [from[0] + way * cosine, from[1] + way * sine];
  };
  const middle = place(start, angle, length / 2);
  const bend = angle + jitter(random, 0.3);
  const end = place(middle, bend, length / 2);
  brush(field, stroke(curve(start, middle, end, 7), width, 0.65 * width, 0.8, 0.7), cord);
  if (forks === 0) return;
  for (const side of [-1, 1])
    drawBranch(
      field,
      end,
      bend + side * between(random, 0.25, 0.7),
      0.72 * length,
      0.66 * width,
      forks - 1,
      random,
    );
}

const branches: Motif = (field, { angle, size }, random) => {
  const turn = 0.5 * angle + jitter(random, 0.2);
  const { sine, cosine } = directionOf(turn);
  const start: Point = [0.5 - 0.5 * cosine, 0.5 - 0.5 * sine];
  drawBranch(field, start, turn, 0.32, 0.011 + 0.014 * size, 5, random);
  // Strokes that meet lie on each other.
  for (let at = 0; at < field.length; at += 1) field[at] = Math.min(0.8, field[at]!);
};

/** What a tube has suffered, as the share of it that is there at a place along and across it. */
type Damage = (random: Random) => {
  readonly offset: number;
  readonly share: (along: number, across: number, column: number, row: number) => number;
  readonly isFar: (along: number, across: number) => boolean;
};

const unharmed: Damage = () => ({ offset: 0, share: () => 1, isFar: () => false });

/** A jagged cut across, behind which the tube goes on beside itself. */
const broken: Damage = (random) => {
  const at = between(random, -0.25, 0.25);
  const slope = between(random, -1, 1);
  const gap = between(random, 0.02, 0.045);
  const jag = smoothNoise(random, 5, edge);
  return {
    offset: random.uniform() < 0.3 ? 0 : 0.06 * bell(random),
    share: (along, across, column, row) => {
      const off = along - at - slope * across - 0.006 * jag(column, row);
      return smoothStep(0.3 * gap, 0.5 * gap, off < 0 ? -off : off);
    },
    isFar: (along, across) => along - at - slope * across > 0,
  };
};

/** A stretch eaten into holes. */
const pitted: Damage = (random) => {
  const at = between(random, -0.25, 0.25);
  const extent = between(random, 0.25, 0.45);
  const depth = between(random, 0.6, 1);
  const holes = smoothNoise(random, 14, edge);
  return {
    offset: 0,
    share: (along, _across, column, row) => {
      const t = (along - at) / extent;
      return t * t >= 1 ? 1 : 1 - depth * smoothStep(-0.05, 0.25, holes(column, row) - 0.3 * t * t);
    },
    isFar: () => false,
  };
};

const tubesWith =
  (damage: Damage): Motif =>
  (field, { angle, size }, random) => {
    const count = 1 + random.integer(3);
    for (let i = 0; i < count; i += 1) {
      const { sine, cosine } = directionOf(angle + jitter(random, 0.12));
      const apart = count === 1 ? 0.05 * bell(random) : 0.48 * (i / (count - 1) - 0.5);
      const [x, y] = [0.5 - apart * sine + 0.04 * bell(random), 0.5 + apart * cosine];
      const width = (0.035 + 0.05 * size) * between(random, 0.8, 1.2);
      const harm = damage(random);
      fill(field, (column, row) => {
        const [dx, dy] = [column / edge - x, row / edge - y];
        const along = dx * cosine + dy * sine;
        const across = dy * cosine - dx * sine;
        const off = across - (harm.isFar(along, across) ? harm.offset : 0);
        const q = (off < 0 ? -off : off) / width;
        return q >= 1 ? 0 : bone(q) * harm.share(along, across, column, row);
      });
    }
  };

const cracks: Motif = (field, { angle }, random) => {
  const count = 1 + random.integer(4);
  for (let i = 0; i < count; i += 1) {
    let heading = angle + jitter(random, 0.5);
    let at: Point = [between(random, 0.1, 0.9), between(random, 0.1, 0.9)];
    const points: Point[] = [at];
    for (let step = 0; step < 14; step += 1) {
      const { sine, cosine } = directionOf(heading + jitter(random, 0.55));
      at = [at[0] + 0.035 * cosine, at[1] + 0.035 * sine];
      heading += jitter(random, 0.08);
      points.push(at);
    }
    const width = between(random, 0.006, 0.011);
    brush(field, stroke(points, width, 0.5 * width, 1, 0.8), cord);
  }
};

const cells: Motif = (field, { size }, random) => {
  const step = 16 + 22 * size;
  const across = Math.ceil(edge / step) + 2;
  const seeds = Array.from(
    { length: across * across },
    (_, i) =>
      [
        ((i % across) - 0.5 + random.uniform()) * step - 0.5 * step,
        (Math.floor(i / across) - 0.5 + random.uniform()) * step - 0.5 * step,
      ] as const,
  );
  fill(field, (column, row) => {
    const [left, top] = [Math.floor(column / step), Math.floor(row / step)];
    let [nearest, next] = [1e9, 1e9];
    for (let i = Math.max(0, top - 1); i <= Math.min(across - 1, top + 2); i += 1)
      for (let j = Math.max(0, left - 1); j <= Math.min(across - 1, left + 2); j += 1) {
        const [x, y] = seeds[i * across + j]!;
        const distance = Math.sqrt((column - x) * (column - x) + (row - y) * (row - y));
        if (distance < nearest) [nearest, next] = [distance, nearest];
        else if (distance < next) next = distance;
      }
    return 1 - smoothStep(0.5, 3.5, next - nearest);
  });
};

const dots: Motif = (field, { size }, random) => {
  const count = 20 + random.integer(70);
  for (let i = 0; i < count; i += 1)
    addSpot(field, random.uniform(), random.uniform(), between(random, 0.012, 0.02 + 0.012 * size), 1, 0.4);
};

const ribs: Motif = (field, { size }, random) => {
  const gap = 0.1 + 0.06 * size;
  const drop = between(random, 0.12, 0.3);
  const start = random.uniform() * gap - 0.2;
  for (let y = start; y < 1.1; y += gap) {
    for (const side of [-1, 1]) {
      const place = ([x, height]: Point): Point => [0.5 + side * x, height];
      const rib = curve([0.04, y], [0.3, y - 0.02], [0.44, y + drop], 10).map(place);
      brush(field, stroke(rib, 0.24 * gap, 0.28 * gap, 0.9, 0.8), bone);
    }
  }
};

const patches: Motif = (field, { size }, random) => {
  const [shape, cloud] = [smoothNoise(random, 40, edge), smoothNoise(random, 13, edge)];
  const count = 1 + random.integer(3);
  for (let i = 0; i < count; i += 1) {
    const [x, y] = [between(random, 60, 196), between(random, 60, 196)];
    const radius = (24 + 34 * size) * between(random, 0.8, 1.2);
    fill(field, (column, row) => {
      const [dx, dy] = [(column - x) / radius, (row - y) / radius];
      const reach = 1 - Math.sqrt(dx * dx + dy * dy) + 0.4 * shape(column, row);
      return smoothStep(-0.1, 0.6, reach) * (0.6 + 0.5 * cloud(column, row));
    });
  }
};

const grain: Motif = (field, { size }, random) => {
  const noise = smoothNoise(random, 3.5 + 5 * size, edge);
  fill(field, (column, row) => 1.3 * noise(column, row));
};

/** Every kind by its name. */
export const motifs: Readonly<Record<string, Motif>> = {
  stripes,
  grid,
  blobs,
  rings,
  branches,
  tubes: tubesWith(unharmed),
  'broken tubes': tubesWith(broken),
  'pitted tubes': tubesWith(pitted),
  cracks,
  cells,
  dots,
  ribs,
  patches,
  grain,
};
