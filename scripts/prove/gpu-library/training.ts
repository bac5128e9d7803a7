import type { RunResult } from '../../../src/contract/run.ts';
import type { DoctorReport } from '../../../src/contract/system.ts';
import { proveTensorflow } from '../../setup/binding.ts';
import { makeDrawnProject, writeFastRecipe } from '../lib/drawn-project.ts';
import { inScratch, readroom, tryReadroom } from '../lib/readroom.ts';
import { notesOf, readRunEvents, runFoldersOf } from '../lib/run-events.ts';

/** What a GPU build does on this machine. */
export interface TrainingFinding {
  /** TensorFlow takes a GPU. */
  gpu: boolean;
  /** The set-up's words where it takes none. */
  setup: string;
  /** The doctor's words on TensorFlow and on the GPU. */
  doctor: { device: string | null; reason: string; remedy: string; gpuCheck: string; gpuOk: boolean };
  /** The run's first event and notes. */
  started: { backend: string; device: string } | null;
  notes: string[];
  losses: number[];
  status: string;
  passed: boolean;
}

/** Loads it, asks the doctor, and trains a few steps through the command line as a user would. */
export async function findTraining(): Promise<TrainingFinding> {
  const { gpu, note } = proveTensorflow();
  const doctor = doctorsWords(readroom<Record<string, unknown> & DoctorReport>('doctor'));
  return inScratch((folder) => {
    const { project } = makeDrawnProject(folder, { films: 60 });
    const recipe = writeFastRecipe(folder, { epochs: 2, backend: { id: 'tensorflow' } });
    const result = tryReadroom('train', project, '--recipe', recipe).document as RunResult | null;
    const events = runFoldersOf(project).flatMap(readRunEvents);
    const first = events.find((event) => event.type === 'started');
    const losses = events.flatMap((event) =>
      event.type === 'epochEnded' ? [event.record.loss, event.record.valLoss] : [],
    );
    const notes = notesOf(events);
    const trained =
      result?.status === 'completed' && losses.length === 4 && losses.every((loss) => Number.isFinite(loss));
    const kind = gpu ? /^GPU/ : /^CPU/;
    const told =
      gpu || (doctor.remedy !== '' && !doctor.gpuOk && notes.some((each) => each.includes(doctor.remedy)));
    return {
      gpu,
      setup: note,
      doctor,
      started: first ? { backend: first.backend, device: first.device } : null,
      notes,
      losses,
      status: result?.status ?? 'no result',
      passed: trained && told && kind.test(first?.device ?? '') && kind.test(doctor.device ?? ''),
    };
  });
}

function doctorsWords({ backends, checks }: DoctorReport): TrainingFinding['doctor'] {
  const native = backends.find(({ id }) => id === 'tensorflow');
  const check = checks.find(({ name }) => name === 'GPU');
  return {
    device: native?.device ?? null,
    reason: native?.reason ?? '',
    remedy: native?.remedy ?? '',
    gpuCheck: check?.detail ?? '',
    gpuOk: check?.ok ?? false,
  };
}
