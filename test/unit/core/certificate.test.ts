import { describe, expect, it } from 'vitest';

import { reproductionCertificateSchema } from '../../../src/contract/certificate.ts';
import { reproductionCertificate } from '../../../src/core/certificate.ts';
import { certificateFacts } from '../../support/certificates.ts';

const other = { weightsSha256: '99'.repeat(32) };
const certificate = (...given: Parameters<typeof certificateFacts>) =>
  reproductionCertificate(certificateFacts(...given));

describe('a recipe that was trained again', () => {
  it('is the same where both checksums are, and a certificate as files hold it', () => {
    const made = certificate();
    expect(reproductionCertificateSchema.parse(made)).toEqual(made);
    expect(made).toMatchObject({ same: true, reason: null, differences: [], seed: 7 });
    expect(made.statement).toBe(
      'Run run-2 trained the recipe of run run-1 again on the same images and has the same weights, bit for bit.',
    );
  });

  it('is not the same where neither has a checksum', () => {
    const none = { weightsSha256: null };
    expect(certificate(none, none).same).toBe(false);
  });

  it('says what differed although the weights are the same', () => {
    const made = certificate({ readroom: '1.3.0' });
    expect(made).toMatchObject({ same: true, reason: null });
    expect(made.differences).toEqual([{ fact: 'readroom', first: '1.2.3', second: '1.3.0' }]);
  });

  it('names everything that differs between other weights', () => {
    const made = certificate({ ...other, threads: 1, processor: 'Another one' });
    expect(made.same).toBe(false);
    expect(made.statement).toContain('other weights');
    expect(made.differences.map(({ fact }) => fact)).toEqual(['threads', 'processor']);
    expect(made.reason).toContain(
      'threads, 2 in the first and 1 in the second; processor, A processor in the first and Another one in the second.',
    );
  });

  it('takes nothing that was not recorded for a difference, and says so', () => {
    const made = certificate(other, { node: null, processor: null });
    expect(made.differences).toEqual([]);
    expect(made.reason).toBe('Not recorded of run run-1: processor and Node.');
  });

  it('knows that memory which ran out rounds otherwise, though it ran out in both', () => {
    const halved = { memoryHalvings: 1, imagesAtOnce: 16 };
    const made = certificate({ ...other, ...halved }, halved);
    expect(made.differences).toEqual([]);
    expect(made.reason).toMatch(/Memory ran out in run run-1;[^]*Memory ran out in run run-2;/);
  });

  it('expects other last bits of a graphics processor, and of nothing else', () => {
    const device = 'NVIDIA H200';
    expect(certificate({ ...other, device }, { device }).reason).toContain('graphics processor');
    expect(certificate(other).reason).not.toContain('graphics processor');
    expect(certificate(other).reason).toContain('they should be the same');
  });

  it('says that its images were generated', () => {
    const made = reproductionCertificate({ ...certificateFacts(), generated: true });
    expect(made.statement).toContain('the same generated images');
  });
});
