import { ReadroomError } from '../contract/errors.ts';
import type { BackendReport } from '../contract/system.ts';
import type { Backend, LoadedBackend, LoadOptions } from './backend.ts';
import { cpu } from './cpu.ts';
import { tensorflow } from './tensorflow.ts';
import { webgpu } from './webgpu.ts';

/** Every backend. A new one is a file beside this and one line here. */
export const backends: readonly Backend[] = [tensorflow, webgpu, cpu];

/** What was chosen, and what stands before it in the list but did not answer. */
export interface ChosenBackend {
  readonly backend: LoadedBackend;
  readonly passedOver: readonly BackendReport[];
}

/**
 * Loads the wished backend, or for `auto` the first by priority that answers.
 *
 * @throws ReadroomError `backendUnavailable` for an unknown id, one that does not load, or when none does
 */
export async function chooseBackend(wish: string, options: LoadOptions): Promise<ChosenBackend> {
  const ordered = [...backends].sort((a, b) => b.priority - a.priority);
  const candidates = wish === 'auto' ? ordered : ordered.filter((backend) => backend.id === wish);
  if (candidates.length === 0) {
    const known = ordered.map((backend) => backend.id).join(', ');
    throw new ReadroomError(
      'backendUnavailable',
      `There is no backend "${wish}".`,
      `Choose one of: auto, ${known}.`,
    );
  }
  const passedOver: BackendReport[] = [];
  for (const candidate of candidates) {
    try {
      return { backend: await candidate.load(options), passedOver };
    } catch (error) {
      if (wish !== 'auto') throw error;
      passedOver.push(unavailable(candidate.id, error));
    }
  }
  const reasons = passedOver.map((report) => `${report.id}: ${report.reason}`).join(' ');
  throw new ReadroomError('backendUnavailable', `No backend answers. ${reasons}`, 'Run the doctor command.');
}

/** Probes every backend, in order of the list. */
export async function probeBackends(): Promise<BackendReport[]> {
  const reports: BackendReport[] = [];
  for (const backend of backends) reports.push(await backend.probe());
  return reports;
}

function unavailable(id: string, error: unknown): BackendReport {
  const reason = error instanceof Error ? error.message : String(error);
  const remedy = error instanceof ReadroomError ? error.hint : '';
  return { id, ok: false, device: null, version: null, reason, remedy };
}
