import { type Random, streamKey, uniformWords } from '../random.ts';
import { bell, between, createField, type Field, filmSize, rotationOf, smoothStep, unit } from './field.ts';

/** How one exposure differs from another of the same person. */
export interface Exposure {
  /** Turn of the patient in front of the detector, radians. */
  readonly turn: number;
  readonly scale: number;
  readonly shiftX: number;
  readonly shiftY: number;
  /** How much deeper the breath is held, as a share of the film's edge. */
  readonly breath: number;
  /** Density that is shown as middle grey, and the steepness there. */
  readonly middle: number;
  readonly gain: number;
  readonly noise: number;
  /** Black borders of the collimator in pixels: left, top, right, bottom. */
  readonly border: readonly [number, number, number, number];
}

/** A patient's films are mostly made in one room: same device, same habits. */
export type Room = Pick<Exposure, 'middle' | 'gain' | 'noise'> & { readonly collimates: boolean };

/** Draws the room in which a patient's films are made. */
export function drawRoom(random: Random): Room {
  return {
    middle: 0.48 + 0.045 * bell(random),
    gain: between(random, 2.1, 3),
    noise: between(random, 0.005, 0.013),
    collimates: random.uniform() < 0.4,
  };
}

/** Draws one exposure in a room. */
export function drawExposure(room: Room, random: Random): Exposure {
  const edge = (): number => (room.collimates ? Math.floor(between(random, 0, 16)) : 0);
  return {
    turn: 0.022 * bell(random),
    scale: 1 + 0.016 * bell(random),
    shiftX: 0.011 * bell(random),
    shiftY: 0.013 * bell(random),
    breath: 0.009 * bell(random),
    middle: room.middle + 0.022 * bell(random),
    gain: room.gain * between(random, 0.94, 1.06),
    noise: room.noise * between(random, 0.85, 1.15),
    border: [edge(), edge(), edge(), edge()],
  };
}

/** What rays meet on their way, as 0 for air to about 1 for spine over heart. */
export function density(solid: Field, air: Field, fluid: Field | null, fluidShare: number): Field {
  const field = createField();
  for (let at = 0; at < field.length; at += 1) {
    const filled = fluid === null ? 0 : unit(fluid[at]! * fluidShare);
    field[at] = solid[at]! - air[at]! * (1 - filled);
  }
  return field;
}

/** Exposes a film: 8-bit grey, filmSize × filmSize, bones light; the noise is that of `seed` and `path`. */
export function expose(
  field: Field,
  exposure: Exposure,
  seed: number,
  path: readonly (string | number)[],
): Uint8Array<ArrayBuffer> {
  const pixels = new Uint8Array(filmSize * filmSize);
  const tones = toneTable(exposure);
  const grain = filmGrain(seed, path);
  const { sine, cosine } = rotationOf(exposure.turn);
  const zoom = 1 / exposure.scale;
  const [left, top, right, bottom] = exposure.border;
  const half = filmSize / 2;
  const last = filmSize - 1.001;
  for (let row = top; row < filmSize - bottom; row += 1) {
    const dy = (row - half) * zoom;
    const breath = exposure.breath * filmSize * smoothStep(0.1, 0.8, row / filmSize);
    const startX = half - exposure.shiftX * filmSize - dy * sine;
    const startY = half - exposure.shiftY * filmSize + dy * cosine - breath;
    for (let column = left; column < filmSize - right; column += 1) {
      const dx = (column - half) * zoom;
      let x = startX + dx * cosine;
      let y = startY + dx * sine;
      x = x < 0 ? 0 : x > last ? last : x;
      y = y < 0 ? 0 : y > last ? last : y;
      const x0 = x | 0;
      const y0 = y | 0;
      const at = y0 * filmSize + x0;
      const fx = x - x0;
      const fy = y - y0;
      const above = field[at]! + (field[at + 1]! - field[at]!) * fx;
      const below = field[at + filmSize]! + (field[at + filmSize + 1]! - field[at + filmSize]!) * fx;
      const here = above + (below - above) * fy;
      const to = row * filmSize + column;
      const noisy = here + exposure.noise * grain[to]! * (0.6 + 0.8 * (here > 0 ? here : 0));
      pixels[to] =
        tones[noisy < -0.5 ? 0 : noisy >= 1.5 ? tones.length - 1 : ((noisy + 0.5) * toneSteps) | 0]!;
    }
  }
  return pixels;
}

const toneSteps = 2048;

/** The characteristic curve: level in the shadows and highlights, steepest at `middle`. */
function toneTable(exposure: Exposure): Uint8Array {
  const table = new Uint8Array(2 * toneSteps);
  for (let i = 0; i < table.length; i += 1) {
    const z = (i / toneSteps - 0.5 - exposure.middle) * exposure.gain;
    table[i] = Math.round(255 * unit(0.49 + 0.53 * (z / Math.sqrt(1 + z * z))));
  }
  return table;
}

/** Grain of deviation about 1: fine, with neighbours slightly alike. */
export function filmGrain(seed: number, path: readonly (string | number)[], edge = filmSize): Float32Array {
  const count = edge * edge;
  const words = uniformWords(streamKey(seed, JSON.stringify([...path, 'grain'])), [0, 0, 0, 0], count / 2);
  const bytes = new Uint8Array(2 * (count + edge + 1));
  for (let i = 0; i < words.length; i += 1) {
    const word = words[i]!;
    bytes[4 * i] = word & 255;
    bytes[4 * i + 1] = (word >>> 8) & 255;
    bytes[4 * i + 2] = (word >>> 16) & 255;
    bytes[4 * i + 3] = word >>> 24;
  }
  const grain = new Float32Array(count);
  for (let i = 0; i < count; i += 1) {
    const own = bytes[2 * i]! + bytes[2 * i + 1]! - 255;
    const near = bytes[2 * i + 2]! + bytes[2 * (i + edge)]! - 255;
    grain[i] = 0.008 * own + 0.005 * near;
  }
  return grain;
}
