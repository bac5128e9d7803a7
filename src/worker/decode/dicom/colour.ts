import type { StoredSamples } from '../fit-samples.ts';
import type { Picture } from '../picture.ts';
import { damaged, type DataSet } from './data-set.ts';
import { lookUp, readLookupTable, type LookupTable } from './lookup-table.ts';
import type { PixelModule } from './pixel-module.ts';
import type { StoredFrame } from './stored-frame.ts';
import { tags } from './tags.ts';

type Samples = Picture['samples'];

export interface Colours {
  samples: Samples;
  bitDepth: 8 | 16;
  /** The highest that a sample can be. */
  top: number;
}

/** Colour samples as unsigned ones of 8 or 16 bit; of more bits the highest 16 are kept. */
function unsigned(stored: StoredSamples, { bitsStored, isSigned }: PixelModule): Colours {
  if (stored instanceof BigUint64Array || stored instanceof BigInt64Array || stored instanceof Float64Array)
    throw damaged('Colours of 64 bits are none that a device writes.');
  const isSmall = bitsStored <= 8;
  if (stored instanceof Uint8Array && bitsStored === 8) return { samples: stored, bitDepth: 8, top: 255 };
  const samples = isSmall ? new Uint8Array(stored.length) : new Uint16Array(stored.length);
  const offset = isSigned ? 2 ** (bitsStored - 1) : 0;
  const top = Math.min(65535, 2 ** bitsStored - 1);
  const scale = isSmall ? 255 / top : bitsStored > 16 ? 2 ** (16 - bitsStored) : 1;
  for (let i = 0; i < samples.length; i += 1) samples[i] = Math.floor((stored[i]! + offset) * scale);
  return { samples, bitDepth: isSmall ? 8 : 16, top: isSmall ? 255 : top };
}

/** ITU-R BT.601 in PS3.3 C.7.6.3.1.2; `partial` samples have head and foot room. In place. */
function toRgb({ samples, top }: Colours, isPartial: boolean): void {
  const middle = (top + 1) / 2;
  const unit = (top + 1) / 256;
  const gain = isPartial ? 255 / 219 : 1;
  const chroma = isPartial ? 255 / 224 : 1;
  const foot = isPartial ? 16 * unit : 0;
  const fit = (value: number): number => Math.max(0, Math.min(top, Math.floor(value + 0.5)));
  for (let i = 0; i < samples.length; i += 3) {
    const y = (samples[i]! - foot) * gain;
    const blue = (samples[i + 1]! - middle) * chroma;
    const red = (samples[i + 2]! - middle) * chroma;
    samples[i] = fit(y + 1.402 * red);
    samples[i + 1] = fit(y - 0.344136 * blue - 0.714136 * red);
    samples[i + 2] = fit(y + 1.772 * blue);
  }
}

/** Red, green, blue; the tags of the three stand beside each other. */
function readPalette(dataSet: DataSet, isSigned: boolean): LookupTable[] {
  return [0, 1, 2].map((colour) => {
    const table = readLookupTable(
      dataSet,
      {
        descriptor: tags.RedPaletteDescriptor + colour,
        data: tags.RedPaletteData + colour,
        segmented: tags.RedSegmentedPaletteData + colour,
      },
      isSigned,
    );
    if (!table) throw damaged('The palette of the DICOM file is not there.');
    return table;
  });
}

/** How far 16-bit entries are shifted without loss: most palettes hold bytes, in the upper half or in both. */
function entryShift(palette: readonly LookupTable[]): 0 | 8 | null {
  if (palette.every(({ bits, entries }) => bits <= 8 && entries.every((entry) => entry <= 255))) return 0;
  const isInUpperHalf = palette.every(({ entries }) =>
    entries.every((entry) => (entry & 255) === 0 || (entry & 255) === entry >> 8),
  );
  return isInUpperHalf ? 8 : null;
}

function expandPalette(stored: StoredSamples, palette: readonly LookupTable[]): Colours {
  const shift = entryShift(palette);
  const samples = shift === null ? new Uint16Array(stored.length * 3) : new Uint8Array(stored.length * 3);
  for (let i = 0; i < stored.length; i += 1) {
    const value = Number(stored[i]);
    for (let colour = 0; colour < 3; colour += 1)
      samples[3 * i + colour] = lookUp(palette[colour]!, value) >> (shift ?? 0);
  }
  return { samples, bitDepth: shift === null ? 16 : 8, top: shift === null ? 65535 : 255 };
}

/** A frame's colours as red, green and blue. @throws ReadroomError `damagedImage` */
export function coloursOf(
  { samples, photometric }: StoredFrame,
  dataSet: DataSet,
  pixel: PixelModule,
): Colours {
  if (photometric === 'PALETTE COLOR') return expandPalette(samples, readPalette(dataSet, pixel.isSigned));
  const colours = unsigned(samples, pixel);
  if (photometric === 'YBR_FULL' || photometric === 'YBR_FULL_422') toRgb(colours, false);
  else if (photometric.startsWith('YBR_PARTIAL')) toRgb(colours, true);
  return colours;
}
