import { implement } from '@orpc/server';

import { contract, type Contract } from '../../src/contract/index.ts';
import type { HostRouter } from '../../src/rpc/channel.ts';

type Procedures = Partial<{ [D in keyof Contract]: Partial<Record<keyof Contract[D], unknown>> }>;

/** A router of the whole contract: what is given, and in place of everything else what throws when it is called. */
export function wholeRouter(given: Procedures): HostRouter<Contract> {
  const os = implement(contract) as unknown as Record<
    string,
    Record<string, { handler(answer: () => never): unknown }>
  >;
  const named = given as Record<string, Record<string, unknown> | undefined>;
  const domains = Object.entries(contract).map(([domain, calls]) => {
    const procedures = Object.keys(calls).map((name) => {
      const missing = (): never => {
        throw new Error(`this engine has no ${domain}.${name}`);
      };
      return [name, named[domain]?.[name] ?? os[domain]![name]!.handler(missing)];
    });
    return [domain, Object.fromEntries(procedures) as Record<string, unknown>];
  });
  const whole = Object.fromEntries(domains) as Parameters<
    ReturnType<typeof implement<Contract>>['router']
  >[0];
  return implement(contract).router(whole);
}
