import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { freemem, tmpdir } from 'node:os';
import path from 'node:path';

import { expect, it } from 'vitest';

import {
  availableMemory,
  outOfMemoryKills,
  type SystemFolders,
} from '../../../../src/engine/system/machine-memory.ts';

/** What Linux would tell, as files. */
function systemOf(files: Record<string, string>): SystemFolders {
  const root = mkdtempSync(path.join(tmpdir(), 'readroom-system-'));
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(path.dirname(path.join(root, name)), { recursive: true });
    writeFileSync(path.join(root, name), text);
  }
  return { proc: path.join(root, 'proc'), groups: path.join(root, 'groups') };
}
const megabyte = 1e6;

it('counts what is left of the tightest limit, files that are merely kept in memory not taken from it', () => {
  const system = systemOf({
    'proc/self/cgroup': '0::/user/app\n',
    'groups/user/memory.max': `${60 * megabyte}\n`,
    'groups/user/memory.current': `${50 * megabyte}\n`,
    'groups/user/memory.stat': `anon ${20 * megabyte}\ninactive_file ${25 * megabyte}\nactive_file ${5 * megabyte}\n`,
    'groups/user/app/memory.max': 'max\n',
    'groups/user/app/memory.current': `${50 * megabyte}\n`,
  });
  expect(availableMemory(system)).toBe(40 * megabyte);
});

it('knows the older interface, and that a container calls its own group the root', () => {
  const system = systemOf({
    'proc/self/cgroup': '3:cpu:/\n4:memory,hugetlb:/docker/0123\n',
    'groups/memory/memory.limit_in_bytes': `${80 * megabyte}\n`,
    'groups/memory/memory.usage_in_bytes': `${70 * megabyte}\n`,
    'groups/memory/memory.stat': `total_inactive_file ${10 * megabyte}\ntotal_active_file 0\n`,
    'groups/memory/memory.oom_control': 'oom_kill_disable 0\nunder_oom 0\noom_kill 3\n',
    'proc/vmstat': 'oom_kill 7\n',
  });
  expect(availableMemory(system)).toBe(20 * megabyte);
  expect(outOfMemoryKills(system)).toBe(3);
});

it('is the machine’s own where nothing limits it, and knows of no killings where none are told', () => {
  const none = systemOf({});
  expect(availableMemory(none) / freemem()).toBeCloseTo(1, 1);
  expect(outOfMemoryKills(none)).toBeNull();
  expect(outOfMemoryKills(systemOf({ 'proc/vmstat': 'nr_dirty 1\noom_kill 7\n' }))).toBe(7);
});
