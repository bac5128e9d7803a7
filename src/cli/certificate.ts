import {
  type CertifiedRun,
  type ComparedFact,
  comparedFacts,
  type ReproductionCertificate,
} from '../contract/certificate.ts';
import { paragraphs, plain } from './format.ts';

/** What was the same, and with what. */
export function describeCertificate(certificate: ReproductionCertificate): string {
  const { same, statement, reason, generated, datasetVersion, splitBy, fold, recipeSha256, seed } =
    certificate;
  const { first, second } = certificate;
  const both = (of: (run: CertifiedRun) => string): string => {
    const [one, other] = [of(first), of(second)];
    return one === other ? one : `${one} in the first, ${other} in the second`;
  };
  const fact = (name: ComparedFact): [string, string] => [
    comparedFacts[name],
    both((run) => String(run[name] ?? 'not recorded')),
  ];
  const checksums = (name: string, of: (run: CertifiedRun) => string | null): [string, string][] => {
    const [one, other] = [of(first) ?? 'none', of(second) ?? 'none'];
    if (one === other) return [[name, one]];
    return [
      [name, `${one} in the first`],
      ['', `${other} in the second`],
    ];
  };
  const rows: [string, string][] = [
    ...checksums('weights', (run) => run.weightsSha256),
    ...checksums('validation', (run) => run.validationSha256),
    [
      'dataset version',
      `${datasetVersion}, split by ${splitBy}${fold === null ? '' : `, fold ${fold}`}${generated ? ', GENERATED images' : ''}`,
    ],
    ['recipe', `${recipeSha256}, seed ${seed}`],
    ['epochs', both(({ epochs, keptEpoch }) => `${epochs}, kept ${keptEpoch ?? 'the last'}`)],
    ...(['backend', 'backendVersion', 'device', 'threads', 'processor'] as const).map(fact),
    ...(['system', 'node', 'readroom'] as const).map(fact),
    ...([first, second].some(({ memoryHalvings }) => memoryHalvings > 0)
      ? (['imagesAtOnce', 'memoryHalvings'] as const).map(fact)
      : []),
  ];
  const widest = Math.max(...rows.map(([name]) => name.length));
  const lines = rows.map(([name, value]) => `  ${name.padEnd(widest)}  ${plain(value)}`);
  return paragraphs(
    [same ? statement : `! ${statement}`, ...(reason === null ? [] : [plain(reason)])].join('\n'),
    lines.join('\n'),
  );
}
