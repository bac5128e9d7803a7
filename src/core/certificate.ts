import {
  certificateFormatVersion,
  type CertifiedDifference,
  type CertifiedRun,
  type ComparedFact,
  comparedFacts,
  type ReproductionCertificate,
} from '../contract/certificate.ts';
import { listed } from './words.ts';

/** What both trainings have in common, and both of them. */
export type CertificateFacts = Pick<
  ReproductionCertificate,
  | 'madeAt'
  | 'generated'
  | 'splitBy'
  | 'datasetVersion'
  | 'fold'
  | 'recipe'
  | 'recipeSha256'
  | 'first'
  | 'second'
>;

const facts = Object.keys(comparedFacts) as ComparedFact[];

/**
 * Says whether a recipe that was trained again on the same dataset version gave the same weights, bit for bit, and
 * where it did not, why that may be. Weights of which one has no checksum are not the same.
 */
export function reproductionCertificate(given: CertificateFacts): ReproductionCertificate {
  const { first, second, generated, recipe } = given;
  const same = first.weightsSha256 !== null && first.weightsSha256 === second.weightsSha256;
  const differences = facts.flatMap((fact): CertifiedDifference[] => {
    const [one, other] = [first[fact], second[fact]];
    return one === null || other === null || one === other ? [] : [{ fact, first: one, second: other }];
  });
  const images = generated ? 'generated images' : 'images';
  const outcome = same ? 'has the same weights, bit for bit' : 'has other weights';
  return {
    formatVersion: certificateFormatVersion,
    statement: `Run ${second.run} trained the recipe of run ${first.run} again on the same ${images} and ${outcome}.`,
    same,
    reason: same ? null : reasonOf(first, second, differences),
    differences,
    seed: recipe.seed,
    ...given,
  };
}

const roundingRule =
  'Weights are the same only on the same backend, library and processor with the same number of threads.';

function reasonOf(
  first: CertifiedRun,
  second: CertifiedRun,
  differences: readonly CertifiedDifference[],
): string {
  const named = differences.map(
    (one) => `${comparedFacts[one.fact]}, ${one.first} in the first and ${one.second} in the second`,
  );
  const sentences = [
    ...(named.length > 0 ? [`What differs: ${named.join('; ')}.`, roundingRule] : []),
    ...[first, second].flatMap(becauseOfMemory),
    ...([first, second].some(isOnGraphics)
      ? ['A graphics processor may add numbers in another order each time, which gives other last bits.']
      : []),
    ...[first, second].flatMap(notRecorded),
  ];
  if (sentences.length > 0) return sentences.join(' ');
  return 'Nothing that is known of the two differs, so they should be the same: train it again, and if the weights differ once more, check the memory of this machine.';
}

function becauseOfMemory({ run, memoryHalvings }: CertifiedRun): string[] {
  return memoryHalvings === 0
    ? []
    : [
        `Memory ran out in run ${run}; from that step on fewer images were computed at once, which rounds otherwise.`,
      ];
}

function isOnGraphics({ device }: CertifiedRun): boolean {
  return device !== null && !/^cpu\b/i.test(device);
}

function notRecorded(run: CertifiedRun): string[] {
  const unknown = facts.filter((fact) => run[fact] === null).map((fact) => comparedFacts[fact]);
  return unknown.length === 0 ? [] : [`Not recorded of run ${run.run}: ${listed(unknown, unknown.length)}.`];
}
