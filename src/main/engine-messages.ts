import type { ChildNotice, ChildRequest } from '../rpc/utility-process.ts';

/** What main and the engine's process say to each other beside the contract; both ends are of one build. */

export interface RecentFolder {
  path: string;
  name: string;
}

/** What would be broken off by an end. */
export interface Activity {
  trainings: number;
  /** Imports, exports and the like. */
  others: number;
}

export type ToEngine =
  | ChildNotice
  /** With a port: serve the contract on it. */
  | { type: 'page' }
  /** With a port: serve pictures on it. */
  | { type: 'media' }
  | { type: 'askActivity' }
  | { type: 'close' };

export type FromEngine =
  | ChildRequest
  | { type: 'ready' }
  | { type: 'recent'; projects: RecentFolder[] }
  | { type: 'activity'; activity: Activity }
  | { type: 'closed' };
