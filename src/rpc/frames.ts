import { isRecord } from '../contract/is-record.ts';

/**
 * What may arrive on a channel, checked before the RPC library sees it: the library takes well-formed
 * frames for granted, and a malformed one would become an unhandled rejection there.
 */

export type FrameKind = 'request' | 'reply';

export interface FrameProblem {
  reason: string;
  /** The call that can be told about it, where it could be made out. */
  id: string | null;
}

const messageTypes = { call: 1, reply: 2, streamEvent: 3, abort: 4 } as const;
const maxIdLength = 32;
const idAtStart = /^\{"i":"([0-9A-Za-z]{1,32})"/;

function areHeaders(value: unknown): boolean {
  if (value === undefined) return true;
  return isRecord(value) && Object.values(value).every((header) => typeof header === 'string');
}

function requestProblem(payload: unknown): string | null {
  if (!isRecord(payload)) return 'The call has no payload.';
  if (typeof payload['u'] !== 'string' || !/^\/[\w/%.-]*$/.test(payload['u']))
    return 'The call names no procedure.';
  if (!areHeaders(payload['h'])) return 'The headers of the call are not text.';
  if (payload['m'] !== undefined) return 'The call has a method of its own.';
  return null;
}

function replyProblem(payload: unknown): string | null {
  if (!isRecord(payload)) return 'The reply has no payload.';
  if (payload['s'] !== undefined && typeof payload['s'] !== 'number')
    return 'The status of the reply is no number.';
  if (!areHeaders(payload['h'])) return 'The headers of the reply are not text.';
  return null;
}

/** null for a frame that may be handed on. */
export function frameProblem(message: unknown, kind: FrameKind, maxBytes: number): FrameProblem | null {
  if (typeof message !== 'string') return { reason: 'The frame is not text.', id: null };
  if (message.length > maxBytes) {
    const size = Math.round(message.length / 1e6);
    const id = idAtStart.exec(message.slice(0, 64))?.[1] ?? null;
    return { reason: `The message is ${size} MB; at most ${Math.round(maxBytes / 1e6)} MB are taken.`, id };
  }
  let frame: unknown;
  try {
    frame = JSON.parse(message);
  } catch {
    return { reason: 'The frame is not JSON.', id: null };
  }
  if (!isRecord(frame)) return { reason: 'The frame is not an object.', id: null };
  const { i: id, t: type = messageTypes.call, p: payload } = frame;
  if (typeof id !== 'string' || id === '' || id.length > maxIdLength)
    return { reason: 'The frame has no id.', id: null };
  switch (type) {
    case messageTypes.abort:
      return null;
    case messageTypes.streamEvent:
      if (isRecord(payload) && ['message', 'error', 'done'].includes(String(payload['e']))) return null;
      return { reason: 'The stream event has no kind.', id: null };
    case messageTypes.call:
    case messageTypes.reply: {
      const reason = kind === 'request' ? requestProblem(payload) : replyProblem(payload);
      return reason === null ? null : { reason, id };
    }
    default:
      return { reason: 'The frame is of an unknown kind.', id: null };
  }
}

/** The id of a sound frame that asks for an answer; null for one that belongs to a call under way. */
export function callId(message: string): string | null {
  const { i, t = messageTypes.call } = JSON.parse(message) as { i: string; t?: number };
  return t === messageTypes.call ? i : null;
}

/** Whether a frame that our own side made tells the other that a call was aborted. */
export function isAbortFrame(message: string): boolean {
  return message.length < 100 && /^\{"i":"[^"]*","t":4[,}]/.test(message);
}

/** A reply that refuses call `id` as `usage`. */
export function refusalFrame(id: string, reason: string): string {
  const error = { defined: false, code: 'usage', status: 400, message: reason, data: { hint: '', data: {} } };
  return JSON.stringify({ i: id, p: { s: 400, b: { json: error } } });
}
