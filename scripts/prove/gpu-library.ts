import { existsSync, realpathSync } from 'node:fs';

import { findTfjsNode } from '../setup/binding.ts';
import { cachedLibrary, pinnedLibraryId } from '../setup/library.ts';
import { tensorflowCache } from '../setup/places.mjs';
import type { ProofContext } from '../prove.ts';
import { findKernels, type KernelFinding } from './gpu-library/kernels.ts';
import { findLibraries, type LibraryFinding } from './gpu-library/libraries.ts';
import { findTraining, type TrainingFinding } from './gpu-library/training.ts';

/** Why there is nothing to prove in this clone; null when its TensorFlow is the assembled GPU build. */
function unavailable({ root }: ProofContext): string | null {
  let folder: string;
  try {
    folder = cachedLibrary(tensorflowCache(), pinnedLibraryId('gpu')).bindingsFolder;
  } catch {
    return 'the GPU build of TensorFlow is not assembled here: npm run setup -- --gpu (about 3.4 GB) does that';
  }
  const { bindingPath } = findTfjsNode(root);
  const linked = existsSync(bindingPath) && realpathSync(bindingPath).startsWith(realpathSync(folder));
  return linked ? null : 'the GPU build is assembled, but this clone uses another: npm run setup -- --gpu';
}

/** As far as a machine without a GPU can show that the GPU build is whole. */
export default {
  name: 'gpu-library',
  description:
    'The GPU build of TensorFlow: its libraries load, GPU kernels for our operations are in it, and without a GPU it says so and trains',
  unavailable,
  run: async ({ tell }: ProofContext) => {
    const { bindingsFolder, libFolder } = cachedLibrary(tensorflowCache(), pinnedLibraryId('gpu'));
    const libraries = findLibraries(realpathSync(bindingsFolder));
    tell(`libraries: ${JSON.stringify(libraries)}`);
    const kernels = await findKernels(libFolder);
    tell(`kernels: ${kernels.placed.length} operations, processor only: ${kernels.processorOnly.join(', ')}`);
    const training = await findTraining();
    tell(`training: ${JSON.stringify(training)}`);
    return {
      results: { libraries, kernels, training },
      passed: libraries.passed && kernels.passed && training.passed,
      summary: [
        ...librariesInWords(libraries),
        '',
        ...kernelsInWords(kernels),
        '',
        ...trainingInWords(training),
        '',
        training.gpu
          ? 'Which operation ran where, speed and memory on the GPU are not looked at here: npm run bench -- training measures.'
          : '**Not shown, for there is no GPU here:** that anything computes on one, how fast, with how much memory, and whether the same seed gives the same weights there.',
      ],
    };
  },
};

const mark = (passed: boolean): string => (passed ? 'Passed' : 'FAILED');
const listed = (names: readonly string[]): string => (names.length === 0 ? 'none' : names.join(', '));

function librariesInWords(finding: LibraryFinding): string[] {
  const { count, waitForDriver, broken, opened, notOpened, allTogether, strangers, ptxas, passed } = finding;
  return [
    `**Libraries: ${mark(passed)}.** ${count} shared libraries, each loaded with every symbol resolved in a process of its own. ` +
      `Broken: ${listed(broken)}. Wanting only the NVIDIA driver: ${listed(waitForDriver)}. From another CUDA installation: ${listed(strangers)}.`,
    '',
    `TensorFlow's own loader was asked for what it opens where there is a GPU: ${listed(opened)}; not found: ${listed(notOpened)}. ` +
      `Its check of all together, without which it takes no GPU: ${allTogether ? 'passed' : 'failed'}. ptxas: ${ptxas ?? 'does not run'}.`,
  ];
}

function kernelsInWords({ placed, processorOnly, missing, passed }: KernelFinding): string[] {
  return [
    `**Kernels: ${mark(passed)}.** The compiled steps of all networks, optimisers and losses, with all augmentation and none, have ${placed.length} operations (by element type); ` +
      `${placed.filter(({ gpu }) => gpu).length} have a GPU kernel. On the processor only: ${listed(processorOnly)}. Without any kernel: ${listed(missing)}.`,
    ...(processorOnly.length === 0
      ? []
      : ['', 'What runs on the processor only has its data copied from the GPU and back at every step.']),
  ];
}

function trainingInWords({
  gpu,
  setup,
  doctor,
  started,
  notes,
  losses,
  status,
  passed,
}: TrainingFinding): string[] {
  return [
    `**Training: ${mark(passed)}.** ${gpu ? 'A GPU is used.' : 'No GPU can be used here.'} A short training: ${status}, on ${started?.device ?? 'nothing'}, ` +
      `losses ${losses.map((loss) => loss.toFixed(3)).join(', ')}.`,
    ...(gpu
      ? []
      : [
          '',
          'What a user is told:',
          '',
          `- set-up: ${setup}`,
          `- doctor: ${doctor.reason} ${doctor.remedy} (GPU: ${doctor.gpuCheck})`,
          `- the run: ${notes.join(' ')}`,
        ]),
  ];
}
