import { readFileSync } from 'node:fs';

/** A JSON file's content; the caller's schema says whether it is what it should be. */
export function readJson(file: string): unknown {
  return JSON.parse(readFileSync(file, 'utf8')) as unknown;
}
