/** Of the preamble and the mark behind it. */
export const preambleBytes = 132;
/** No first element of a file is longer. */
const longestFirst = 512;

export function hasPreamble(bytes: Buffer): boolean {
  return bytes.toString('latin1', preambleBytes - 4, preambleBytes) === 'DICM';
}

/** Groups begin low: the reading that gives the lower one is right. */
export function isLittleEndian(bytes: Buffer, at: number): boolean {
  return at + 2 > bytes.length || bytes.readUInt16LE(at) <= bytes.readUInt16BE(at);
}

/** Whether a file's first bytes are DICOM's: its mark, or a first element such as files without one begin with. */
export function looksLikeDicom(head: Buffer): boolean {
  if (hasPreamble(head)) return true;
  if (head.length < 16) return false;
  const littleEndian = isLittleEndian(head, 0);
  const [group, element] = littleEndian
    ? [head.readUInt16LE(0), head.readUInt16LE(2)]
    : [head.readUInt16BE(0), head.readUInt16BE(2)];
  if ((group !== 2 && group !== 8) || element > 0x70) return false;
  const length = littleEndian ? head.readUInt32LE(4) : head.readUInt32BE(4);
  return /^(AE|CS|DA|LO|OB|SH|TM|UI|UL|UN)$/.test(head.toString('latin1', 4, 6)) || length <= longestFirst;
}
