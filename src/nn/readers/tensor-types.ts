/** Types of stored numbers. Whole numbers are no weights: counters and shapes are of them. */
export type TensorType = 'float16' | 'bfloat16' | 'float32' | 'float64' | 'whole';

export type FloatType = Exclude<TensorType, 'whole'>;

/** Bytes of one value. */
export const bytesOf: Readonly<Record<FloatType, number>> = {
  float16: 2,
  bfloat16: 2,
  float32: 4,
  float64: 8,
};

/** Little-endian numbers in float32. float32 itself is a view of the same memory where it lies well for one. */
export function floatsOf(bytes: Uint8Array, type: FloatType): Float32Array {
  const count = Math.floor(bytes.length / bytesOf[type]);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  switch (type) {
    case 'float32':
      return float32Of(bytes, view, count);
    case 'float64':
      return Float32Array.from({ length: count }, (_, i) => view.getFloat64(8 * i, true));
    case 'float16':
      return Float32Array.from({ length: count }, (_, i) => halfFloat(view.getUint16(2 * i, true)));
    case 'bfloat16': {
      // The upper half of a float32.
      const values = new Uint32Array(count);
      for (let i = 0; i < count; i++) values[i] = view.getUint16(2 * i, true) << 16;
      return new Float32Array(values.buffer);
    }
  }
}

const machineIsLittleEndian = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;

function float32Of(bytes: Uint8Array, view: DataView, count: number): Float32Array {
  if (machineIsLittleEndian && bytes.byteOffset % 4 === 0)
    return new Float32Array(bytes.buffer as ArrayBuffer, bytes.byteOffset, count);
  const values = new Float32Array(count);
  for (let i = 0; i < count; i++) values[i] = view.getFloat32(4 * i, true);
  return values;
}

/** IEEE 754 binary16. */
function halfFloat(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 31) return fraction === 0 ? sign * Infinity : NaN;
  return exponent === 0 ? sign * fraction * 2 ** -24 : sign * (1024 + fraction) * 2 ** (exponent - 25);
}
