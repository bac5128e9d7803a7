import { copyFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';

import * as tf from '@tensorflow/tfjs-core';

import type { SessionBackend } from '../src/compute/tensorflow/session.ts';
import { learningRate, stepUnderTest } from './comparison/step-under-test.ts';
import { readTimingArguments } from './comparison/timing-arguments.ts';

// Writes the compiled step's graph, as it is loaded, and the calls that initialise it and run one step, so that
// another program can run the same (peers/profile_graph.py). Arguments as ours.ts, then a folder. In it come to lie
// `saved_model.pb`, `calls.json` and the fed values, one file each; the last call is the step.
const of = readTimingArguments();
const folder = process.argv[9]!;
const calls: { feeds: { name: string; shape: number[]; file: string }[]; fetches: string[] }[] = [];

const { step, batch } = await stepUnderTest(of, 'compiled', () =>
  record(tf.backend() as unknown as SessionBackend),
);
await step.run(batch, 0, learningRate);
writeFileSync(path.join(folder, 'calls.json'), JSON.stringify(calls));

/** Notes down what goes through a backend's session from here on. */
function record(backend: SessionBackend): void {
  const load = backend.loadSavedModelMetaGraph.bind(backend);
  const run = backend.runSavedModel.bind(backend);
  backend.loadSavedModelMetaGraph = (from, tags) => {
    copyFileSync(path.join(from, 'saved_model.pb'), path.join(folder, 'saved_model.pb'));
    return load(from, tags);
  };
  backend.runSavedModel = (session, inputs, infos, outputs) => {
    const feeds = inputs.map((input, index) => {
      const file = `${calls.length}-${index}.bin`;
      writeFileSync(path.join(folder, file), input.dataSync());
      return { name: infos[index]!.name, shape: [...input.shape], file };
    });
    calls.push({ feeds, fetches: [...outputs] });
    return run(session, inputs, infos, outputs);
  };
}
