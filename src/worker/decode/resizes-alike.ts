import type { InputGeometry } from '../../contract/decode.ts';

interface Size {
  width: number;
  height: number;
}

/** Places between two samples for which libvips has a mask. */
const masks = 64;
/** What libvips leaves at least to its kernel when it first takes means of whole samples. */
const gap = 2;

function divisor(a: number, b: number): number {
  return b === 0 ? a : divisor(b, a % b);
}

/**
 * Whether an output sample along an edge lies just between two masks. libvips adds the steps up from the beginning
 * of each strip, in floating point, and the way it cuts an output into strips depends on where the input comes from:
 * at such a place the last bit of the sum decides, everywhere else it is far too small.
 *
 * Sample i lies at (2i + 1) · from · 64 / (to · whole) half masks, whole being the samples in a mean; even numbers
 * are masks and odd ones ties.
 */
function hasTie(from: number, to: number): boolean {
  if (from === to) return false;
  const whole = Math.max(1, Math.floor(from / to / gap));
  const common = divisor(from * masks, to * whole);
  const steps = (from * masks) / common;
  const parts = (to * whole) / common;
  return steps % 2 === 1 && parts % 2 === 1 && parts < 2 * to;
}

/**
 * Whether libvips gives the same values when it resizes a picture while it decodes it and when it resizes the decoded
 * one. Not when it enlarges (it walks through the picture in another way), nor when a sample lies between two masks;
 * and `nearest` is not left to libvips.
 */
export function resizesAlike(from: Size, to: Size, kernel: InputGeometry['kernel']): boolean {
  if (kernel === 'nearest' || to.width > from.width || to.height > from.height) return false;
  return !hasTie(from.width, to.width) && !hasTie(from.height, to.height);
}
