/**
 * Expands RLE8 or RLE4 into one palette index a pixel, rows in the file's order; pixels that the
 * codes jump over keep index 0. Codes that leave the picture are clipped. A stream that ends before
 * its end mark and before the last row is complete is truncated.
 */
export function expandRunLengths(
  codes: Uint8Array,
  width: number,
  height: number,
  fourBit: boolean,
  truncated: () => Error,
): Uint8Array {
  const indices = new Uint8Array(width * height);
  let x = 0;
  let y = 0;
  let at = 0;
  const next = (): number => {
    const byte = codes[at];
    if (byte === undefined) throw truncated();
    at += 1;
    return byte;
  };
  const put = (index: number): void => {
    if (x < width && y < height) indices[y * width + x] = index;
    x += 1;
  };
  const nibble = (byte: number, i: number): number => (i % 2 === 0 ? byte >> 4 : byte & 15);

  while (y < height) {
    if (at >= codes.length && y === height - 1 && x >= width) break;
    const count = next();
    const value = next();
    if (count > 0) {
      for (let i = 0; i < count; i += 1) put(fourBit ? nibble(value, i) : value);
    } else if (value === 0) {
      x = 0;
      y += 1;
    } else if (value === 1) {
      break;
    } else if (value === 2) {
      x += next();
      y += next();
    } else {
      const literalBytes = fourBit ? (value + 1) >> 1 : value;
      let byte = 0;
      for (let i = 0; i < value; i += 1) {
        if (!fourBit || i % 2 === 0) byte = next();
        put(fourBit ? nibble(byte, i) : byte);
      }
      // Literal runs are padded to 16 bits.
      if (literalBytes % 2 === 1) next();
    }
  }
  return indices;
}
