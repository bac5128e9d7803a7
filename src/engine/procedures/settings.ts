import type { EngineServices } from '../services.ts';
import { base } from './base.ts';

/** What the user chose for every project on this machine. */
export function settingsProcedures({ workspace, events }: EngineServices) {
  const { settings } = base;
  return {
    get: settings.get.handler(() => workspace.settings()),
    set: settings.set.handler(async ({ input }) => {
      const changed = await workspace.changeSettings(input);
      events.publish({ type: 'settings.changed' });
      return changed;
    }),
  };
}
