import { shallowRef } from 'vue';

import { ReadroomError } from '../../../contract/errors.ts';
import type { predictResultSchema, Prediction } from '../../../contract/run.ts';
import type { z } from 'zod';
import { engine } from '../../api/engine.ts';
import { type Dropped, fileThumbnailUrl, upload } from '../../api/media.ts';
import { useProject } from '../../stores/project.ts';
import { useJob } from '../../stores/use-job.ts';

type PredictResult = z.infer<typeof predictResultSchema>;

/** What the network said of one image. */
export interface Opinion {
  readonly id: number;
  readonly name: string;
  /** Address of a small picture; null where it cannot be shown. */
  readonly thumbnail: string | null;
  readonly prediction: Prediction;
  readonly operatingPoint: PredictResult['operatingPoint'];
  readonly generated: boolean;
  /** The label of record, where the image is one of the project's. */
  readonly label: string | null;
}

interface Question {
  path: string;
  label: string | null;
}

/** Asks a run about images; the newest answer comes first. */
export function useOpinions(run: () => string) {
  const project = useProject();
  const job = useJob<PredictResult>();
  const list = shallowRef<Opinion[]>([]);
  const error = shallowRef<unknown>(null);
  let nextId = 1;

  async function ask(questions: readonly Question[]): Promise<void> {
    const id = project.id;
    if (id === null || questions.length === 0) return;
    error.value = null;
    const client = await engine();
    const asked = run();
    const result = await job.run(() =>
      client.run.predict({ model: { project: id, run: asked }, images: questions.map(({ path }) => path) }),
    );
    if (result === null) {
      error.value = job.error.value;
      return;
    }
    if (asked !== run()) return;
    const opinions = await Promise.all(
      result.predictions.map(async (prediction, index): Promise<Opinion> => {
        const question = questions[index];
        const path = question?.path ?? prediction.file;
        return {
          id: nextId++,
          name: path.split(/[\\/]/).at(-1) ?? path,
          thumbnail: await thumbnailOf(id, path),
          prediction,
          operatingPoint: result.operatingPoint,
          generated: result.generated,
          label: question?.label ?? null,
        };
      }),
    );
    list.value = [...opinions.toReversed(), ...list.value].slice(0, 50);
  }

  async function thumbnailOf(id: string, path: string): Promise<string | null> {
    try {
      const { file } = await (await engine()).dataset.showFile({ project: id, path });
      return fileThumbnailUrl(id, file);
    } catch {
      return null;
    }
  }

  const guarded = async (work: () => Promise<void>): Promise<void> => {
    try {
      await work();
    } catch (reason) {
      error.value = reason;
    }
  };

  return {
    list,
    error,
    running: job.running,
    job: job.job,
    cancel: () => job.cancel(),
    clear(): void {
      list.value = [];
      error.value = null;
    },
    askPaths: (paths: readonly string[]) => guarded(() => ask(paths.map((path) => ({ path, label: null })))),
    askDropped: (dropped: readonly Dropped[]) =>
      guarded(async () => {
        const { sources } = await upload(project.id!, dropped);
        await ask(sources.map((path) => ({ path, label: null })));
      }),
    askOneOfProject: () =>
      guarded(async () => {
        const client = await engine();
        const id = project.id!;
        const { view, total } = await client.dataset.openView({ project: id, query: { parts: ['val'] } });
        if (total === 0)
          throw new ReadroomError('emptySplit', 'The validation part is empty.', 'Drop an image instead.');
        const offset = Math.floor(Math.random() * total);
        const { rows } = await client.dataset.viewRows({ project: id, view, offset, limit: 1 });
        const detail = await client.dataset.image({ project: id, image: rows[0]!.image });
        await ask([{ path: detail.path, label: detail.label === null ? null : String(detail.label) }]);
      }),
  };
}
