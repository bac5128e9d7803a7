import { onBeforeUnmount, reactive, shallowReactive, watch } from 'vue';

import { classKeys } from '../../core/class-palette.ts';
import { commandCatalog, type CommandDefinition, type CommandScope } from './catalog.ts';

/** A line of the palette that no catalogue knows: a project, a run, a class. */
export interface PaletteItem {
  readonly id: string;
  readonly title: string;
  readonly group: string;
  run(): void;
}

const definitions = new Map(commandCatalog.map((definition) => [definition.id, definition]));
const handlers = shallowReactive(new Map<string, (() => void)[]>());
const sources = shallowReactive(new Set<() => readonly PaletteItem[]>());
/** Keys that the user changed: command id → key, empty for none. */
export const changedKeys = reactive<Record<string, string>>({});

export function findCommand(id: string): CommandDefinition {
  const found = definitions.get(id);
  if (found === undefined) throw new Error(`There is no command "${id}"`);
  return found;
}

/** The keys that a command answers to now. */
export function keysOf({ id, keys }: CommandDefinition): readonly string[] {
  const changed = changedKeys[id];
  return changed === undefined ? keys : changed === '' ? [] : [changed];
}

/** Commands whose keys meet in one scope, by key. */
export function keyConflicts(): Map<string, CommandDefinition[]> {
  const byKey = new Map<string, CommandDefinition[]>();
  for (const definition of commandCatalog) {
    for (const key of keysOf(definition)) byKey.set(key, [...(byKey.get(key) ?? []), definition]);
  }
  for (const [key, commands] of byKey) {
    const meet = commands.filter((command) =>
      commands.some(
        (other) =>
          other !== command &&
          (other.scope === command.scope || other.scope === 'everywhere' || command.scope === 'everywhere'),
      ),
    );
    if (meet.length > 1) byKey.set(key, meet);
    else byKey.delete(key);
  }
  return byKey;
}

/** Where keys of classes label, with what holds there as well. */
const labelScopes: readonly CommandScope[] = ['read', 'shapes', 'images', 'results', 'everywhere'];

/** The command that takes a key before a class gets it, as keys are now; null: none does. */
export const commandBeforeClass = (key: string): CommandDefinition | null =>
  labelScopes
    .flatMap((scope) => commandCatalog.filter((definition) => definition.scope === scope))
    .find((definition) => keysOf(definition).includes(key)) ?? null;

/** Keys that label where a class has them, as keys are now. */
export const freeClassKeys = (): string[] => classKeys.filter((key) => commandBeforeClass(key) === null);

/** Answers commands from now on; the newest answer counts. Returns what ends it. */
function answer(answers: Readonly<Record<string, () => void>>): () => void {
  for (const [id, run] of Object.entries(answers)) {
    findCommand(id);
    handlers.set(id, [...(handlers.get(id) ?? []), run]);
  }
  return () => {
    for (const [id, run] of Object.entries(answers)) {
      const left = (handlers.get(id) ?? []).filter((other) => other !== run);
      if (left.length === 0) handlers.delete(id);
      else handlers.set(id, left);
    }
  };
}

/** Answers commands while the calling component is there. */
export function useCommands(answers: Readonly<Record<string, () => void>>): void {
  onBeforeUnmount(answer(answers));
}

/** Answers commands while the calling component is there and `holds`: at other times their keys mean something else. */
export function useCommandsWhile(holds: () => boolean, answers: Readonly<Record<string, () => void>>): void {
  let end = (): void => undefined;
  watch(
    holds,
    (now) => {
      end();
      end = now ? answer(answers) : () => undefined;
    },
    { immediate: true, flush: 'sync' },
  );
  onBeforeUnmount(() => end());
}

/** Adds lines to the palette while the calling component is there. */
export function usePaletteItems(source: () => readonly PaletteItem[]): void {
  sources.add(source);
  onBeforeUnmount(() => sources.delete(source));
}

/** Runs a command if something on the screen answers it. */
export function runCommand(id: string): boolean {
  const run = handlers.get(id)?.at(-1);
  run?.();
  return run !== undefined;
}

/** What can be done here and now. */
export function availableCommands(): CommandDefinition[] {
  return commandCatalog.filter(({ id }) => handlers.has(id));
}

export function paletteItems(): PaletteItem[] {
  return [...sources].flatMap((source) => [...source()]);
}
