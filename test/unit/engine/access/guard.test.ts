import { describe, expect, test } from 'vitest';

import { contract } from '../../../../src/contract/index.ts';
import type { Role } from '../../../../src/contract/profile.ts';
import { type Grounds, requirePermission } from '../../../../src/engine/access/guard.ts';
import { type Access, permissions } from '../../../../src/engine/access/permissions.ts';
import { reachOf } from '../../../../src/engine/access/reach.ts';

const folder = '/data/chest';
const roles: Record<string, Role> = { Ada: 'reader', Cleo: 'adjudicator', Owen: 'owner' };
const grounds: Grounds = {
  project: (id) => (id === 'p1' ? { folder, role: (name) => roles[name] ?? null } : null),
  projectOfJob: (job) => (job === 'j1' ? 'p1' : job === 'j2' ? 'p2' : null),
};

function verdict(access: Access, name: string | null, input: unknown): 'permitted' | 'refused' {
  try {
    requirePermission(access, name === null ? {} : { identity: { name } }, input, grounds);
    return 'permitted';
  } catch (error) {
    expect(error).toMatchObject({ code: 'notPermitted' });
    return 'refused';
  }
}
const all = Object.entries(permissions).flatMap(([domain, entries]) =>
  Object.entries(entries).map(([name, access]): [string, Access] => [`${domain}.${name}`, access]),
);

test('every procedure has its permission', () => {
  const known = Object.entries(contract).flatMap(([domain, calls]) =>
    Object.keys(calls).map((name) => `${domain}.${name}`),
  );
  expect(all.map(([name]) => name).sort()).toEqual(known.sort());
});

test('who works at the machine may do everything', () => {
  for (const [, access] of all) expect(verdict(access, null, {})).toBe('permitted');
});

test.each(all)('%s is refused to who is no member of the project, or names none', (_name, access) => {
  const expected = access === 'signedIn' ? 'permitted' : 'refused';
  for (const input of [{ project: 'p1' }, { project: 'p1', job: 'j1' }]) {
    expect(verdict(access, 'Mallory', input)).toBe(expected);
  }
  for (const input of [undefined, null, [], {}, { project: 'p2' }, { project: ['p1'] }, { job: 'j2' }, 'p1'])
    expect(verdict(access, 'Owen', input)).toBe(expected);
});

test.each(all)('%s is refused under the name of another', (_name, access) => {
  for (const reader of ['Ada', 'owen', 'Owen ', '', null, ['Owen'], { name: 'Owen' }])
    expect(verdict(access, 'Owen', { project: 'p1', job: 'j1', reader })).toBe('refused');
});

describe('roles', () => {
  test.each([
    ['reader', ['Ada', 'Cleo', 'Owen']],
    ['adjudicator', ['Cleo', 'Owen']],
    ['owner', ['Owen']],
    ['machine', []],
  ] as const)('%s', (access, permitted) => {
    for (const name of Object.keys(roles)) {
      const expected = (permitted as readonly string[]).includes(name) ? 'permitted' : 'refused';
      expect(verdict(access, name, { project: 'p1', reader: name })).toBe(expected);
    }
  });

  test('labels as an adjudicator are for adjudicators', () => {
    const input = { project: 'p1', round: 'r:adjudication' };
    expect(verdict(permissions.label.assign, 'Ada', input)).toBe('refused');
    expect(verdict(permissions.label.undo, 'Ada', input)).toBe('refused');
    expect(verdict(permissions.label.assign, 'Cleo', input)).toBe('permitted');
  });

  test('a job is judged by its own project, whatever else the call names', () => {
    expect(verdict(permissions.job.cancel, 'Owen', { job: 'j1' })).toBe('permitted');
    expect(verdict(permissions.job.cancel, 'Ada', { job: 'j1' })).toBe('refused');
    expect(verdict(permissions.job.cancel, 'Owen', { project: 'p1', job: 'j2' })).toBe('refused');
  });
});

describe('what screens are told', () => {
  test.each(Object.entries({ ...roles, Mallory: null }))(
    '%s is told exactly what is refused',
    (name, role) => {
      const told = reachOf(name, 'p1', grounds);
      expect(told.role).toBe(role);
      for (const [call, access] of all) {
        // Without its paths a call is judged by the role alone.
        const asked = typeof access === 'string' ? access : { ...access, uploads: () => [], without: [] };
        const judged = verdict(asked, name, { project: 'p1', job: 'j1', reader: name });
        expect(call in told.refused, call).toBe(judged === 'refused');
      }
    },
  );

  test('outside of any project only what concerns everybody is left', () => {
    expect(reachOf('Owen', undefined, grounds)).toEqual(reachOf('Mallory', 'p1', grounds));
    expect(reachOf('Owen', 'p2', grounds)).toEqual(reachOf('Mallory', 'p1', grounds));
  });

  test('who it takes stands beside each', () => {
    expect(reachOf('Ada', 'p1', grounds).refused).toMatchObject({
      'round.agreement': 'adjudicator',
      'class.add': 'owner',
      'project.open': 'machine',
    });
    expect(reachOf(null, 'p1', grounds)).toEqual({ role: null, refused: {} });
  });
});

describe('paths', () => {
  const sent = `${folder}/incoming/018f/NORMAL`;
  test.each([
    [{ sources: [sent] }, 'permitted'],
    [{ sources: [sent, '/etc'] }, 'refused'],
    [{ sources: [`${sent}/../../../../other`] }, 'refused'],
    [{ sources: [`${folder}/incoming`] }, 'refused'],
    [{ sources: ['incoming/018f'] }, 'refused'],
    [{ sources: sent }, 'permitted'],
    [{ sources: {} }, 'refused'],
    [{}, 'refused'],
    [{ sources: [sent], labels: { from: 'table', file: '/etc/passwd' } }, 'refused'],
    [{ sources: [sent], labels: { from: 'table', file: `${sent}/labels.csv` } }, 'permitted'],
    [{ sources: [sent], labels: { from: 'auto' } }, 'permitted'],
  ] as const)('an owner imports what was sent: %j', (input, expected) => {
    expect(verdict(permissions.dataset.import, 'Owen', { project: 'p1', ...input })).toBe(expected);
  });

  test.each(['report', 'export'] as const)('an owner names no place for a %s', (call) => {
    const input = { project: 'p1', run: 'latest' };
    expect(verdict(permissions.run[call], 'Owen', input)).toBe('permitted');
    expect(verdict(permissions.run[call], 'Cleo', input)).toBe('refused');
    for (const to of ['/etc/passwd', sent, '', null])
      expect(verdict(permissions.run[call], 'Owen', { ...input, to })).toBe('refused');
    expect(verdict(permissions.run[call], null, { ...input, to: '/tmp/report.html' })).toBe('permitted');
  });

  test('labels come from files that were sent', () => {
    const ask = (source: string) =>
      verdict(permissions.interchange.import, 'Owen', { project: 'p1', source, reader: 'Owen' });
    expect(ask(`${sent}/labels.csv`)).toBe('permitted');
    expect(ask('/etc/passwd')).toBe('refused');
  });
});
