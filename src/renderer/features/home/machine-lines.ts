import type { DoctorReport } from '../../../contract/system.ts';

export interface MachineLine {
  readonly name: string;
  readonly ok: boolean;
  readonly detail: string;
  readonly remedy: string;
  readonly badge: string | null;
}

/** A doctor's report in a few lines: what computes, whether a GPU does, the desktop window, and what else is wrong. */
export function machineLines({ backends, chosenBackend, electron, checks }: DoctorReport): MachineLine[] {
  const chosen = backends.find(({ id }) => id === chosenBackend);
  const native = backends.find(({ id }) => id === 'tensorflow');
  const onGpu = chosen !== undefined && !/^cpu\b/i.test(chosen.device ?? 'CPU');
  const lines: MachineLine[] = [
    {
      name: 'TensorFlow',
      ok: native?.ok ?? false,
      detail: native?.ok
        ? `Native: ${native.version ?? 'version unknown'}.`
        : (native?.reason ?? 'Native TensorFlow is not there.'),
      remedy: native?.ok ? '' : (native?.remedy ?? ''),
      badge: native?.ok ? null : (chosen?.id ?? 'NONE'),
    },
    {
      name: 'Device',
      ok: onGpu,
      detail: onGpu
        ? `Training runs on ${chosen.device ?? 'the GPU'}.`
        : `Training runs on the processor${chosen?.device ? ` (${chosen.device})` : ''}: small networks take minutes, full AlexNet hours.`,
      remedy: onGpu ? '' : chosen?.remedy || 'With an NVIDIA GPU and its driver: npm run setup -- --gpu',
      badge: onGpu ? 'GPU' : 'CPU',
    },
    {
      name: 'Desktop window',
      ok: electron.ok,
      detail: electron.ok ? `Electron ${electron.version ?? ''}`.trim() : electron.reason,
      remedy: electron.ok ? '' : electron.remedy,
      badge: null,
    },
  ];
  const wrong = checks
    .filter(({ ok }) => !ok)
    .map(({ name, detail, remedy }) => ({ name, ok: false, detail, remedy, badge: null }));
  return [...lines, ...wrong];
}
