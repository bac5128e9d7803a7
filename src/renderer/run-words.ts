import type { RunStatus } from '../contract/events.ts';
import { quantity } from '../core/figures.ts';
import { networks } from '../nn/models/index.ts';

type BadgeKind = 'plain' | 'accent' | 'good' | 'warning' | 'danger';

/** How loudly a run's status is said. */
export const runStatusKinds: Readonly<Record<RunStatus, BadgeKind>> = {
  queued: 'plain',
  starting: 'accent',
  running: 'accent',
  paused: 'warning',
  stopping: 'warning',
  completed: 'good',
  failed: 'danger',
  cancelled: 'plain',
  interrupted: 'warning',
};

export const networkName = (id: string): string => networks.find((network) => network.id === id)?.name ?? id;

/** `0.000312`; small rates with an exponent: `3.1e-5`. */
export function rateWords(rate: number): string {
  return rate !== 0 && Math.abs(rate) < 1e-4 ? rate.toExponential(1) : quantity(rate, 3);
}

/** Whether a backend's device is a graphics card: said as a badge either way. */
export function deviceKind({
  backend,
  device,
}: {
  backend: string | null;
  device: string | null;
}): 'GPU' | 'CPU' | null {
  if (backend === null && device === null) return null;
  return /^cpu\b/i.test(device ?? backend ?? '') ? 'CPU' : 'GPU';
}
