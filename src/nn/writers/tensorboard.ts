/**
 * Event files as TensorBoard reads them: records of TFRecord (tensorflow/core/lib/io/record_writer.h), each a message
 * `Event` in protocol buffers (tensorflow/core/util/event.proto, tensorflow/core/framework/summary.proto).
 */

export interface Scalar {
  readonly tag: string;
  readonly value: number;
}

export interface Image {
  readonly tag: string;
  readonly width: number;
  readonly height: number;
  readonly channels: 1 | 3;
  readonly png: Uint8Array;
}

/** What one event holds besides its time. */
export type EventContent =
  /** Of the file; its first event. */
  | { readonly kind: 'version' }
  /** The run begins, or goes on, at this step: what other files say from there on counts no more. */
  | { readonly kind: 'start'; readonly step: number }
  | {
      readonly kind: 'summary';
      readonly step: number;
      readonly scalars?: readonly Scalar[];
      readonly images?: readonly Image[];
    };

/** An event as a record, to be appended to a file. @param wallTime seconds since 1970 */
export function eventRecord(wallTime: number, content: EventContent): Uint8Array {
  return record(joined([double(1, wallTime), ...contentFields(content)]));
}

function contentFields(content: EventContent): Uint8Array[] {
  switch (content.kind) {
    case 'version':
      return [text(3, 'brain.Event:2')];
    case 'start':
      return [integer(2, content.step), bytes(7, integer(1, sessionStart))];
    case 'summary': {
      const { step, scalars = [], images = [] } = content;
      const values = [...scalars.map(scalarValue), ...images.map(imageValue)];
      return [integer(2, step), bytes(5, joined(values.map((value) => bytes(1, value))))];
    }
  }
}

const sessionStart = 1;

function scalarValue({ tag, value }: Scalar): Uint8Array {
  return joined([text(1, tag), float(2, value)]);
}

function imageValue({ tag, width, height, channels, png }: Image): Uint8Array {
  // The colour space is the number of channels: 1 grey, 3 RGB.
  const image = joined([integer(1, height), integer(2, width), integer(3, channels), bytes(4, png)]);
  return joined([text(1, tag), bytes(4, image)]);
}

/** Length, its checksum, data, its checksum; numbers low byte first. */
function record(data: Uint8Array): Uint8Array {
  const framed = new Uint8Array(data.length + 16);
  const view = new DataView(framed.buffer);
  view.setBigUint64(0, BigInt(data.length), true);
  view.setUint32(8, maskedChecksum(framed.subarray(0, 8)), true);
  framed.set(data, 12);
  view.setUint32(12 + data.length, maskedChecksum(data), true);
  return framed;
}

/** CRC-32C, turned and shifted, so that a checksum of data that holds checksums tells something. */
function maskedChecksum(data: Uint8Array): number {
  const checksum = crc32c(data);
  return (((checksum >>> 15) | (checksum << 17)) + 0xa282ead8) >>> 0;
}

/** The checksum of Castagnoli's polynomial (RFC 3720, appendix B.4). */
export function crc32c(data: Uint8Array): number {
  let remainder = 0xffffffff;
  for (const byte of data) remainder = (remainder >>> 8) ^ checksumTable[(remainder ^ byte) & 0xff]!;
  return ~remainder >>> 0;
}

const checksumTable = Uint32Array.from({ length: 256 }, (_, byte) => {
  let remainder = byte;
  for (let bit = 0; bit < 8; bit++) remainder = (remainder >>> 1) ^ (remainder & 1 ? 0x82f63b78 : 0);
  return remainder;
});

/* Fields of protocol buffers: a key of number and wire type, then the value. */
const [varintType, fixed64Type, lengthType, fixed32Type] = [0, 1, 2, 5];

function integer(field: number, value: number): Uint8Array {
  return joined([key(field, varintType), varint(value)]);
}

function double(field: number, value: number): Uint8Array {
  const number = new Uint8Array(8);
  new DataView(number.buffer).setFloat64(0, value, true);
  return joined([key(field, fixed64Type), number]);
}

function float(field: number, value: number): Uint8Array {
  const number = new Uint8Array(4);
  new DataView(number.buffer).setFloat32(0, value, true);
  return joined([key(field, fixed32Type), number]);
}

function text(field: number, value: string): Uint8Array {
  return bytes(field, asciiBytes(value));
}

function bytes(field: number, value: Uint8Array): Uint8Array {
  return joined([key(field, lengthType), varint(value.length), value]);
}

/** Tags are ASCII, where UTF-8 is one byte a character. */
function asciiBytes(value: string): Uint8Array {
  return Uint8Array.from(value, (character) => character.charCodeAt(0) & 0x7f);
}

function key(field: number, wireType: number): Uint8Array {
  return varint(field * 8 + wireType);
}

/** Seven bits a byte, the lowest first. @param value whole, from 0 to 2⁵³ */
function varint(value: number): Uint8Array {
  const digits: number[] = [];
  let rest = value;
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) digits.push((rest % 0x80) + 0x80);
  return Uint8Array.of(...digits, rest);
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
