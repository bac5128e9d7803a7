import { describe, expect, it } from 'vitest';

import { classKeys, usualClassKeys } from '../../../../src/core/class-palette.ts';
import { commandCatalog } from '../../../../src/renderer/commands/catalog.ts';
import {
  changedKeys,
  commandBeforeClass,
  freeClassKeys,
  keyConflicts,
} from '../../../../src/renderer/commands/registry.ts';
import { toolsFor } from '../../../../src/renderer/features/read/annotate/annotate-tools.ts';

const own = commandCatalog.filter(({ id }) => id.startsWith('annotate.'));

describe('keys of drawing', () => {
  it('mean nothing else by themselves, and are no keys of classes', () => {
    const conflicts = [...keyConflicts().values()].flat();
    expect(own.filter((command) => conflicts.includes(command))).toEqual([]);
    expect(own.flatMap(({ keys }) => keys).filter((key) => classKeys.includes(key))).toEqual([]);
  });

  it('there is a command for every tool', () => {
    const tools = toolsFor(['box', 'polygon', 'freehand', 'mask', 'point']);
    expect(tools.map(({ command }) => own.some(({ id }) => id === command))).toEqual(tools.map(() => true));
  });
});

describe('keys of classes', () => {
  it('are those that no command takes, as keys are now', () => {
    expect(freeClassKeys()).toEqual(usualClassKeys);
    expect(commandBeforeClass('u')?.title).toBe('Unsure');
    changedKeys['read.unsure'] = 'q';
    changedKeys['images.unsure'] = 'q';
    expect(freeClassKeys()).toContain('u');
    expect(freeClassKeys()).not.toContain('q');
    delete changedKeys['read.unsure'];
    delete changedKeys['images.unsure'];
  });
});

it('only tools for what is drawn in the project are offered', () => {
  expect(toolsFor([])).toEqual([]);
  expect(toolsFor(['box', 'mask']).map(({ id }) => id)).toEqual([
    'annotate.select',
    'annotate.box',
    'annotate.brush',
    'annotate.eraser',
  ]);
});
