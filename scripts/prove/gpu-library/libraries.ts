import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';

interface Answer {
  files: Record<string, { error: string | null; from: string[] }>;
  opened: { each: Record<string, { ok: boolean; from: string[] }>; together: boolean };
}

export interface LibraryFinding {
  /** Shared libraries in the folder. */
  count: number;
  /** They miss a library of the NVIDIA driver's and nothing else. */
  waitForDriver: string[];
  /** They miss something that should be there: library and reason. */
  broken: string[];
  /** What TensorFlow's loader opens where there is a GPU. */
  opened: string[];
  /** Of these, what it did not find. */
  notOpened: string[];
  /** TensorFlow's own check of all that it wants before it takes a GPU. */
  allTogether: boolean;
  /** Libraries of other CUDA installations that came in instead of the folder's own. */
  strangers: string[];
  /** TensorFlow's compiler for kernels that are made while it runs. */
  ptxas: string | null;
  passed: boolean;
}

/** Part of the driver, which comes with the system and not from a wheel. */
const driverLibrary = /^lib(cuda|nvidia-[\w-]+)\.so/;
const driverNames = ['CudaDriver', 'Nvml'];
const cudaLibrary = /\/lib(cu|nv|nccl)[\w-]*\.so/;

/** Loads every library of an unpacked GPU build, and has TensorFlow open those that it wants for a GPU. */
export function findLibraries(folder: string): LibraryFinding {
  const { files, opened } = loadAll(folder);
  const failed = Object.entries(files).filter(([, { error }]) => error !== null);
  const waitForDriver = failed.filter(([, { error }]) => driverLibrary.test(error!)).map(([file]) => file);
  const broken = failed
    .filter(([file]) => !waitForDriver.includes(file))
    .map(([file, { error }]) => `${file}: ${error}`);
  const wanted = Object.entries(opened.each).filter(([name]) => !driverNames.includes(name));
  const notOpened = wanted.filter(([, { ok }]) => !ok).map(([name]) => name);
  const mapped = [...Object.values(files), ...wanted.map(([, each]) => each)].flatMap(({ from }) => from);
  const strangers = [...new Set(mapped)].filter(
    (file) => cudaLibrary.test(file) && !driverLibrary.test(path.basename(file)) && !file.startsWith(folder),
  );
  const ptxas = ptxasVersion(folder);
  return {
    count: Object.keys(files).length,
    waitForDriver,
    broken,
    opened: wanted.map(([name]) => name),
    notOpened,
    allTogether: opened.together,
    strangers,
    ptxas,
    passed: broken.length + notOpened.length + strangers.length === 0 && opened.together && ptxas !== null,
  };
}

function loadAll(folder: string): Answer {
  const script = path.join(import.meta.dirname, 'libraries.py');
  const { status, stdout, stderr } = spawnSync('python3', [script, folder], {
    encoding: 'utf8',
    maxBuffer: 1 << 26,
  });
  if (status !== 0) throw new Error(`The libraries could not be tried: ${stderr.trim().slice(-400)}`);
  return JSON.parse(stdout) as Answer;
}

function ptxasVersion(folder: string): string | null {
  const compiler = path.join(folder, 'nvidia/cuda_nvcc/bin/ptxas');
  if (!existsSync(path.join(folder, 'nvidia/cuda_nvcc/nvvm/libdevice/libdevice.10.bc'))) return null;
  const { status, stdout } = spawnSync(compiler, ['--version'], { encoding: 'utf8' });
  return status === 0 ? (/release ([\d.]+)/.exec(stdout)?.[1] ?? null) : null;
}
