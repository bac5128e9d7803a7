import { ReadroomError } from '../../contract/errors.ts';
import { ownSettings } from '../../contract/system.ts';
import type { EngineServices } from '../services.ts';
import { base } from './base.ts';

/** What the user chose for every project on this machine, or a person who signed in for themselves. */
export function settingsProcedures({ workspace, events }: EngineServices) {
  const { settings } = base;
  return {
    get: settings.get.handler(({ context: { identity } }) =>
      identity === undefined ? workspace.settings() : workspace.settingsOf(identity.name),
    ),
    set: settings.set.handler(async ({ input, context: { identity } }) => {
      if (identity !== undefined) requireOwn(input);
      const changed = await (identity === undefined
        ? workspace.changeSettings(input)
        : workspace.changeSettingsOf(identity.name, input));
      events.publish({ type: 'settings.changed' });
      return changed;
    }),
  };
}

/** @throws ReadroomError `notPermitted` */
function requireOwn(changes: Readonly<Record<string, unknown>>): void {
  const other = Object.keys(changes).find((key) => changes[key] !== undefined && !(key in ownSettings.shape));
  if (other === undefined) return;
  throw new ReadroomError(
    'notPermitted',
    'This is set by who works at the machine itself.',
    'Theme, keys, mouse and the step to the next image are your own.',
  );
}
