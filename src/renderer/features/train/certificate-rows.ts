import {
  type CertifiedRun,
  type ComparedFact,
  comparedFacts,
  type ReproductionCertificate,
} from '../../../contract/certificate.ts';

interface CertificateRow {
  readonly title: string;
  readonly first: string;
  readonly second: string;
  readonly isChecksum: boolean;
}

const always = ['backend', 'backendVersion', 'device', 'threads', 'processor', 'system', 'node'] as const;
const ofMemory = ['imagesAtOnce', 'memoryHalvings'] as const;

/** What two trainings were and gave, a fact a row: of the data and the recipe, which both have, then of each. */
export function certificateRows(certificate: ReproductionCertificate): CertificateRow[] {
  const { first, second, datasetVersion, recipeSha256, seed, splitBy, fold } = certificate;
  const common = (title: string, value: string, isChecksum = false): CertificateRow => ({
    ...{ title, first: value, second: value, isChecksum },
  });
  const each = (title: string, of: (run: CertifiedRun) => string, isChecksum = false): CertificateRow => ({
    ...{ title, first: of(first), second: of(second), isChecksum },
  });
  const compared = (fact: ComparedFact): CertificateRow =>
    each(capital(comparedFacts[fact]), (run) => String(run[fact] ?? 'not recorded'));
  const ranOut = [first, second].some(({ memoryHalvings }) => memoryHalvings > 0);
  return [
    each('Weights (SHA-256)', (run) => run.weightsSha256 ?? 'none', true),
    each('Validation predictions (SHA-256)', (run) => run.validationSha256 ?? 'none', true),
    common('Dataset version (SHA-256)', datasetVersion, true),
    common('Split', `by ${splitBy}${fold === null ? '' : `, fold ${fold + 1}`}`),
    common('Recipe (SHA-256)', recipeSha256, true),
    common('Seed', String(seed)),
    each('Epochs', ({ epochs, keptEpoch }) => `${epochs}, kept ${keptEpoch ?? 'the last'}`),
    ...[...always, 'readroom' as const, ...(ranOut ? ofMemory : [])].map(compared),
  ];
}

function capital(words: string): string {
  return words.charAt(0).toUpperCase() + words.slice(1);
}
