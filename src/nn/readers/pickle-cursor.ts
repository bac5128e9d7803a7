import { badWeights } from './fault.ts';
import { textOf } from './text.ts';

/** Bytes. */
const longestNumber = 1024;

/** The pickle ends before its end: with more of the file it may be whole. */
export class PickleTooShort extends Error {}

/** A place in a pickle's bytes that moves on with every reading. */
export class PickleCursor {
  at: number;
  readonly #file: string;
  readonly #bytes: Uint8Array;
  readonly #view: DataView;

  /** @param file what messages call the file */
  constructor(file: string, bytes: Uint8Array, start: number) {
    this.at = start;
    this.#file = file;
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** @returns a refusal that says what the pickle has */
  damaged(what: string): Error {
    return badWeights(`${this.#file} is damaged: its pickle has ${what}.`);
  }

  /** @throws PickleTooShort, as all that follow */
  byte(): number {
    return this.#bytes[this.#skip(1)]!;
  }

  length4(): number {
    return this.#view.getUint32(this.#skip(4), true);
  }

  length8(): number {
    return Number(this.#view.getBigUint64(this.#skip(8), true));
  }

  /** Text up to the end of the line. */
  line(): string {
    const end = this.#bytes.indexOf(10, this.at);
    if (end < 0) throw new PickleTooShort();
    const line = textOf(this.#bytes.subarray(this.at, end));
    this.at = end + 1;
    return line;
  }

  /** The value of an instruction that has it behind itself; undefined for any other instruction. */
  scalar(instruction: number): unknown {
    switch (instruction) {
      case 0x4e: // N
        return null;
      case 0x88:
      case 0x89:
        return instruction === 0x88;
      case 0x49: // I
        return this.#wholeLine(true);
      case 0x4c: // L
        return this.#wholeLine(false);
      case 0x46: // F
        return Number(this.line());
      case 0x4a: // J
        return this.#view.getInt32(this.#skip(4), true);
      case 0x4b: // K
        return this.byte();
      case 0x4d: // M
        return this.#view.getUint16(this.#skip(2), true);
      case 0x47: // G
        return this.#view.getFloat64(this.#skip(8));
      case 0x8a:
        return longOf(this.#take(this.byte()));
      case 0x8b:
        return this.#longNumber();
      default:
        return this.#textOrBytes(instruction);
    }
  }

  #textOrBytes(instruction: number): unknown {
    switch (instruction) {
      case 0x53: // S, in quotes
        return this.line().slice(1, -1);
      case 0x56: // V
        return this.line();
      case 0x54: // T
      case 0x58: // X
        return textOf(this.#take(this.length4()));
      case 0x55: // U
      case 0x8c:
        return textOf(this.#take(this.byte()));
      case 0x8d:
        return textOf(this.#take(this.length8()));
      case 0x42: // B
        return this.#take(this.length4());
      case 0x43: // C
        return this.#take(this.byte());
      case 0x8e:
        return this.#take(this.length8());
      default:
        return undefined;
    }
  }

  #longNumber(): number | bigint {
    const length = this.length4();
    if (length > longestNumber) throw this.damaged('a number longer than any');
    return longOf(this.#take(length));
  }

  /** A whole number in letters; `00` and `01` are protocol 0's False and True. */
  #wholeLine(mayBeTruth: boolean): number | boolean {
    const line = this.line();
    if (mayBeTruth && (line === '00' || line === '01')) return line === '01';
    const value = Number(line.replace(/L$/, ''));
    if (!Number.isSafeInteger(value)) throw this.damaged('a whole number that is none');
    return value;
  }

  /** Moves on. @returns where it was */
  #skip(length: number): number {
    const { at } = this;
    if (at + length > this.#bytes.length) throw new PickleTooShort();
    this.at += length;
    return at;
  }

  #take(length: number): Uint8Array {
    const at = this.#skip(length);
    return this.#bytes.subarray(at, at + length);
  }
}

/** Two's complement, little-endian. */
function longOf(bytes: Uint8Array): number | bigint {
  let value = 0n;
  for (let i = bytes.length - 1; i >= 0; i--) value = (value << 8n) | BigInt(bytes[i]!);
  if (bytes.length > 0 && bytes.at(-1)! >= 0x80) value -= 1n << BigInt(8 * bytes.length);
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}
