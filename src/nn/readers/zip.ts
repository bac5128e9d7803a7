import { badWeights } from './fault.ts';
import { partOf, readRange, type ByteSource, type WeightPlace } from './source.ts';
import { textOf } from './text.ts';

const mostEntries = 100_000;
const mostDirectoryBytes = 64 * 2 ** 20;
const full32 = 0xffffffff;

interface Entry {
  readonly method: number;
  readonly encrypted: boolean;
  readonly stored: number;
  readonly size: number;
  /** Of the entry's own header. */
  readonly offset: number;
}

/** A ZIP's entries by name. */
export type ZipDirectory = ReadonlyMap<string, Entry>;

export async function isZip({ bytes }: WeightPlace): Promise<boolean> {
  if (bytes.size < 22) return false;
  const head = await bytes.read(0, 4);
  return head[0] === 0x50 && head[1] === 0x4b && head[2] === 3 && head[3] === 4;
}

/**
 * The table of a ZIP whose entries are stored, as PyTorch and Keras write it. Not with a library: those at hand read
 * Node's files or hold all of a file.
 *
 * @throws ReadroomError `badWeights` when it is cut off or its table is none
 */
export async function readZipDirectory(place: WeightPlace): Promise<ZipDirectory> {
  const { name, bytes } = place;
  const tail = Math.min(bytes.size, 22 + 65_535);
  const end = await readRange(place, bytes.size - tail, tail, 'the end of its table');
  const view = viewOf(end);
  let at = end.length - 22;
  while (at >= 0 && !(view.getUint32(at, true) === 0x06054b50 && isEnd(view, at))) at--;
  if (at < 0) throw badWeights(`${name} is a ZIP that was cut off: its table of contents is missing.`);
  let count = view.getUint16(at + 10, true);
  let length = view.getUint32(at + 12, true);
  let offset = view.getUint32(at + 16, true);
  if (count === 0xffff || length === full32 || offset === full32) {
    const locator = bytes.size - tail + at - 20;
    const where = viewOf(await readRange(place, locator, 20, 'its table of contents'));
    const record = viewOf(await readRange(place, whole(where, 8), 56, 'its table of contents'));
    if (where.getUint32(0, true) !== 0x07064b50 || record.getUint32(0, true) !== 0x06064b50)
      throw badWeights(`${name} is a ZIP with a damaged table of contents.`);
    [count, length, offset] = [whole(record, 32), whole(record, 40), whole(record, 48)];
  }
  if (count > mostEntries || length > mostDirectoryBytes)
    throw badWeights(`${name} says that it holds ${count} files: no weight file does.`);
  return parseDirectory(await readRange(place, offset, length, 'its table of contents'), count, name);
}

/**
 * An entry as a file of its own: nothing is copied.
 *
 * @throws ReadroomError `badWeights` when it is missing, packed or encrypted
 */
export async function openEntry(
  place: WeightPlace,
  directory: ZipDirectory,
  entryName: string,
): Promise<ByteSource> {
  const { name } = place;
  const entry = directory.get(entryName);
  if (!entry) throw badWeights(`${name} lacks ${entryName}.`);
  if (entry.encrypted) throw badWeights(`${entryName} in ${name} is encrypted.`);
  if (entry.method !== 0 || entry.stored !== entry.size)
    throw badWeights(
      `${entryName} in ${name} is packed; PyTorch and Keras store it as it is.`,
      'Take the file as it was saved, or unpack it and zip it without compression (zip -0).',
    );
  const header = viewOf(await readRange(place, entry.offset, 30, entryName));
  if (header.getUint32(0, true) !== 0x04034b50) throw badWeights(`${entryName} in ${name} is damaged.`);
  const start = entry.offset + 30 + header.getUint16(26, true) + header.getUint16(28, true);
  if (start + entry.size > place.bytes.size) throw badWeights(`${name} ends inside ${entryName}.`);
  return partOf(place.bytes, start, entry.size);
}

/** Whether the comment fills the rest, as it must behind the true end. */
function isEnd(view: DataView, at: number): boolean {
  return at + 22 + view.getUint16(at + 20, true) === view.byteLength;
}

function parseDirectory(table: Uint8Array, count: number, name: string): ZipDirectory {
  const view = viewOf(table);
  const entries = new Map<string, Entry>();
  let at = 0;
  for (let i = 0; i < count; i++) {
    if (at + 46 > table.length || view.getUint32(at, true) !== 0x02014b50)
      throw badWeights(`${name} is a ZIP with a damaged table of contents.`);
    const [nameLength, extraLength, commentLength] = [28, 30, 32].map((o) => view.getUint16(at + o, true));
    const extra = at + 46 + nameLength!;
    const next = extra + extraLength! + commentLength!;
    if (next > table.length) throw badWeights(`${name} is a ZIP with a damaged table of contents.`);
    const [stored, size, offset] = wideNumbers(view, at, extra, extra + extraLength!);
    entries.set(textOf(table.subarray(at + 46, extra)), {
      method: view.getUint16(at + 10, true),
      encrypted: (view.getUint16(at + 8, true) & 1) === 1,
      ...{ stored, size, offset },
    });
    at = next;
  }
  return entries;
}

/** Packed size, size and offset, from the zip64 field (number 1) where 32 bits do not hold them. */
function wideNumbers(view: DataView, at: number, extra: number, end: number): [number, number, number] {
  const size = view.getUint32(at + 24, true);
  const stored = view.getUint32(at + 20, true);
  const offset = view.getUint32(at + 42, true);
  for (let field = extra; field + 4 <= end;) {
    const length = view.getUint16(field + 2, true);
    if (view.getUint16(field, true) === 1 && field + 4 + length <= end) {
      let value = field + 4;
      // They stand in this order, each only where it is needed.
      const wide = (narrow: number): number => {
        if (narrow !== full32 || value + 8 > field + 4 + length) return narrow;
        value += 8;
        return whole(view, value - 8);
      };
      const wideSize = wide(size);
      return [wide(stored), wideSize, wide(offset)];
    }
    field += 4 + length;
  }
  return [stored, size, offset];
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** Above 2^53 no file is: readers refuse such a place as beyond the end. */
function whole(view: DataView, at: number): number {
  return Number(view.getBigUint64(at, true));
}
