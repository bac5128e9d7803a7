import { execFile } from 'node:child_process';
import { mkdir, readFile, statfs } from 'node:fs/promises';
import { availableParallelism, freemem, homedir, totalmem } from 'node:os';
import { isAbsolute, join } from 'node:path';
import { promisify } from 'node:util';

import type { BackendReport, DoctorReport } from '../../contract/system.ts';
import { findChromium } from './find-browser.ts';
import { findElectron } from './find-electron.ts';

const run = promisify(execFile);

type Check = DoctorReport['checks'][number];

export interface DoctorOptions {
  /** In order of preference: the first that answers is the one that training takes by default. */
  probeBackends: () => Promise<BackendReport[]>;
  sqliteVersion: string;
  /** Readroom's own version. */
  version: string;
}

const oldestNode = 24;
const littleMemoryBytes = 4e9;
const littleDiskBytes = 5e9;
const repositoryFolder = join(import.meta.dirname, '..', '..', '..');

/** What is here, what is missing, what to do. `ok` means that a backend can train; all else only limits. */
export function createDoctor(options: DoctorOptions): () => Promise<DoctorReport> {
  return async () => {
    const [backends, electron, browser, disk, processor, gpuNames] = await Promise.all([
      options.probeBackends(),
      electronReport(),
      browserReport(),
      diskCheck(),
      processorCheck(),
      findGpus(),
    ]);
    const tensorflow = backends.find(({ id }) => id === 'tensorflow');
    const chosen = backends.find(({ ok }) => ok) ?? null;
    return {
      ok: chosen !== null,
      readroom: options.version,
      node: process.version,
      platform: `${process.platform}-${process.arch}`,
      cores: availableParallelism(),
      memoryBytes: totalmem(),
      chosenBackend: chosen?.id ?? null,
      backends,
      electron,
      browser,
      sqlite: options.sqliteVersion,
      checks: [
        nodeCheck(),
        memoryCheck(),
        disk,
        processor,
        gpuCheck(gpuNames, backends),
        ...(tensorflow?.ok === true ? [] : await tensorflowParts()),
      ],
    };
  };
}

function nodeCheck(): Check {
  const ok = Number(process.versions.node.split('.')[0]) >= oldestNode;
  return {
    name: 'Node',
    ok,
    detail: process.version,
    remedy: ok ? '' : `Start Readroom with npm run readroom, which brings Node ${oldestNode}.`,
  };
}

const gigabytes = (bytes: number): string => `${(bytes / 1e9).toFixed(1)} GB`;

function memoryCheck(): Check {
  const [total, free] = [totalmem(), freemem()];
  const ok = total >= littleMemoryBytes;
  return {
    name: 'Memory',
    ok,
    detail: `${gigabytes(total)}, ${gigabytes(free)} of it unused`,
    remedy: ok ? '' : 'A full AlexNet needs about 3 GB to train: use network.scale=0.25 or a smaller batch.',
  };
}

function cacheFolder(): string {
  const named = process.env['XDG_CACHE_HOME'];
  return join(named !== undefined && isAbsolute(named) ? named : join(homedir(), '.cache'), 'readroom');
}

async function diskCheck(): Promise<Check> {
  const name = 'Disk (cache folder)';
  try {
    await mkdir(cacheFolder(), { recursive: true });
    const { bavail, bsize } = await statfs(cacheFolder());
    const ok = bavail * bsize >= littleDiskBytes;
    return {
      name,
      ok,
      detail: `${gigabytes(bavail * bsize)} free`,
      remedy: ok ? '' : `Free some space: ${gigabytes(littleDiskBytes)} are needed to work without trouble.`,
    };
  } catch (error) {
    return {
      name,
      ok: false,
      detail: error instanceof Error ? error.message : String(error),
      remedy: 'Name a folder that can be written with XDG_CACHE_HOME.',
    };
  }
}

async function processorCheck(): Promise<Check> {
  const text = await readFile('/proc/cpuinfo', 'utf8').catch(() => '');
  const flags = new Set((/^flags\s*:\s*(.*)$/m.exec(text)?.[1] ?? '').split(' '));
  const model = /^model name\s*:\s*(.*)$/m.exec(text)?.[1] ?? process.arch;
  const fast = ['avx', 'avx2', 'fma', 'avx512f', 'avx512_bf16', 'amx_tile'].filter((flag) => flags.has(flag));
  const ok = text === '' || process.arch !== 'x64' || flags.has('avx');
  return {
    name: 'Processor',
    ok,
    detail: `${model}${fast.length > 0 ? ` (${fast.join(', ')})` : ''}`,
    remedy: ok
      ? ''
      : 'The native TensorFlow library needs AVX, which this processor lacks: other backends are used.',
  };
}

/** Names of the NVIDIA cards that the driver knows; null when there is no driver. */
async function findGpus(): Promise<string[] | null> {
  try {
    const { stdout } = await run('nvidia-smi', ['--query-gpu=name', '--format=csv,noheader'], {
      timeout: 10_000,
    });
    return stdout.split('\n').filter((line) => line.trim() !== '');
  } catch {
    const driver = await readFile('/proc/driver/nvidia/version', 'utf8').catch(() => null);
    return driver === null ? null : ['NVIDIA GPU'];
  }
}

function gpuCheck(names: string[] | null, backends: BackendReport[]): Check {
  const name = 'GPU';
  const native = backends.find(({ id }) => id === 'tensorflow');
  const remedy = native?.ok === true ? native.remedy : '';
  if (names === null || names.length === 0) {
    const detail = 'nvidia-smi shows no NVIDIA card; training runs on the processor';
    return { name, ok: remedy === '', detail, remedy };
  }
  const used = native?.ok === true && native.device !== null && !/^cpu\b/i.test(native.device);
  return {
    name,
    ok: used,
    detail: `${names.join(', ')}${used ? '' : ', not used by TensorFlow'}`,
    remedy: used
      ? ''
      : remedy || 'npm run setup -- --gpu fetches the CUDA build of TensorFlow (about 3.4 GB).',
  };
}

/** What set-up needs to fetch and compile TensorFlow; asked only when it is missing. */
async function tensorflowParts(): Promise<Check[]> {
  const part = async (name: string, command: string, args: string[], packages: string): Promise<Check> => {
    try {
      const { stdout, stderr } = await run(command, args, { timeout: 20_000 });
      return {
        name,
        ok: true,
        detail: ((stdout || stderr).split('\n')[0] ?? '').replace(/ from .*/, ''),
        remedy: '',
      };
    } catch {
      const remedy = `On Debian: sudo apt install ${packages}; then npm run setup.`;
      return { name, ok: false, detail: `${command} ${args.join(' ')} does not answer`, remedy };
    }
  };
  return Promise.all([
    part('Python 3', 'python3', ['--version'], 'python3'),
    part('pip', 'python3', ['-m', 'pip', '--version'], 'python3-pip'),
    part('C++ compiler', process.env['CXX'] || 'c++', ['--version'], 'g++'),
  ]);
}

async function electronReport(): Promise<DoctorReport['electron']> {
  const { version, binary } = findElectron(join(repositoryFolder, 'node_modules'));
  if (version === null) {
    return {
      ok: false,
      version,
      reason: 'The package is not installed.',
      remedy: 'npm run setup installs it.',
    };
  }
  if (binary !== null) return { ok: true, version, reason: 'Its binary is in place.', remedy: '' };
  const why = await lastElectronReason();
  return {
    ok: false,
    version,
    reason: `Its binary was not fetched${why === null ? '' : `: ${downloadWords(why)}`}. Nothing needs it; a browser serves as well.`,
    remedy: 'With a connection to the internet, npm run setup -- --electron tries again.',
  };
}

/** Why a download failed, in words where it was a failure of the network. */
export function downloadWords(reason: string): string {
  return /fetch failed|ENOTFOUND|EAI_AGAIN|ECONN|ETIMEDOUT|ENETUNREACH|EHOSTUNREACH/.test(reason)
    ? 'the site that holds it could not be reached'
    : reason;
}

async function lastElectronReason(): Promise<string | null> {
  try {
    const text = await readFile(join(repositoryFolder, 'node_modules/.readroom-setup.json'), 'utf8');
    const { electron } = JSON.parse(text) as { electron: { ok: boolean; reason: string } | null };
    return electron?.ok === false ? electron.reason : null;
  } catch {
    return null;
  }
}

async function browserReport(): Promise<DoctorReport['browser']> {
  const browser = await findChromium();
  if (browser === null) {
    return {
      ok: false,
      version: null,
      reason: 'No Chromium was found; only browser tests need it.',
      remedy: 'npm run setup -- --browser fetches one; on Debian: sudo apt install chromium.',
    };
  }
  return { ok: true, version: browser.version, reason: `Found by ${browser.origin}.`, remedy: '' };
}
