import { randomUUID } from 'node:crypto';

import type { ReferencedFrame } from '../../../../contract/dicom-labels.ts';
import type { Code } from './codes.ts';

/** Values by the keywords of PS3.6; sequences are lists of such. */
export type Attributes = Record<string, unknown>;

/** A UID made of a UUID (PS3.5 B.2). */
export const uidOf = (uuid: string): string => `2.25.${BigInt(`0x${uuid.replaceAll('-', '')}`)}`;
export const newUid = (): string => uidOf(randomUUID());

/** A name of a person as PN: all of it as the family name. */
export const personName = (name: string): string =>
  Array.from(name.replace(/[\\^=]/g, ' '))
    .slice(0, 64)
    .join('');

export const codeItem = ([value, scheme, meaning]: Code): Attributes => ({
  CodeValue: value,
  CodingSchemeDesignator: scheme,
  CodeMeaning: meaning,
});

/** A number as DS, of 16 characters at most. */
export function decimal(value: number): string {
  for (let digits = 17; digits > 0; digits -= 1) {
    const text = String(Number(value.toPrecision(digits)));
    if (text.length <= 16) return text;
  }
  return '0';
}

export function referenceItem({ instance, frame }: ReferencedFrame): Attributes {
  return {
    ReferencedSOPClassUID: instance.sopClassUid,
    ReferencedSOPInstanceUID: instance.sopInstanceUid,
    ...(frame !== null && { ReferencedFrameNumber: String(frame + 1) }),
  };
}

/** Each instance once. */
export function instancesOf(sources: readonly ReferencedFrame[]): ReferencedFrame['instance'][] {
  return [...new Map(sources.map(({ instance }) => [instance.sopInstanceUid, instance])).values()];
}
