/** Most counters of a pass: 4 MB. Ranks of up to a million images take one pass. */
const mostDigits = 1 << 20;

/**
 * Sorts indices by keys, stably, in time proportional to their number (radix sort).
 *
 * @param indices positions in `keys`; a sorted copy is returned
 * @param keys whole numbers from 0 up to 2^53; −1 stands for none and comes last in both directions
 */
export function sortByKey(indices: Int32Array, keys: ArrayLike<number>, descending = false): Int32Array {
  const n = indices.length;
  let highest = 0;
  let lowest = Number.MAX_SAFE_INTEGER;
  for (let at = 0; at < n; at++) {
    const key = keys[indices[at]!]!;
    if (key > highest) highest = key;
    if (key >= 0 && key < lowest) lowest = key;
  }
  const range = Math.max(highest - lowest, 0);
  const wanted = new Float64Array(n);
  for (let at = 0; at < n; at++) {
    const key = keys[indices[at]!]!;
    wanted[at] = key < 0 ? range + 1 : descending ? highest - key : key - lowest;
  }
  const base = Math.min(range + 2, mostDigits);
  let order = new Int32Array(n);
  for (let at = 0; at < n; at++) order[at] = at;
  for (let scale = 1; scale <= range + 1; scale *= base) order = sortByDigit(order, wanted, scale, base);
  for (let at = 0; at < n; at++) order[at] = indices[order[at]!]!;
  return order;
}

function sortByDigit(
  order: Int32Array<ArrayBuffer>,
  keys: Float64Array,
  scale: number,
  base: number,
): Int32Array<ArrayBuffer> {
  const starts = new Int32Array(base + 1);
  const digits = new Int32Array(order.length);
  for (let at = 0; at < order.length; at++) {
    const key = keys[order[at]!]!;
    const digit = scale === 1 && key < base ? key : Math.floor(key / scale) % base;
    digits[at] = digit;
    starts[digit + 1]! += 1;
  }
  for (let digit = 0; digit < base; digit++) starts[digit + 1]! += starts[digit]!;
  const sorted = new Int32Array(order.length);
  for (let at = 0; at < order.length; at++) sorted[starts[digits[at]!]!++] = order[at]!;
  return sorted;
}
