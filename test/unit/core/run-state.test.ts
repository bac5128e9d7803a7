import { describe, expect, it } from 'vitest';

import { type RunStatus, runStatuses } from '../../../src/contract/events.ts';
import { isUnderWay, type RunTransition, nextStatus } from '../../../src/core/run-state.ts';

const transitions: RunTransition[] = [
  'start',
  'begin',
  'stop',
  'stopped',
  'pause',
  'complete',
  'fail',
  'died',
  'cancel',
  'requeue',
];

function next(from: RunStatus, transition: RunTransition): RunStatus | null {
  try {
    return nextStatus(from, transition);
  } catch {
    return null;
  }
}

describe('nextStatus', () => {
  it.each([
    ['an undisturbed run', ['start', 'begin', 'complete'], 'completed'],
    [
      'a paused and resumed one',
      ['start', 'begin', 'stop', 'pause', 'requeue', 'start', 'begin', 'complete'],
      'completed',
    ],
    ['one that is paused in the queue and given up', ['pause', 'cancel'], 'cancelled'],
    ['one that ends before the pause reaches it', ['start', 'begin', 'stop', 'complete'], 'completed'],
    ['one that is stopped twice', ['start', 'begin', 'stop', 'stop', 'stopped'], 'cancelled'],
    ['one that is stopped while it starts', ['start', 'stop', 'begin', 'stopped'], 'cancelled'],
    ['one that ends before the stop reaches it', ['start', 'begin', 'stop', 'complete'], 'completed'],
    [
      'one whose process dies and that is resumed',
      ['start', 'begin', 'died', 'requeue', 'start', 'begin', 'complete'],
      'completed',
    ],
    ['one that fails at the start', ['start', 'fail'], 'failed'],
    ['one that is cancelled in the queue', ['cancel'], 'cancelled'],
  ] as [string, RunTransition[], RunStatus][])('%s', (_, events, end) => {
    expect(events.reduce<RunStatus>((status, event) => nextStatus(status, event), 'queued')).toBe(end);
  });

  it('lets a completed run alone: nothing reopens it', () => {
    for (const transition of transitions) expect(next('completed', transition)).toBeNull();
  });

  it('becomes interrupted from every status that has a process, when that is gone', () => {
    const withProcess = ['starting', 'running', 'stopping'] as const;
    for (const status of withProcess) expect(next(status, 'died')).toBe('interrupted');
  });

  it('stays paused when the engine goes: there is no process to lose', () => {
    expect(next('paused', 'died')).toBeNull();
    expect([isUnderWay('paused'), isUnderWay('queued'), isUnderWay('failed')]).toEqual([false, true, false]);
  });

  it('throws on what cannot happen, naming both', () => {
    expect(() => nextStatus('queued', 'complete')).toThrow('A queued run cannot complete');
  });

  it('reaches every status', () => {
    const reached = new Set<RunStatus>(['queued']);
    for (const status of reached)
      for (const transition of transitions) {
        const to = next(status, transition);
        if (to) reached.add(to);
      }
    expect([...reached].sort()).toEqual([...runStatuses].sort());
  });
});
