import { implement } from '@orpc/server';

import { contract } from '../../contract/index.ts';
import type { CallContext } from '../../contract/profile.ts';
import { translateSystemError } from '../system-errors.ts';

/** What procedures are made with: the contract, with the system's errors as the contract's. */
export const base = implement(contract)
  .$context<CallContext>()
  .use(async ({ next }) => {
    try {
      return await next();
    } catch (error) {
      throw translateSystemError(error);
    }
  });
