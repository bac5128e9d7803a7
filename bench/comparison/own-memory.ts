import { readFileSync } from 'node:fs';

/**
 * Most resident memory of this process so far, bytes, as peers/memory.py reads it. Not `maxRSS` where VmHWM is to
 * be had: that includes the parent's before this program began.
 */
export function peakMemoryBytes(): number {
  try {
    const kilobytes = /^VmHWM:\s+(\d+) kB/m.exec(readFileSync('/proc/self/status', 'latin1'))?.[1];
    if (kilobytes !== undefined) return Number(kilobytes) * 1024;
  } catch {
    // Only Linux has it.
  }
  return process.resourceUsage().maxRSS * 1024;
}
