import { shallowRef } from 'vue';
import type { z } from 'zod';

import { ReadroomError } from '../../../contract/errors.ts';
import type { EvaluationLevel, PoolingRule, predictResultSchema } from '../../../contract/run.ts';
import { engine } from '../../api/engine.ts';
import { type Dropped, fileThumbnailUrl, thumbnailUrl, upload } from '../../api/media.ts';
import { useProject } from '../../stores/project.ts';
import { useJob } from '../../stores/use-job.ts';
import { type Answer, limitsOf } from './opinion-words.ts';

type PredictResult = z.infer<typeof predictResultSchema>;
type Label = string | number | null;

/** What the network said of one image. */
export interface ImageOpinion extends Answer {
  readonly id: number;
  readonly name: string;
  /** As it was asked for. */
  readonly file: string;
  /** Address of a small picture; null where it cannot be shown. */
  readonly thumbnail: string | null;
  /** The label of record, where the image is one of the project's. */
  readonly label: Label;
}

/** What follows of a study or a patient, from its images. */
export interface GroupOpinion extends Answer {
  readonly id: number;
  readonly name: string;
  readonly pooling: PoolingRule;
  readonly images: readonly ImageOpinion[];
  readonly warnings: readonly string[];
}

export type Opinion = ImageOpinion | GroupOpinion;

/** How images are asked about. */
export interface Manner {
  readonly level: EvaluationLevel;
  /** Null: as the run was evaluated on the level, else the mean. */
  readonly pooling: PoolingRule | null;
  readonly groupBy: 'auto' | 'together';
}

interface Question {
  /** A path on the engine's machine, with the number of the picture where the file may hold several. */
  file: string;
  name: string;
  label: Label;
  /** Of the project; null: it is none of its images. */
  image: string | null;
}

const questionOf = (path: string): Question => ({
  ...{ file: path, name: path.split(/[\\/]/).at(-1) ?? path },
  ...{ label: null, image: null },
});

/** Asks a run about images; the newest answer comes first. */
export function useOpinions(run: () => string, manner: () => Manner) {
  const project = useProject();
  const job = useJob<PredictResult>();
  const list = shallowRef<Opinion[]>([]);
  const error = shallowRef<unknown>(null);
  let nextId = 1;
  /** Counts what was asked; what was cleared away or asked before is not answered any more. */
  let newest = 0;

  async function ask(questions: readonly Question[]): Promise<void> {
    const id = project.id;
    if (id === null || questions.length === 0) return;
    const mine = ++newest;
    error.value = null;
    job.cancel();
    const client = await engine();
    const asked = run();
    const { level, pooling, groupBy } = manner();
    const result = await job.run(() =>
      client.run.predict({
        model: { project: id, run: asked },
        images: questions.map(({ file }) => file),
        outlines: true,
        level,
        ...(level !== 'image' && { ...(pooling && { pooling }), groupBy: { from: groupBy } }),
      }),
    );
    if (mine !== newest) return;
    if (result === null) {
      error.value = job.error.value;
      return;
    }
    const limits = await limitsOn(id, asked, result, level);
    const images = await Promise.all(
      result.predictions.map((prediction, index) => opinionOf(id, result, prediction, questions[index]!)),
    );
    if (mine !== newest) return;
    const opinions =
      result.groups && result.pooled
        ? inGroups({ ...result, groups: result.groups, pooled: result.pooled }, images, limits)
        : images.map((image) => ({ ...image, limits }));
    list.value = [...opinions.toReversed(), ...list.value].slice(0, 50);
  }

  async function opinionOf(
    id: string,
    { task, operatingPoint, thresholds }: PredictResult,
    prediction: PredictResult['predictions'][number],
    { file, name, label, image }: Question,
  ): Promise<ImageOpinion> {
    return {
      ...{ id: nextId++, name, file },
      thumbnail: image === null ? await thumbnailOf(id, file) : thumbnailUrl(id, image),
      ...{ prediction, task, operatingPoint, thresholds, label, limits: null },
      ...{ level: 'image', chosenOn: 'alike' },
    };
  }

  /** Groups with their images, and the images that are in none. */
  function inGroups(
    { task, groups, pooled }: PredictResult & Required<Pick<PredictResult, 'groups' | 'pooled'>>,
    images: readonly ImageOpinion[],
    limits: Answer['limits'],
  ): Opinion[] {
    const { level, pooling, operatingPoint, thresholds, chosenOn, warnings } = pooled;
    const taken = new Set<ImageOpinion>();
    const pooledOpinions = groups.map(({ group, files, ...prediction }): GroupOpinion => {
      const wanted = new Set(files);
      const own = images.filter(({ file }) => wanted.has(file));
      own.forEach((image) => taken.add(image));
      return {
        ...{ id: nextId++, name: group, images: own, prediction, warnings, level, pooling, limits },
        ...{ task, operatingPoint, thresholds, chosenOn: chosenOn === 'images' ? 'images' : 'alike' },
      };
    });
    return [...images.filter((image) => !taken.has(image)), ...pooledOpinions];
  }

  /** How far numbers lay off in what was evaluated, the test part before validation. */
  async function limitsOn(
    id: string,
    asked: string,
    { task }: PredictResult,
    level: EvaluationLevel,
  ): Promise<Answer['limits']> {
    if (task.kind !== 'regression') return null;
    const client = await engine();
    const of = { project: id, run: asked };
    const [test, val] = await Promise.all([
      client.run.evaluation({ ...of, split: 'test' }),
      client.run.evaluation({ ...of, split: 'val' }),
    ]);
    return limitsOf(test, level) ?? limitsOf(val, level);
  }

  async function thumbnailOf(id: string, path: string): Promise<string | null> {
    try {
      const { file } = await (await engine()).dataset.showFile({ project: id, path });
      return fileThumbnailUrl(id, file);
    } catch {
      return null;
    }
  }

  /** An image of the validation part by chance; of studies and patients all that its patient has there. */
  async function oneOfProject(id: string): Promise<Question[]> {
    const client = await engine();
    const { view, total } = await client.dataset.openView({ project: id, query: { parts: ['val'] } });
    if (total === 0)
      throw new ReadroomError('emptySplit', 'The validation part is empty.', 'Drop an image instead.');
    const offset = Math.floor(Math.random() * total);
    const { rows } = await client.dataset.viewRows({ project: id, view, offset, limit: 1 });
    const first = await client.dataset.image({ project: id, image: rows[0]!.image });
    const others = manner().level === 'image' ? [] : first.samePatient;
    const more = await Promise.all(others.map((image) => client.dataset.image({ project: id, image })));
    return [first, ...more.filter(({ part }) => part === 'val')].map(
      ({ path, frame, fileName, label, image }) => ({
        ...{ file: `${path}#${frame}`, name: fileName },
        ...{ label, image },
      }),
    );
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
      newest++;
      job.cancel();
      list.value = [];
      error.value = null;
    },
    askPaths: (paths: readonly string[]) => guarded(() => ask(paths.map(questionOf))),
    askDropped: (dropped: readonly Dropped[]) =>
      guarded(async () => {
        const { sources } = await upload(project.id!, dropped);
        await ask(sources.map(questionOf));
      }),
    askOneOfProject: () => guarded(async () => ask(await oneOfProject(project.id!))),
  };
}
