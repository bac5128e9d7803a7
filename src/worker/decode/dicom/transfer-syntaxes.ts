/** How the samples of a frame are coded. */
export type Coding = 'native' | 'rle' | 'jpeg' | 'jpegLs' | 'jpeg2000' | 'htJpeg2000';

export interface TransferSyntax {
  name: string;
  /** Null: not read. */
  coding: Coding | null;
  deflated?: true;
}

/** Known transfer syntaxes by UID (PS3.6, table A-1). */
export const transferSyntaxes: Readonly<Record<string, TransferSyntax>> = {
  '1.2.840.10008.1.2': { name: 'Implicit VR Little Endian', coding: 'native' },
  '1.2.840.10008.1.2.1': { name: 'Explicit VR Little Endian', coding: 'native' },
  '1.2.840.10008.1.2.1.99': { name: 'Deflated Explicit VR Little Endian', coding: 'native', deflated: true },
  '1.2.840.10008.1.2.2': { name: 'Explicit VR Big Endian', coding: 'native' },
  '1.2.840.10008.1.2.5': { name: 'RLE Lossless', coding: 'rle' },
  '1.2.840.10008.1.2.4.50': { name: 'JPEG Baseline', coding: 'jpeg' },
  '1.2.840.10008.1.2.4.51': { name: 'JPEG Extended', coding: 'jpeg' },
  '1.2.840.10008.1.2.4.53': { name: 'JPEG Spectral Selection', coding: 'jpeg' },
  '1.2.840.10008.1.2.4.55': { name: 'JPEG Full Progression', coding: 'jpeg' },
  '1.2.840.10008.1.2.4.57': { name: 'JPEG Lossless', coding: 'jpeg' },
  '1.2.840.10008.1.2.4.70': { name: 'JPEG Lossless, First-Order Prediction', coding: 'jpeg' },
  '1.2.840.10008.1.2.4.80': { name: 'JPEG-LS Lossless', coding: 'jpegLs' },
  '1.2.840.10008.1.2.4.81': { name: 'JPEG-LS Near-Lossless', coding: 'jpegLs' },
  '1.2.840.10008.1.2.4.90': { name: 'JPEG 2000 Lossless', coding: 'jpeg2000' },
  '1.2.840.10008.1.2.4.91': { name: 'JPEG 2000', coding: 'jpeg2000' },
  '1.2.840.10008.1.2.4.92': { name: 'JPEG 2000 Part 2 Lossless', coding: null },
  '1.2.840.10008.1.2.4.93': { name: 'JPEG 2000 Part 2', coding: null },
  '1.2.840.10008.1.2.4.94': { name: 'JPIP Referenced', coding: null },
  '1.2.840.10008.1.2.4.95': { name: 'JPIP Referenced Deflate', coding: null, deflated: true },
  '1.2.840.10008.1.2.4.100': { name: 'MPEG-2 video', coding: null },
  '1.2.840.10008.1.2.4.101': { name: 'MPEG-2 video', coding: null },
  '1.2.840.10008.1.2.4.102': { name: 'MPEG-4 video', coding: null },
  '1.2.840.10008.1.2.4.103': { name: 'MPEG-4 video', coding: null },
  '1.2.840.10008.1.2.4.104': { name: 'MPEG-4 video', coding: null },
  '1.2.840.10008.1.2.4.105': { name: 'MPEG-4 video', coding: null },
  '1.2.840.10008.1.2.4.106': { name: 'MPEG-4 video', coding: null },
  '1.2.840.10008.1.2.4.107': { name: 'HEVC video', coding: null },
  '1.2.840.10008.1.2.4.108': { name: 'HEVC video', coding: null },
  '1.2.840.10008.1.2.4.110': { name: 'JPEG XL Lossless', coding: null },
  '1.2.840.10008.1.2.4.111': { name: 'JPEG XL Recompression', coding: null },
  '1.2.840.10008.1.2.4.112': { name: 'JPEG XL', coding: null },
  '1.2.840.10008.1.2.4.201': { name: 'High-Throughput JPEG 2000 Lossless', coding: 'htJpeg2000' },
  '1.2.840.10008.1.2.4.202': { name: 'High-Throughput JPEG 2000 Lossless, RPCL', coding: 'htJpeg2000' },
  '1.2.840.10008.1.2.4.203': { name: 'High-Throughput JPEG 2000', coding: 'htJpeg2000' },
};
