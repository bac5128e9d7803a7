import { shownKey } from '../commands/keyboard.ts';
import { findCommand, keysOf } from '../commands/registry.ts';

/** The first key of a command as people read it; empty where it has none. */
export function keyWords(command: string): string {
  const [key] = keysOf(findCommand(command));
  return key === undefined ? '' : shownKey(key).join(' ');
}

/** A button's name with the key that does the same. */
export function withKey(text: string, command: string): string {
  const key = keyWords(command);
  return key === '' ? text : `${text} (${key})`;
}
