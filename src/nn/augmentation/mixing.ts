import { createRandom, type Random } from '../../core/random.ts';

/**
 * Mix-up (Zhang 2018, "mixup: Beyond Empirical Risk Minimization"): each picture is mixed with another of its
 * batch. The paper draws one share a batch, and what it makes is a shuffle where that is small; each picture has its
 * own here, never below half, so that no picture of an epoch is lost to another that comes twice.
 * A stream of its own, for the numbers that a beta variate takes vary.
 *
 * @param alpha of the symmetric beta distribution, above 0
 * @returns the partner of each picture (a permutation), and each picture's own share, from 0.5 to 1
 */
export function drawMixing(
  alpha: number,
  { rows, firstRow, seed, step }: { rows: number; firstRow: number; seed: number; step: number },
): { partners: Float32Array; shares: Float32Array } {
  const random = createRandom(seed, 'mixup', step, firstRow);
  const partners = Float32Array.from(random.shuffle(Array.from({ length: rows }, (_, row) => row)));
  const share = (): number => {
    const drawn = symmetricBeta(alpha, random);
    return Math.max(drawn, 1 - drawn);
  };
  return { partners, shares: Float32Array.from({ length: rows }, share) };
}

/** Beta(alpha, alpha) from two gamma variates; by their logarithms, for a small alpha rounds both to zero. */
export function symmetricBeta(alpha: number, random: Random): number {
  const first = logGammaVariate(alpha, random);
  return 1 / (1 + Math.exp(logGammaVariate(alpha, random) - first));
}

/** The logarithm of a Gamma(shape, 1) variate: Marsaglia and Tsang 2000, "A simple method for generating gamma variables". */
function logGammaVariate(shape: number, random: Random): number {
  if (shape < 1) {
    const uniform = 1 - random.uniform();
    return logGammaVariate(shape + 1, random) + Math.log(uniform) / shape;
  }
  const d = shape - 1 / 3;
  const c = 1 / Math.sqrt(9 * d);
  for (;;) {
    const normal = random.normal();
    const v = (1 + c * normal) ** 3;
    if (v <= 0) continue;
    if (Math.log(1 - random.uniform()) < (normal * normal) / 2 + d * (1 - v + Math.log(v)))
      return Math.log(d * v);
  }
}
