import type { HostBridge } from '../../contract/host.ts';

declare global {
  interface Window {
    readonly readroom?: HostBridge;
  }
}

/** Electron's host, or null in a browser. */
export function bridge(): HostBridge | null {
  return window.readroom ?? null;
}
