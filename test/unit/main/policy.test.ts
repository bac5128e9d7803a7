import { describe, expect, test } from 'vitest';

import { projectArgument } from '../../../src/main/arguments.ts';
import { exitOf } from '../../../src/main/exit.ts';
import {
  appScheme,
  fuses,
  grantsPermission,
  isOwnUrl,
  isTrustedSender,
  mayNavigate,
  mayOpenExternally,
  mayRequest,
  windowOptions,
} from '../../../src/main/policy.ts';
import { quitQuestion } from '../../../src/main/quit.ts';
import { fitBounds } from '../../../src/main/window-bounds.ts';

const own = 'app://readroom/project/p1/images';
const foreign = [
  'app://readroom.example.org/',
  'app://readroom@example.org/',
  'app://user:secret@readroom/',
  'app://readroom:8080/',
  'app://evil/',
  'apps://readroom/',
  'https://readroom/',
  'http://readroom/',
  'file:///etc/passwd',
  'data:text/html,app://readroom/',
  'javascript:location="app://readroom/"',
  'about:blank',
  'devtools://devtools/bundled/inspector.html',
  '',
  'no address',
];

describe('an address', () => {
  test.each(foreign)('that only looks like our own would be trusted: %s', (address) => {
    expect(isOwnUrl(address)).toBe(false);
    expect(mayNavigate(address)).toBe(false);
    expect(isTrustedSender({ frameUrl: address, isMainFrame: true, isOwnWindow: true })).toBe(false);
    expect(grantsPermission('clipboard-sanitized-write', address)).toBe(false);
  });

  test('of our own would be refused', () => {
    expect([isOwnUrl(own), mayNavigate(own), mayNavigate('app://readroom/')]).toEqual([true, true, true]);
  });

  test('of a picture or a report would become the page itself', () => {
    expect(mayNavigate('app://readroom/media/p1/runs/r1/report')).toBe(false);
  });
});

test('a subframe, a frame that is gone, or a window of nobody would reach the host', () => {
  const trusted = { frameUrl: own, isMainFrame: true, isOwnWindow: true };
  expect(isTrustedSender(trusted)).toBe(true);
  expect(isTrustedSender({ ...trusted, isMainFrame: false })).toBe(false);
  expect(isTrustedSender({ ...trusted, isOwnWindow: false })).toBe(false);
  expect(isTrustedSender({ ...trusted, frameUrl: null })).toBe(false);
});

test('a link could start programs or lead to a site that nobody listed', () => {
  expect(mayOpenExternally('https://doi.org/10.1148/ryai.240300')).toBe(true);
  for (const address of [
    'http://doi.org/10.1148',
    'https://doi.org.example.org/',
    'https://doi.org:444/',
    'https://user@doi.org/',
    'https://example.org/https://doi.org/',
    'file:///usr/bin/calc',
    'ms-settings:',
    'smb://server/share',
    'javascript:1',
    '',
  ]) {
    expect(mayOpenExternally(address), address).toBe(false);
  }
});

test('a page could ask for camera, files, or reading the clipboard', () => {
  expect(grantsPermission('clipboard-sanitized-write', own)).toBe(true);
  for (const permission of [
    'clipboard-read',
    'media',
    'fileSystem',
    'geolocation',
    'openExternal',
    'fullscreen',
    'unknown',
  ]) {
    expect(grantsPermission(permission, own), permission).toBe(false);
  }
});

test('a frame of another origin would be answered with pictures', () => {
  expect(mayRequest(undefined)).toBe(true);
  expect(mayRequest('app://readroom')).toBe(true);
  expect([mayRequest(null), mayRequest('https://example.org'), mayRequest('app://evil')]).toEqual([
    false,
    false,
    false,
  ]);
});

test('the page would have Node, or the scheme a way around the page policy', () => {
  const { webPreferences, show } = windowOptions('/preload.cjs', { x: 0, y: 0, width: 1, height: 1 });
  expect(webPreferences).toMatchObject({
    preload: '/preload.cjs',
    contextIsolation: true,
    sandbox: true,
    nodeIntegration: false,
    nodeIntegrationInWorker: false,
    nodeIntegrationInSubFrames: false,
    webSecurity: true,
    webviewTag: false,
  });
  expect(show).toBe(false);
  expect(appScheme.privileges).toEqual({
    standard: true,
    secure: true,
    supportFetchAPI: true,
    stream: true,
    codeCache: true,
  });
  expect(fuses).toMatchObject({
    RunAsNode: false,
    EnableNodeOptionsEnvironmentVariable: false,
    EnableNodeCliInspectArguments: false,
    EnableEmbeddedAsarIntegrityValidation: true,
  });
});

describe('a child that ended', () => {
  test('by a signal would be told as an exit code', () => {
    expect(exitOf(9, 'killed', null)).toEqual({ code: null, signal: 'SIGKILL' });
    expect(exitOf(139, 'crashed', null)).toEqual({ code: null, signal: 'SIGSEGV' });
  });

  test('by itself would be told as a signal', () => {
    expect(exitOf(9, 'abnormal-exit', null)).toEqual({ code: 9, signal: null });
    expect(exitOf(0, undefined, null)).toEqual({ code: 0, signal: null });
  });

  test('on purpose would be told as a crash', () => {
    expect(exitOf(9, 'killed', 'SIGKILL')).toEqual({ code: null, signal: 'SIGKILL' });
    expect(exitOf(0, undefined, 'SIGTERM')).toEqual({ code: null, signal: 'SIGTERM' });
  });
});

describe('the end of the application', () => {
  test('would be asked about though nothing runs, or hang on an engine that does not answer', () => {
    expect(quitQuestion({ trainings: 0, others: 0 }, false)).toBeNull();
    expect(quitQuestion(null, false)).toBeNull();
  });

  test('would not say that a training can be resumed', () => {
    expect(quitQuestion({ trainings: 1, others: 0 }, false)).toEqual({
      words: {
        message: 'A training is still running.',
        detail: expect.stringContaining('can be resumed') as string,
      },
      quit: 'Stop and quit',
    });
    expect(quitQuestion({ trainings: 2, others: 1 }, false)?.words.message).toBe(
      '2 trainings and another job are still running.',
    );
    expect(quitQuestion({ trainings: 0, others: 1 }, false)?.words.message).toBe('A job is still running.');
  });

  test('would not be asked about though the page has something that is not saved', () => {
    const unsaved = 'The last changes are not saved yet.';
    expect(quitQuestion(null, true)).toMatchObject({ words: { message: unsaved }, quit: 'Quit' });
    expect(quitQuestion({ trainings: 0, others: 0 }, true)?.words.message).toBe(unsaved);
    expect(quitQuestion({ trainings: 0, others: 1 }, true)).toMatchObject({
      words: { message: 'A job is still running.', detail: expect.stringContaining(unsaved) as string },
      quit: 'Stop and quit',
    });
  });
});

describe('the window', () => {
  const screens = [{ x: 0, y: 0, width: 1920, height: 1040 }] as const;
  const remembered = { x: 100, y: 50, width: 1200, height: 800, isMaximized: true };

  test('would forget where it stood', () => {
    expect(fitBounds(remembered, screens)).toEqual(remembered);
  });

  test('would open where a screen was that is gone', () => {
    expect(fitBounds({ ...remembered, x: 2500 }, screens)).toMatchObject({ x: 240, y: 70, width: 1440 });
    expect(fitBounds({ ...remembered, y: -600 }, screens)).toMatchObject({ x: 240, y: 70 });
    const second = { x: 1920, y: 0, width: 1920, height: 1040 };
    expect(fitBounds({ ...remembered, x: 2500 }, [...screens, second])).toMatchObject({ x: 2500 });
  });

  test('would not fit on a small screen', () => {
    expect(fitBounds(null, [{ x: 0, y: 0, width: 1280, height: 720 }])).toEqual({
      x: 0,
      y: 0,
      width: 1280,
      height: 720,
      isMaximized: false,
    });
  });
});

test('a switch of the system, or our own file, would be opened as a project', () => {
  const own = '/readroom/out/main/index.js';
  const project = (...argv: string[]): string | null => projectArgument(argv, own, '/films');
  expect(project('electron', own)).toBeNull();
  expect(project('electron', '--inspect=0', '../readroom/out/main/index.js', '--lang=de')).toBeNull();
  expect(project('electron', own, 'chest', '--ozone-platform=x11')).toBe('/films/chest');
  expect(project('/opt/Readroom/readroom', '/films/knee')).toBe('/films/knee');
});
