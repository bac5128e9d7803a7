import type { Evaluation, RunResult } from '../../../contract/run.ts';
import { engine } from '../../api/engine.ts';
import { useLoaded } from '../../api/use-loaded.ts';
import { useProject } from '../../stores/project.ts';

/** A run, and the evaluation that it goes by: of the test part, else of validation. */
export interface RunFacts {
  readonly result: RunResult;
  readonly evaluation: Evaluation | null;
}

/** What stands behind the network that is asked. @param run empty: none is chosen */
export function useRunFacts(run: () => string) {
  const project = useProject();
  return useLoaded<RunFacts | null>(async () => {
    if (run() === '') return null;
    const client = await engine();
    const of = { project: project.id!, run: run() };
    const [result, test, val] = await Promise.all([
      client.run.get(of),
      client.run.evaluation({ ...of, split: 'test' }),
      client.run.evaluation({ ...of, split: 'val' }),
    ]);
    return { result, evaluation: test ?? val };
  }, run);
}
