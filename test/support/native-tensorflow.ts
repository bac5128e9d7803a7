import { availableParallelism } from 'node:os';

import type { LoadedBackend } from '../../src/compute/backend.ts';
import { tensorflow } from '../../src/compute/tensorflow.ts';

/** Native TensorFlow, loaded and set, or why it is not here. */
export type Native =
  | { readonly backend: LoadedBackend; readonly missing: null }
  | { readonly backend: null; readonly missing: string };

export async function loadNative(): Promise<Native> {
  const { ok, reason, remedy } = await tensorflow.probe();
  if (!ok) return { backend: null, missing: `${reason} ${remedy}` };
  return { backend: await tensorflow.load({ threads: availableParallelism() }), missing: null };
}
