import { readFile, rename } from 'node:fs/promises';
import path from 'node:path';

import type { z } from 'zod';

import { writeFileWhole } from '../../files/durable.ts';
import { createQueues } from '../one-at-a-time.ts';

/** A small JSON file of the user, which other processes may write as well. */
export interface StoredFile<T> {
  /** What stands there now; the fallback where there is nothing, or nothing that can be understood. */
  read(): Promise<T>;
  /** Reads, changes and writes in one go within this process; of two processes the later one wins, whole. */
  change(how: (now: T) => T): Promise<T>;
}

const formatVersion = 1;

/**
 * @param fallback what an empty file would say; must satisfy `schema`
 * @param options.mode its permissions, where it is not for everybody to read
 */
export function createStoredFile<T>(
  file: string,
  schema: z.ZodType<T>,
  fallback: () => T,
  options: { mode?: number } = {},
): StoredFile<T> {
  const oneAtATime = createQueues();

  async function read(): Promise<T> {
    let text: string;
    try {
      text = await readFile(file, 'utf8');
    } catch {
      return fallback();
    }
    const content = schema.safeParse(contentOf(text));
    if (content.success) return content.data;
    await keepAside();
    return fallback();
  }

  /** What a person may want to look at is not written over. */
  async function keepAside(): Promise<void> {
    const { dir, name, ext } = path.parse(file);
    await rename(file, path.join(dir, `${name}.broken${ext}`)).catch(() => undefined);
  }

  return {
    read: () => oneAtATime(file, read),
    change: (how) =>
      oneAtATime(file, async () => {
        const next = how(await read());
        await writeFileWhole(file, `${JSON.stringify({ formatVersion, content: next }, null, 2)}\n`, options);
        return next;
      }),
  };
}

function contentOf(text: string): unknown {
  try {
    const parsed = JSON.parse(text) as { formatVersion?: unknown; content?: unknown } | null;
    return parsed?.formatVersion === formatVersion ? parsed.content : undefined;
  } catch {
    return undefined;
  }
}
