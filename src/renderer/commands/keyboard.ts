import { availableCommands, keysOf, runCommand } from './registry.ts';

const isMac = /Mac|iPhone|iPad/.test(navigator.userAgent);
type KeyListener = (key: string, event: KeyboardEvent) => boolean;
const listeners: KeyListener[] = [];

/** A keyboard event as the catalogue writes keys. */
export function keyName(event: KeyboardEvent): string {
  const mod = isMac ? event.metaKey : event.ctrlKey;
  const { key } = event;
  const character = key.length === 1;
  const letter = character && key.toLowerCase() !== key.toUpperCase();
  // Shift makes "?" out of "/": only with letters and named keys it is a key of its own.
  const shift = event.shiftKey && (!character || letter || key === ' ');
  // With Alt a keyboard may give another character, so letters and digits go by their place.
  const byPlace = event.altKey ? /^(?:Key|Digit)(.)$/.exec(event.code)?.[1] : undefined;
  const name = byPlace ?? (character ? key.toLowerCase() : key);
  const plain = byPlace === undefined ? name : name.toLowerCase();
  return `${mod ? 'Mod+' : ''}${event.altKey ? 'Alt+' : ''}${shift ? 'Shift+' : ''}${plain}`;
}

/** A key as people read it. */
export function shownKey(key: string): string[] {
  const words: Record<string, string> = {
    Mod: isMac ? '⌘' : 'Ctrl',
    Alt: isMac ? '⌥' : 'Alt',
    Shift: '⇧',
    ArrowLeft: '←',
    ArrowRight: '→',
    ArrowUp: '↑',
    ArrowDown: '↓',
    Escape: 'Esc',
    Enter: '↵',
    Backspace: '⌫',
    Delete: 'Del',
    PageUp: 'PgUp',
    PageDown: 'PgDn',
    ' ': 'Space',
  };
  const parts = key === '+' ? ['+'] : key.replace(/\+\+$/, '+plus').split('+');
  return parts.map(
    (part) => words[part] ?? (part === 'plus' ? '+' : part.length === 1 ? part.toUpperCase() : part),
  );
}

/** Offers keys that no command has, such as a class's key, while a screen wants them. Returns what ends it. */
export function onPlainKey(listener: KeyListener): () => void {
  listeners.push(listener);
  return () => listeners.splice(listeners.indexOf(listener), 1);
}

function writesText(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  if (target.isContentEditable || target instanceof HTMLTextAreaElement) return true;
  return (
    target instanceof HTMLInputElement &&
    !['checkbox', 'radio', 'range', 'button', 'color'].includes(target.type)
  );
}

/** Keys that a focused control uses by itself. */
function belongsToControl(key: string, target: EventTarget | null): boolean {
  if (!(target instanceof Element)) return false;
  const inOverlay = target.closest('[role="dialog"], [role="menu"], [role="listbox"]') !== null;
  if (inOverlay) return true;
  if ((key === 'Enter' || key === ' ') && target.closest('button, a, summary, [role="tab"], select') !== null)
    return target.closest('[data-keys="screen"]') === null;
  // Tab goes from control to control; what else it means, it means beside them.
  if (key === 'Tab' || key === 'Shift+Tab') return target !== document.body;
  const moves = key.startsWith('Arrow') || key === 'Home' || key === 'End';
  return (
    moves &&
    target.closest(
      'select, input:not([type="checkbox"], [type="button"]), [role="tablist"], [role="slider"], [role="radiogroup"], [role="separator"]',
    ) !== null
  );
}

/** Turns keys into commands. Called once, at the start. */
export function listenForKeys(): void {
  window.addEventListener('keydown', (event) => {
    if (event.defaultPrevented || event.isComposing || event.key === 'Control' || event.key === 'Shift')
      return;
    const key = keyName(event);
    const plain = !key.startsWith('Mod+') && !key.startsWith('Alt+');
    if (plain && writesText(event.target)) return;
    // Text fields have their own undo and selection.
    if (writesText(event.target) && /^Mod\+(Shift\+)?[azyxcv]$/.test(key)) return;
    if (plain && belongsToControl(key, event.target)) return;
    const commands = availableCommands().filter((definition) => keysOf(definition).includes(key));
    const command =
      commands.find(({ scope }) => scope === 'shapes') ??
      commands.find(({ scope }) => scope !== 'everywhere') ??
      commands[0];
    const taken =
      command === undefined
        ? plain && listeners.toReversed().some((listener) => listener(key, event))
        : runCommand(command.id);
    if (taken) event.preventDefault();
  });
}
