import { codes, valueBytes, type DataSet } from './data-set.ts';
import { tags } from './tags.ts';

const longest = 64;
/** Of a value that is decoded. */
const mostBytes = 1024;

/** What may stand in a database: no control or formatting characters, at most 64 characters; null when nothing is left. */
export function cleanText(text: string): string | null {
  const clean = text
    .replace(/[\p{Cc}\p{Cf}\p{Co}\p{Cs}\u2028\u2029]/gu, ' ')
    .replace(/\s+/g, ' ')
    .trim();
  return Array.from(clean).slice(0, longest).join('').trim() || null;
}

/**
 * The values of a text element, cleaned, in their character set; [] where there are none.
 * @param root the data set that names the character set, where that is not the element's own
 */
export async function readTexts(
  dataSet: DataSet,
  tag: number,
  root: DataSet = dataSet,
): Promise<(string | null)[]> {
  const bytes = valueBytes(dataSet, tag)?.subarray(0, mostBytes);
  if (!bytes) return [];
  const text = bytes.every((byte) => byte < 0x80 && byte !== 0x1b)
    ? bytes.toString('latin1')
    : await decodeText(bytes, codes(root, tags.SpecificCharacterSet).join('\\'));
  return text.split('\\').map(cleanText);
}

async function decodeText(bytes: Buffer, characterSets: string): Promise<string> {
  const { convertBytes } = await import('dicom-character-set');
  try {
    // Latin 1 is what is most often meant where nothing is said.
    return convertBytes(characterSets || 'ISO_IR 100', bytes, { vr: 'LO' });
  } catch {
    return bytes.toString('latin1');
  }
}

/**
 * A text element as a whole, backslashes and all, at most `most` bytes of it, without padding and control characters
 * other than of lines; '' where there is none.
 * @param root the data set that names the character set, where that is not the element's own
 */
export async function readWholeText(
  dataSet: DataSet,
  tag: number,
  most: number,
  root: DataSet = dataSet,
): Promise<string> {
  const bytes = valueBytes(dataSet, tag)?.subarray(0, most);
  if (!bytes) return '';
  const text = await decodeText(bytes, codes(root, tags.SpecificCharacterSet).join('\\'));
  return text.replace(/[ \0]+$/, '').replace(/(?![\t\n\r])\p{Cc}/gu, ' ');
}

/** The first value of a text element; null where there is none. */
export async function readText(dataSet: DataSet, tag: number): Promise<string | null> {
  return (await readTexts(dataSet, tag))[0] ?? null;
}

/** A date of DICOM as YYYY-MM-DD; null for what is none. */
export function readDate(dataSet: DataSet, tag: number): string | null {
  const [text = ''] = codes(dataSet, tag);
  const parts = /^(\d{4})[.\-:]?(\d{2})[.\-:]?(\d{2})/.exec(text);
  if (!parts) return null;
  const date = `${parts[1]}-${parts[2]}-${parts[3]}`;
  const time = Date.parse(`${date}T00:00:00Z`);
  return Number.isNaN(time) || !new Date(time).toISOString().startsWith(date) ? null : date;
}
