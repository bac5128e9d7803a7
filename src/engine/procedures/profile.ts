import { reachOf } from '../access/reach.ts';
import type { EngineServices } from '../services.ts';
import { base } from './base.ts';

/** People who can sign in to this machine's server. */
export function profileProcedures({ grounds, profiles, workspace }: EngineServices) {
  const { profile } = base;
  return {
    list: profile.list.handler(() => profiles.list()),
    add: profile.add.handler(async ({ input }) => {
      const secret = await profiles.add(input.name);
      return { secret, profiles: await profiles.list() };
    }),
    reset: profile.reset.handler(async ({ input }) => {
      const secret = await profiles.reset(input.name);
      return { secret, profiles: await profiles.list() };
    }),
    remove: profile.remove.handler(async ({ input }) => {
      await workspace.forgetSettingsOf(await profiles.remove(input.name));
      return profiles.list();
    }),
    reach: profile.reach.handler(({ input, context: { identity } }) =>
      reachOf(identity?.name ?? input.reader ?? null, input.project, grounds),
    ),
  };
}
