/** Few enough to be a call's arguments; a text of single characters would take 32 bytes for each. */
const pointsAtOnce = 8192;

/** UTF-8 as text; what is none becomes U+FFFD. Without TextDecoder, which this layer's runtime types lack. */
export function textOf(bytes: Uint8Array): string {
  let text = '';
  let points: number[] = [];
  for (let at = 0; at < bytes.length;) {
    const [point, length] = codePoint(bytes, at);
    points.push(point);
    at += length;
    if (points.length < pointsAtOnce) continue;
    text += String.fromCodePoint(...points);
    points = [];
  }
  return text + String.fromCodePoint(...points);
}

/** The code point at a place and how many bytes it has. */
function codePoint(bytes: Uint8Array, at: number): [number, number] {
  const first = bytes[at]!;
  if (first < 0x80) return [first, 1];
  const length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  if (first < 0xc2 || first > 0xf4) return [0xfffd, 1];
  let point = first & (0xff >> (length + 1));
  for (let i = 1; i < length; i++) {
    const next = bytes[at + i];
    if (next === undefined || (next & 0xc0) !== 0x80) return [0xfffd, i];
    point = (point << 6) | (next & 0x3f);
  }
  return [point > 0x10ffff || (point >= 0xd800 && point < 0xe000) ? 0xfffd : point, length];
}

/** The start of a text that came from a file, fit for a message. */
export function shown(text: string): string {
  const plain = text.replace(/[^\x20-\x7e\u00a0-\uffff]/g, '?');
  return plain.length > 80 ? `${plain.slice(0, 80)}…` : plain;
}
