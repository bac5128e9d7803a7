import { createHash, randomBytes } from 'node:crypto';

/** Who can sign in, as the engine keeps them. */
export interface ProfileKeeper {
  /** The person of that name and secret; null where either is not right. */
  verify(name: string, secret: string): Promise<{ name: string; credential: string } | null>;
  /** Another one after each new secret; null for who is not there any more. */
  credentialOf(name: string): Promise<string | null>;
}

/** A person who signed in in one browser. */
export interface Session {
  readonly name: string;
  readonly credential: string;
  usedAt: number;
  /** Connections that end with it. */
  readonly sockets: Set<{ terminate(): void }>;
}

/** The sessions of a running server: in its memory only. */
export interface Sessions {
  /** @returns the value of its cookie */
  start(person: { name: string; credential: string }): string;
  /** The session of a cookie while its person has the same secret, used now. */
  find(cookie: string | null): Promise<Session | null>;
  end(session: Session): void;
  /** Ends those that were not used for long, and those of people who were removed or got a new secret. */
  sweep(): Promise<void>;
}

const idleMs = 12 * 3600 * 1000;
const cookieBytes = 24;

/** Looked up by a hash: how long that takes tells nothing of a cookie. */
const keyOf = (cookie: string): string => createHash('sha256').update(cookie).digest('base64');

export function createSessions(profiles: ProfileKeeper, now: () => number = Date.now): Sessions {
  const sessions = new Map<string, Session>();

  function drop(key: string, session: Session): void {
    sessions.delete(key);
    for (const socket of session.sockets) socket.terminate();
  }
  async function isCurrent({ name, credential, usedAt }: Session): Promise<boolean> {
    return now() - usedAt < idleMs && (await profiles.credentialOf(name)) === credential;
  }
  return {
    start({ name, credential }) {
      const cookie = randomBytes(cookieBytes).toString('base64url');
      sessions.set(keyOf(cookie), { name, credential, usedAt: now(), sockets: new Set() });
      return cookie;
    },
    async find(cookie) {
      if (cookie === null) return null;
      const key = keyOf(cookie);
      const session = sessions.get(key);
      if (!session) return null;
      if (!(await isCurrent(session))) {
        drop(key, session);
        return null;
      }
      session.usedAt = now();
      return session;
    },
    end(session) {
      for (const [key, one] of sessions) if (one === session) drop(key, one);
    },
    async sweep() {
      for (const [key, session] of sessions) if (!(await isCurrent(session))) drop(key, session);
    },
  };
}
