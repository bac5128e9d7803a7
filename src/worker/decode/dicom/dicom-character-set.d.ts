declare module 'dicom-character-set' {
  /** Decodes text in the character sets of SpecificCharacterSet, '\\' between them. */
  export function convertBytes(
    specificCharacterSet: string,
    bytes: Uint8Array,
    options: { vr: string },
  ): string;
}
