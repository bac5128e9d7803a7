import { damaged } from './data-set.ts';

/** What a JPEG, JPEG-LS or JPEG 2000 code stream says of itself. */
export interface CodeStream {
  width: number;
  height: number;
  components: number;
  /** Bits of a sample. */
  precision: number;
  /** JPEG 2000 only: samples are signed. */
  isSigned: boolean;
  /** Colours by JFIF's, Adobe's or the components' word; null: not said. */
  colour: 'rgb' | 'ybr' | null;
}

/** Start of frame of Huffman and arithmetic coding, lossless included (ITU-T T.81 B.1), and of JPEG-LS. */
const framesOfJpeg = [0xc0, 0xc1, 0xc2, 0xc3, 0xc5, 0xc6, 0xc7, 0xc9, 0xca, 0xcb, 0xcd, 0xce, 0xcf, 0xf7];

function colourOf(ids: string, isJfif: boolean, transform: number | null): CodeStream['colour'] {
  if (/^rgb$/i.test(ids)) return 'rgb';
  if (transform !== null) return transform === 0 ? 'rgb' : 'ybr';
  return isJfif ? 'ybr' : null;
}

function readJpeg(bytes: Buffer): CodeStream | null {
  let isJfif = false;
  let transform: number | null = null;
  for (let at = 2; at + 4 <= bytes.length;) {
    if (bytes[at] !== 0xff) return null;
    const marker = bytes[at + 1]!;
    if (marker === 0xff) {
      at += 1;
      continue;
    }
    const content = bytes.subarray(at + 4, at + 2 + bytes.readUInt16BE(at + 2));
    if (framesOfJpeg.includes(marker) && content.length >= 6) {
      const components = content[5]!;
      const ids = Array.from({ length: components }, (_, i) => content[6 + 3 * i] ?? 0);
      return {
        width: content.readUInt16BE(3),
        height: content.readUInt16BE(1),
        components,
        precision: content[0]!,
        isSigned: false,
        colour: components === 3 ? colourOf(String.fromCharCode(...ids), isJfif, transform) : null,
      };
    }
    const name = content.toString('latin1', 0, 5);
    if (marker === 0xe0 && name === 'JFIF\0') isJfif = true;
    if (marker === 0xee && name === 'Adobe' && content.length >= 12) transform = content[11]!;
    at += 2 + bytes.readUInt16BE(at + 2);
  }
  return null;
}

/** SIZ of ITU-T T.800 A.5.1, in a bare code stream or a JP2 file. */
function readJpeg2000(bytes: Buffer): CodeStream | null {
  const start = bytes.indexOf(Buffer.from([0xff, 0x4f, 0xff, 0x51]));
  if (start < 0 || start + 46 > bytes.length) return null;
  const u32 = (at: number): number => bytes.readUInt32BE(start + at);
  const depth = bytes[start + 42]!;
  return {
    width: u32(8) - u32(16),
    height: u32(12) - u32(20),
    components: bytes.readUInt16BE(start + 40),
    precision: (depth & 0x7f) + 1,
    isSigned: depth > 0x7f,
    colour: null,
  };
}

/** Reads the size and kind of samples that a code stream will decode to. @throws ReadroomError `damagedImage` */
export function readCodeStream(bytes: Buffer): CodeStream {
  const isJpeg = bytes.length > 4 && bytes.readUInt16BE(0) === 0xffd8;
  const found = isJpeg ? readJpeg(bytes) : readJpeg2000(bytes);
  if (!found) throw damaged('The compressed picture has no header that can be read.');
  return found;
}
