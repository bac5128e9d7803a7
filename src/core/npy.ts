/**
 * NumPy's `.npy` format, version 1.0, for little-endian float32 in C order.
 * Source: numpy.lib.format ("magic \x93NUMPY, version, header length, a Python dict as ASCII, padded to 64").
 */

const magic = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59];
const prefixLength = magic.length + 4;

/** The bytes of an `.npy` file. @throws RangeError when `data` does not fill `shape` */
export function encodeNpy(data: Float32Array, shape: readonly number[]): Uint8Array {
  const count = shape.reduce((product, length) => product * length, 1);
  if (count !== data.length) {
    throw new RangeError(`${data.length} values do not fill the shape ${shape.join('×')}`);
  }
  const tuple = shape.length === 1 ? `(${shape[0]},)` : `(${shape.join(', ')})`;
  const dict = `{'descr': '<f4', 'fortran_order': False, 'shape': ${tuple}, }`;
  const padded = Math.ceil((prefixLength + dict.length + 1) / 64) * 64;
  const header = `${dict.padEnd(padded - prefixLength - 1, ' ')}\n`;
  const bytes = new Uint8Array(padded + data.length * 4);
  bytes.set([...magic, 1, 0, header.length & 0xff, header.length >> 8]);
  for (let i = 0; i < header.length; i++) bytes[prefixLength + i] = header.charCodeAt(i);
  const view = new DataView(bytes.buffer);
  for (let i = 0; i < data.length; i++) view.setFloat32(padded + i * 4, data[i]!, true);
  return bytes;
}

/** Reads what `encodeNpy` or `numpy.save` wrote as little-endian float32, C order. @throws RangeError otherwise */
export function decodeNpy(bytes: Uint8Array): { data: Float32Array; shape: number[] } {
  if (bytes.length < prefixLength || magic.some((value, i) => bytes[i] !== value)) {
    throw new RangeError('Not an .npy file');
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const wide = bytes[6]! > 1;
  if (wide && bytes.length < prefixLength + 2) throw new RangeError('The .npy header is cut off');
  const start = wide ? prefixLength + 2 : prefixLength;
  const headerLength = wide ? view.getUint32(8, true) : view.getUint16(8, true);
  const header = String.fromCharCode(...bytes.subarray(start, start + Math.min(headerLength, 4096)));
  const shapeText = /'shape':\s*\(([\d\s,]*)\)/.exec(header)?.[1];
  if (
    shapeText === undefined ||
    !/'descr':\s*'<f4'/.test(header) ||
    !/'fortran_order':\s*False/.test(header)
  ) {
    throw new RangeError('The .npy file does not hold little-endian float32 in C order');
  }
  const shape = shapeText.split(',').flatMap((part) => (part.trim() === '' ? [] : [Number(part)]));
  const count = shape.reduce((product, length) => product * length, 1);
  const offset = start + headerLength;
  if (offset + count * 4 !== bytes.length) {
    throw new RangeError(
      `The .npy file holds ${bytes.length - offset} bytes of data instead of ${count * 4}`,
    );
  }
  const data = new Float32Array(count);
  for (let i = 0; i < count; i++) data[i] = view.getFloat32(offset + i * 4, true);
  return { data, shape };
}
