import { createORPCClient, type ClientLink } from '@orpc/client';
import { RPCLink } from '@orpc/client/websocket';
import type { AnyContractRouter, ContractRouterClient } from '@orpc/contract';
import type { Router } from '@orpc/server';
import { RPCHandler } from '@orpc/server/websocket';

import { ReadroomError } from '../contract/errors.ts';
import type { CallContext } from '../contract/profile.ts';
import { convertErrors, fromWire, toWire, type OnBug } from './errors.ts';
import { callId, frameProblem, isAbortFrame, refusalFrame } from './frames.ts';

/** What a host serves; it says of each connection who calls. */
export type HostRouter<C extends AnyContractRouter> = Router<C, CallContext>;

/** Two ends that exchange text messages in order. Every transport is one of these. */
export interface Channel {
  /** Resolves when the transport took the message; that wait is the back-pressure of streams. */
  send(message: string): void | Promise<void>;
  onMessage(listener: (message: unknown) => void): void;
  /** `reason` is what pending calls are rejected with. Called at most once, also for a channel that is closed already. */
  onClose(listener: (reason: ReadroomError) => void): void;
}

/** Requests are lists of names and numbers; pixels and tensors pass through files. */
export const maxRequestBytes = 16 * 1024 * 1024;
/** Replies hold at most a long list of rows. */
export const maxReplyBytes = 64 * 1024 * 1024;

export interface ServeOptions {
  onBug?: OnBug;
  /** Who calls on this connection. Default: nobody in particular, who may do everything. */
  context?: CallContext;
  /** Told about every frame that was refused; a host may then drop the connection. */
  onRefusedFrame?: (problem: string) => void;
  /** Calls and open streams that are answered at a time; one more is refused as `usage`. Default: no limit. */
  maxInFlight?: number;
}

type MessageListener = (event: { data: unknown }) => void;

/** Answers the calls that come in on `channel` with `router`. Nothing that arrives can throw out of it. */
export function serveChannel<C extends AnyContractRouter>(
  router: HostRouter<C>,
  channel: Channel,
  options: ServeOptions = {},
): void {
  const handler = new RPCHandler(router, {
    clientInterceptors: [
      ({ next }) =>
        convertErrors(
          () => next(),
          (error) => toWire(error, options.onBug),
        ),
    ],
  });
  const { maxInFlight = Infinity, context = {} } = options;
  let open = true;
  let inFlight = 0;
  const socket = {
    addEventListener: () => undefined,
    send: (message: unknown) => (open && typeof message === 'string' ? channel.send(message) : undefined),
  };
  channel.onMessage((message) => {
    const problem = frameProblem(message, 'request', maxRequestBytes);
    if (problem !== null) {
      options.onRefusedFrame?.(problem.reason);
      if (problem.id !== null) {
        void Promise.resolve(channel.send(refusalFrame(problem.id, problem.reason))).catch(() => undefined);
      }
      return;
    }
    if (inFlight >= maxInFlight) {
      const id = callId(message as string);
      if (id !== null) {
        const reason = `${maxInFlight} calls are being answered on this connection; one more is not taken.`;
        void Promise.resolve(channel.send(refusalFrame(id, reason))).catch(() => undefined);
        return;
      }
    }
    // The library's promise lasts as long as the answer, a stream's end included.
    inFlight += 1;
    handler
      .message(socket, message as string, { context })
      .catch((error: unknown) => {
        // A caller that has left cannot be told; with the channel open it is a fault worth hearing of.
        if (open) options.onBug?.(error);
      })
      .finally(() => (inFlight -= 1));
  });
  channel.onClose(() => {
    open = false;
    handler.close(socket);
  });
}

/**
 * A client of whatever is served at the channel's other end. Calls in flight and open streams are
 * rejected with the channel's closing reason. A call whose own signal aborts rejects with that
 * signal's reason; every other error is a `ReadroomError`.
 */
export function connectChannel<C extends AnyContractRouter>(channel: Channel): ContractRouterClient<C> {
  let closedBecause: ReadroomError | null = null;
  const messageListeners: MessageListener[] = [];
  const closeListeners: (() => void)[] = [];

  // The library sends these without waiting; on a connection that is gone there is nothing left to abort.
  const sendAbort = async (message: string): Promise<void> => {
    if (closedBecause !== null) return;
    try {
      await channel.send(message);
    } catch {
      // It closed this moment: aborted all the same.
    }
  };
  const socket = {
    get readyState() {
      return closedBecause === null ? 1 : 3;
    },
    addEventListener(type: string, listener: unknown) {
      if (type === 'message') messageListeners.push(listener as MessageListener);
      if (type === 'close') closeListeners.push(listener as () => void);
    },
    removeEventListener: () => undefined,
    send(message: unknown) {
      if (typeof message === 'string' && isAbortFrame(message)) return sendAbort(message);
      if (closedBecause !== null) throw closedBecause;
      if (typeof message !== 'string') {
        throw new Error('The contract carries no binary values; pass a file path instead.');
      }
      if (message.length > maxRequestBytes) {
        throw new ReadroomError(
          'usage',
          `The request is ${Math.round(message.length / 1e6)} MB; at most ${Math.round(maxRequestBytes / 1e6)} MB are taken.`,
          'Split it into several requests.',
        );
      }
      return channel.send(message);
    },
  };
  const link = new RPCLink({ websocket: socket });

  channel.onMessage((message) => {
    const problem = frameProblem(message, 'reply', maxReplyBytes);
    // A reply that cannot be read at all belongs to no call that could be told.
    if (problem !== null && problem.id === null) return;
    const data = problem?.id ? refusalFrame(problem.id, problem.reason) : message;
    for (const listener of messageListeners) listener({ data });
  });
  channel.onClose((reason) => {
    closedBecause = reason;
    for (const listener of closeListeners) listener();
  });

  const convertingLink: ClientLink<object> = {
    call(path, input, callOptions) {
      const convert = (error: unknown): unknown => {
        if (callOptions.signal?.aborted) return callOptions.signal.reason;
        if (closedBecause !== null) return closedBecause;
        return fromWire(error);
      };
      return convertErrors(() => link.call(path, input, callOptions), convert);
    },
  };
  return createORPCClient<ContractRouterClient<C>>(convertingLink);
}
