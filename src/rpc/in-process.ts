import type { AnyContractRouter, ContractRouterClient } from '@orpc/contract';
import { createRouterClient, type AnyRouter } from '@orpc/server';

import type { HostRouter, ServeOptions } from './channel.ts';
import { asReadroomError, convertErrors } from './errors.ts';

/** A client that calls `router` directly. Input is validated and errors read as over any wire. */
export function connect<C extends AnyContractRouter>(
  router: HostRouter<C>,
  options: ServeOptions = {},
): ContractRouterClient<C> {
  const client = createRouterClient(router as AnyRouter, {
    context: options.context ?? {},
    interceptors: [
      ({ next, signal }) =>
        convertErrors(
          () => next(),
          (error) => (signal?.aborted === true ? signal.reason : asReadroomError(error, options.onBug)),
        ),
    ],
  });
  return client as ContractRouterClient<C>;
}
