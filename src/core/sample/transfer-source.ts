import { createRandom, type Random } from '../random.ts';
import { patientTemplate, type Person } from './cohort.ts';
import { between, createField, directionOf, type Field, smoothNoise, unit } from './field.ts';
import { filmGrain } from './film.ts';
import { motifEdge, motifs, type MotifStyle } from './motifs.ts';

const edge = motifEdge;

/** What the pictures of one series have in common; a picture varies it. */
interface Style extends Person, MotifStyle {
  readonly motif: string;
  readonly strength: number;
  /** 1 light on dark, −1 dark on light. */
  readonly polarity: 1 | -1;
  readonly grey: number;
  readonly clutter: number;
  readonly noise: number;
}

/**
 * A generated source set for stand-in weights: fourteen kinds of texture and structure such as films are made of, of
 * any direction, size and contrast. Nobody's body is shown; the "patients" are series of one style.
 */
export const transferSourceSample = patientTemplate<Style>({
  id: 'transfer-source',
  generatorVersion: 1,
  classes: Object.keys(motifs),
  person(motif, stream) {
    const random = stream('style');
    return {
      ageYears: 50,
      sex: random.uniform() < 0.5 ? 'F' : 'M',
      motif,
      angle: between(random, -3.1, 3.1),
      size: random.uniform(),
      strength: between(random, 0.1, 0.32),
      polarity: random.uniform() < 0.6 ? 1 : -1,
      grey: between(random, 0.35, 0.65),
      clutter: between(random, 0.02, 0.12),
      noise: between(random, 0.01, 0.05),
    };
  },
  picture(style, seed, path) {
    const random = createRandom(seed, ...path);
    const field = createField(edge);
    motifs[style.motif]!(field, style, random);
    return { channels: 1, width: edge, height: edge, pixels: develop(field, style, seed, path, random) };
  },
});

/** A motif on an uneven ground, with noise: 8-bit grey. */
function develop(
  field: Field,
  { strength, polarity, grey, clutter, noise }: Style,
  seed: number,
  path: readonly (string | number)[],
  random: Random,
): Uint8Array<ArrayBuffer> {
  const pixels = new Uint8Array(field.length);
  const film = filmGrain(seed, path, edge);
  const [wide, middle] = [smoothNoise(random, 110, edge), smoothNoise(random, 45, edge)];
  const slope = directionOf(between(random, -3.1, 3.1));
  const steep = between(random, 0, 0.3);
  for (let row = 0; row < edge; row += 1) {
    for (let column = 0; column < edge; column += 1) {
      const at = row * edge + column;
      const slant = (steep * ((column - edge / 2) * slope.cosine + (row - edge / 2) * slope.sine)) / edge;
      const ground = grey + slant + clutter * (wide(column, row) + 0.6 * middle(column, row));
      pixels[at] = Math.round(255 * unit(ground + polarity * strength * field[at]! + noise * film[at]!));
    }
  }
  return pixels;
}
