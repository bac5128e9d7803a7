import type { EngineEvent } from '../../contract/events.ts';
import { nextStatus, type RunTransition } from '../../core/run-state.ts';
import type { ProjectSession } from '../project/session.ts';

/** Takes a run to its next status, in its row and on the event stream. */
export function moveRun(
  session: ProjectSession,
  run: string,
  transition: RunTransition,
  publish: (event: EngineEvent) => void,
): void {
  const status = nextStatus(session.runs.get(run).status, transition);
  session.runs.update(run, { status });
  publish({ type: 'run.statusChanged', project: session.id, run, status });
}
