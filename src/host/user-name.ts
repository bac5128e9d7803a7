import { userInfo } from 'node:os';

/** Who reads when nobody else is named. */
export function currentUserName(env: NodeJS.ProcessEnv = process.env): string {
  if (env['READROOM_READER']) return env['READROOM_READER'];
  try {
    return userInfo().username;
  } catch {
    // A container's user may have no name.
    return 'reader';
  }
}
