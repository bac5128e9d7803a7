import type { Random } from '../random.ts';
import { bell, between, createField, type Field, rotationOf, unit } from './field.ts';
import { filmGrain } from './film.ts';

/** A picture's red, green and blue as shares of the light that comes back, 0 to 1. */
export type Colours = readonly [red: Field, green: Field, blue: Field];
export type Colour = readonly [red: number, green: number, blue: number];

/** How one photograph differs from another of the same place. */
export interface Shot {
  /** Quarter turns, then a turn in radians; then shares of the edge. */
  readonly quarters: number;
  readonly turn: number;
  readonly scale: number;
  readonly shiftX: number;
  readonly shiftY: number;
  readonly gain: Colour;
  readonly contrast: number;
  readonly noise: number;
}

/** The camera that takes a patient's photographs: its colours and its noise. */
export type Camera = Pick<Shot, 'gain' | 'contrast' | 'noise'>;

/** Draws a camera; `tint` is how far its colours may be off. */
export function drawCamera(random: Random, tint: number): Camera {
  const light = 1 + 0.06 * bell(random);
  return {
    gain: [light * (1 + tint * bell(random)), light, light * (1 + tint * bell(random))],
    contrast: between(random, 0.9, 1.15),
    noise: between(random, 0.006, 0.016),
  };
}

/** Draws one exposure of a camera. */
export function exposeWith({ gain, contrast, noise }: Camera, random: Random): Camera {
  const light = 1 + 0.04 * bell(random);
  return { gain: [gain[0] * light, gain[1] * light, gain[2] * light], contrast, noise };
}

/** Pigment in a layer that light passes: how strongly it takes each colour. */
export interface Pigment {
  readonly amount: Field;
  readonly takes: Colour;
}

/** Takes the light that pigments hold back off every pixel (a rational stand-in for exp(−a)). */
export function filter(colours: Colours, pigments: readonly Pigment[]): void {
  colours.forEach((field, channel) => {
    for (let at = 0; at < field.length; at += 1) {
      let held = 0;
      for (const { amount, takes } of pigments) held += amount[at]! * takes[channel]!;
      if (held > 0) field[at] = field[at]! / (1 + held + 0.5 * held * held);
    }
  });
}

/** Moves pixels towards a colour by shares of 0 to 1. */
export function mix(colours: Colours, share: Field, colour: Colour): void {
  colours.forEach((field, channel) => {
    for (let at = 0; at < field.length; at += 1)
      field[at]! += unit(share[at]!) * (colour[channel]! - field[at]!);
  });
}

/** Adds a round spot, soft outside `core` of its radius. Lengths in shares of the edge. */
export function addSpot(
  field: Field,
  x: number,
  y: number,
  radius: number,
  strength: number,
  core = 0.4,
): void {
  const edge = Math.sqrt(field.length);
  const from = Math.max(0, Math.floor((y - radius) * edge));
  const to = Math.min(edge - 1, Math.ceil((y + radius) * edge));
  const left = Math.max(0, Math.floor((x - radius) * edge));
  const right = Math.min(edge - 1, Math.ceil((x + radius) * edge));
  for (let row = from; row <= to; row += 1) {
    const dy = (row / edge - y) / radius;
    for (let column = left; column <= right; column += 1) {
      const dx = (column / edge - x) / radius;
      const t = unit((1 - Math.sqrt(dx * dx + dy * dy)) / (1 - core));
      field[row * edge + column]! += strength * t * t * (3 - 2 * t);
    }
  }
}

/**
 * Takes a photograph, 8-bit red, green, blue of the same edge.
 *
 * @param light share of the light that the lens lets through, for each pixel of the photograph
 */
export function photograph(
  colours: Colours,
  shot: Shot,
  light: Field,
  seed: number,
  path: readonly (string | number)[],
): Uint8Array<ArrayBuffer> {
  const edge = Math.sqrt(light.length);
  const pixels = new Uint8Array(3 * edge * edge);
  const grain = filmGrain(seed, path, edge);
  const { sine, cosine } = rotationOf(shot.turn);
  const half = (edge - 1) / 2;
  const last = edge - 1.001;
  const zoom = 1 / shot.scale;
  for (let row = 0; row < edge; row += 1) {
    for (let column = 0; column < edge; column += 1) {
      const to = row * edge + column;
      if (light[to] === 0) continue;
      let dx = column - half;
      let dy = row - half;
      for (let i = 0; i < shot.quarters; i += 1) [dx, dy] = [-dy, dx];
      dx *= zoom;
      dy *= zoom;
      let x = half + dx * cosine - dy * sine - shot.shiftX * edge;
      let y = half + dx * sine + dy * cosine - shot.shiftY * edge;
      x = x < 0 ? 0 : x > last ? last : x;
      y = y < 0 ? 0 : y > last ? last : y;
      const at = (y | 0) * edge + (x | 0);
      const fx = x - (x | 0);
      const fy = y - (y | 0);
      const noise = shot.noise * grain[to]!;
      for (let channel = 0; channel < 3; channel += 1) {
        const field = colours[channel]!;
        const above = field[at]! + (field[at + 1]! - field[at]!) * fx;
        const below = field[at + edge]! + (field[at + edge + 1]! - field[at + edge]!) * fx;
        const lit = (above + (below - above) * fy) * shot.gain[channel]! * light[to]!;
        // Neighbouring grain makes the noise of the three colours differ.
        const own = shot.noise * grain[(to + 7919 * (channel + 1)) % grain.length]!;
        const value = 0.5 + (lit - 0.5) * shot.contrast + 0.6 * noise + 0.6 * own;
        pixels[3 * to + channel] = Math.round(255 * unit(value));
      }
    }
  }
  return pixels;
}

/** Three fields of one colour. */
export function plain(colour: Colour, edge: number): Colours {
  const layer = (value: number): Field => createField(edge).fill(value);
  return [layer(colour[0]), layer(colour[1]), layer(colour[2])];
}
