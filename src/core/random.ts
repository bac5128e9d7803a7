/**
 * All randomness of the product: Philox 4x32-10, a counter-based generator (Salmon, Moraes, Dror, Shaw:
 * "Parallel random numbers: as easy as 1, 2, 3", SC 2011). A number depends on key and counter alone,
 * so any step of a run can be repeated without the steps before it. TensorFlow's stateless operations
 * use the same generator with the same counter order.
 */

/** Two unsigned 32-bit words, low word first: TensorFlow's uint64 `key`. */
export type PhiloxKey = readonly [number, number];
/** Four unsigned 32-bit words, lowest first: TensorFlow's `counter` of two uint64. */
export type PhiloxCounter = readonly [number, number, number, number];

const multiplier0 = 0xd2511f53;
const multiplier1 = 0xcd9e8d57;
const weyl0 = 0x9e3779b9;
const weyl1 = 0xbb67ae85;
const rounds = 10;
const multiplier0Low = multiplier0 & 0xffff;
const multiplier0High = multiplier0 >>> 16;
const multiplier1Low = multiplier1 & 0xffff;
const multiplier1High = multiplier1 >>> 16;
const twoToMinus32 = 2 ** -32;
const twoToMinus23 = 2 ** -23;

/**
 * One block: four unsigned 32-bit words for a key and a counter.
 * Known answers: the `kat_vectors` file of the Random123 library.
 */
export function philox(key: PhiloxKey, counter: PhiloxCounter): Uint32Array {
  const block = new Uint32Array(4);
  fillWords(block, key, counter);
  return block;
}

/**
 * `count` unsigned 32-bit words: the blocks of `counter`, `counter + 1`, … (128 bits, with carry), as
 * TensorFlow's StatelessRandomUniformFullIntV2 of type uint32 gives them.
 */
export function uniformWords(key: PhiloxKey, counter: PhiloxCounter, count: number): Uint32Array {
  const words = new Uint32Array(Math.ceil(count / 4) * 4);
  fillWords(words, key, counter);
  return words.length === count ? words : words.slice(0, count);
}

/**
 * `count` floats in [0, 1) from the 23 low bits of each word: bit-equal to TensorFlow's
 * StatelessRandomUniformV2 (float32, alg 1 = Philox) for the same key and counter.
 */
export function uniformFloats(key: PhiloxKey, counter: PhiloxCounter, count: number): Float32Array {
  const words = uniformWords(key, counter, count);
  const floats = new Float32Array(count);
  for (let i = 0; i < count; i++) floats[i] = (words[i]! & 0x7fffff) * twoToMinus23;
  return floats;
}

/**
 * `count` standard normal floats, Box-Muller over pairs of words in double precision, sine first
 * (TensorFlow's order, but with all 32 bits, so not bit-equal to its StatelessRandomNormalV2).
 */
export function normalFloats(key: PhiloxKey, counter: PhiloxCounter, count: number): Float32Array {
  const words = uniformWords(key, counter, Math.ceil(count / 2) * 2);
  const floats = new Float32Array(count);
  for (let i = 0; i < count; i += 2) {
    const radius = normalRadius(words[i]!);
    const angle = 2 * Math.PI * (words[i + 1]! * twoToMinus32);
    floats[i] = radius * Math.sin(angle);
    if (i + 1 < count) floats[i + 1] = radius * Math.cos(angle);
  }
  return floats;
}

/**
 * A key for one purpose of one seed: `streamKey(seed, 'augmentation')` and `streamKey(seed, 'dropout')`
 * are unrelated streams. The text is absorbed sixteen bytes (UTF-16 code units) a block by Philox itself.
 */
export function streamKey(seed: number, purpose: string): [number, number] {
  const key: PhiloxKey = [seed >>> 0, Math.floor(seed / 2 ** 32) >>> 0];
  let state = philox(key, [purpose.length, 0x52656164, 0x726f6f6d, 1]);
  for (let start = 0; start < purpose.length; start += 8) {
    const next: [number, number, number, number] = [state[0]!, state[1]!, state[2]!, state[3]!];
    for (let word = 0; word < 4; word++) {
      const low = purpose.charCodeAt(start + 2 * word) || 0;
      const high = purpose.charCodeAt(start + 2 * word + 1) || 0;
      next[word] = (next[word]! ^ (low | (high << 16))) >>> 0;
    }
    state = philox(key, next);
  }
  return [state[0]!, state[1]!];
}

/** A sequential generator over one stream. */
export interface Random {
  /** 0 … 2^32 - 1. */
  uint32(): number;
  /** [0, 1) with 53 random bits. */
  uniform(): number;
  /** 0 … below - 1, without bias; `below` from 1 to 2^32. */
  integer(below: number): number;
  /** Standard normal. */
  normal(): number;
  /** Shuffles in place (Fisher-Yates) and returns the same array. */
  shuffle<T>(array: T[]): T[];
}

/** The stream of a seed and a path of purposes: `createRandom(seed, 'order', epoch)`. */
export function createRandom(seed: number, ...path: readonly (string | number)[]): Random {
  const key = streamKey(seed, JSON.stringify(path));
  const words = new Uint32Array(64);
  let block = 0;
  let next = words.length;
  let spare: number | null = null;

  const uint32 = (): number => {
    if (next === words.length) {
      fillWords(words, key, [block >>> 0, Math.floor(block / 2 ** 32), 0, 0]);
      block += words.length / 4;
      next = 0;
    }
    return words[next++]!;
  };
  const uniform = (): number => ((uint32() >>> 5) * 2 ** 26 + (uint32() >>> 6)) * 2 ** -53;
  const integer = (below: number): number => {
    if (!Number.isInteger(below) || below < 1 || below > 2 ** 32)
      throw new RangeError(`integer(below) needs 1 to 2^32, not ${below}`);
    const limit = 2 ** 32 - (2 ** 32 % below);
    let word = uint32();
    while (word >= limit) word = uint32();
    return word % below;
  };
  const normal = (): number => {
    if (spare !== null) {
      const value = spare;
      spare = null;
      return value;
    }
    const radius = normalRadius(uint32());
    const angle = 2 * Math.PI * (uint32() * twoToMinus32);
    spare = radius * Math.cos(angle);
    return radius * Math.sin(angle);
  };
  const shuffle = <T>(array: T[]): T[] => {
    for (let last = array.length - 1; last > 0; last--) {
      const chosen = integer(last + 1);
      const held = array[last]!;
      array[last] = array[chosen]!;
      array[chosen] = held;
    }
    return array;
  };
  return { uint32, uniform, integer, normal, shuffle };
}

function normalRadius(word: number): number {
  return Math.sqrt(-2 * Math.log((word + 1) * twoToMinus32));
}

/** Fills whole blocks; `words.length` is a multiple of 4. Low products by imul, high ones from 16-bit halves. */
function fillWords(words: Uint32Array, key: PhiloxKey, counter: PhiloxCounter): void {
  const firstKey0 = key[0] | 0;
  const firstKey1 = key[1] | 0;
  let counter0 = counter[0] | 0;
  let counter1 = counter[1] | 0;
  let counter2 = counter[2] | 0;
  let counter3 = counter[3] | 0;
  for (let at = 0; at < words.length; at += 4) {
    let word0 = counter0;
    let word1 = counter1;
    let word2 = counter2;
    let word3 = counter3;
    let key0 = firstKey0;
    let key1 = firstKey1;
    for (let round = 0; round < rounds; round++) {
      const low0 = word0 & 0xffff;
      const high0 = word0 >>> 16;
      const cross0 = Math.imul(low0, multiplier0High);
      const middle0 =
        (Math.imul(high0, multiplier0Low) + (cross0 & 0xffff) + (Math.imul(low0, multiplier0Low) >>> 16)) | 0;
      const productHigh0 = Math.imul(high0, multiplier0High) + (cross0 >>> 16) + (middle0 >>> 16);
      const low1 = word2 & 0xffff;
      const high1 = word2 >>> 16;
      const cross1 = Math.imul(low1, multiplier1High);
      const middle1 =
        (Math.imul(high1, multiplier1Low) + (cross1 & 0xffff) + (Math.imul(low1, multiplier1Low) >>> 16)) | 0;
      const productHigh1 = Math.imul(high1, multiplier1High) + (cross1 >>> 16) + (middle1 >>> 16);
      const productLow0 = Math.imul(word0, multiplier0);
      const productLow1 = Math.imul(word2, multiplier1);
      word0 = productHigh1 ^ word1 ^ key0;
      word1 = productLow1;
      word2 = productHigh0 ^ word3 ^ key1;
      word3 = productLow0;
      key0 = (key0 + weyl0) | 0;
      key1 = (key1 + weyl1) | 0;
    }
    words[at] = word0;
    words[at + 1] = word1;
    words[at + 2] = word2;
    words[at + 3] = word3;
    counter0 = (counter0 + 1) | 0;
    if (counter0 === 0) {
      counter1 = (counter1 + 1) | 0;
      if (counter1 === 0) {
        counter2 = (counter2 + 1) | 0;
        if (counter2 === 0) counter3 = (counter3 + 1) | 0;
      }
    }
  }
}
