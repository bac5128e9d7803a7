import { InvalidArgumentError } from 'commander';

/** Parsers of option values. What they throw ends the command as wrong usage, exit status 2. */

/** A decimal number: `.15`, `0.5`, `1e-4`. */
export function parseNumber(text: string): number {
  const value = text.trim() === '' ? Number.NaN : Number(text);
  if (!Number.isFinite(value)) throw new InvalidArgumentError('It is not a number.');
  return value;
}

/** A whole number, not negative. */
export function parseWhole(text: string): number {
  if (!/^\d{1,15}$/.test(text)) throw new InvalidArgumentError('It is not a whole number.');
  return Number(text);
}

/** `A,B` → `['A', 'B']`. */
export function parseList(text: string): string[] {
  const items = text.split(',').map((item) => item.trim());
  if (items.some((item) => item === '')) throw new InvalidArgumentError('One of the names is empty.');
  return items;
}

/** `KEY=VALUE`, gathered over repetitions. A value is JSON where it reads as such, else text. */
export function gatherSetting(text: string, before: Record<string, unknown> = {}): Record<string, unknown> {
  const at = text.indexOf('=');
  if (at < 1) throw new InvalidArgumentError('It has the form KEY=VALUE, e.g. epochs=10.');
  const key = text.slice(0, at).trim();
  const value = text.slice(at + 1).trim();
  return { ...before, [key]: jsonOrText(value) };
}

function jsonOrText(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    // `.25` is a number to everyone but JSON.
    return /^[+-]?\.\d+(e[+-]?\d+)?$/i.test(text) ? Number(text) : text;
  }
}

export type PatientRule =
  { from: 'folder' | 'tag' } | { from: 'column'; column: string } | { from: 'regex'; pattern: string };

/** `folder`, `tag`, `column:NAME` or `regex:RE`. */
export function parsePatient(text: string): PatientRule {
  if (text === 'folder' || text === 'tag') return { from: text };
  const [, kind, rest = ''] = /^(column|regex):(.+)$/s.exec(text) ?? [];
  if (kind === 'column') return { from: 'column', column: rest };
  if (kind === 'regex') return { from: 'regex', pattern: rest };
  throw new InvalidArgumentError('It is folder, tag, column:NAME or regex:RE.');
}
