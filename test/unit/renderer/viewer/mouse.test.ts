import { afterEach, describe, expect, it } from 'vitest';

import {
  actionOf,
  changedMouse,
  dragGesture,
  missingActions,
  mouseBindings,
  type MouseGesture,
  wheelGesture,
} from '../../../../src/renderer/viewer/mouse.ts';

const plain = { button: 0, shiftKey: false, ctrlKey: false, metaKey: false };
afterEach(() => {
  for (const gesture of Object.keys(changedMouse)) Reflect.deleteProperty(changedMouse, gesture);
});

describe('mouse', () => {
  it('has an action of each gesture’s list as its usual one', () => {
    for (const gesture of Object.keys(mouseBindings) as MouseGesture[]) {
      const { usual, actions } = mouseBindings[gesture];
      expect(actions.map(({ value }) => value as string)).toContain(usual);
    }
  });

  it('tells presses apart by button and modifier', () => {
    expect(dragGesture(plain)).toBe('left');
    expect(dragGesture({ ...plain, shiftKey: true })).toBe('shiftLeft');
    expect(dragGesture({ ...plain, shiftKey: true, ctrlKey: true })).toBe('modLeft');
    expect(dragGesture({ ...plain, metaKey: true })).toBe('modLeft');
    expect(dragGesture({ ...plain, button: 1 })).toBe('middle');
    expect(dragGesture({ ...plain, button: 2, shiftKey: true })).toBe('right');
    expect(dragGesture({ ...plain, button: 4 })).toBeNull();
    expect(wheelGesture({ ...plain, ctrlKey: true })).toBe('modWheel');
    expect(wheelGesture({ ...plain, shiftKey: true })).toBe('shiftWheel');
    expect(wheelGesture(plain)).toBe('wheel');
  });

  it('does what was chosen, and the usual where that means nothing for the gesture', () => {
    expect(actionOf('middle')).toBe('pan');
    changedMouse['middle'] = 'zoom';
    expect(actionOf('middle')).toBe('zoom');
    changedMouse['wheel'] = 'pan';
    expect(actionOf('wheel')).toBe('scrollOrZoom');
  });

  it('says what no gesture does any more', () => {
    expect(missingActions()).toEqual([]);
    changedMouse['middle'] = 'none';
    expect(missingActions()).toEqual([]);
    changedMouse['right'] = 'window';
    expect(missingActions()).toEqual(['moves the picture']);
    for (const gesture of ['left', 'shiftLeft', 'modLeft']) changedMouse[gesture] = 'window';
    expect(missingActions()).toEqual(['gives the tool in hand', 'moves the picture']);
  });
});
