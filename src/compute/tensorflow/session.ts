import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import type * as tf from '@tensorflow/tfjs-core';

import type { GraphNode, Output } from './graph.ts';
import { encodeSavedModel, type ProtobufMessages } from './saved-model.ts';

/** The part of tfjs-node's backend that loads a graph and runs it; its variables live as long as the session. */
export interface SessionBackend {
  loadSavedModelMetaGraph(folder: string, tags: string): number;
  runSavedModel(
    session: number,
    inputs: readonly tf.Tensor[],
    infos: readonly { readonly name: string; readonly tfDtype: string }[],
    outputs: readonly string[],
  ): tf.Tensor[];
  deleteSavedModel(session: number): void;
}

/** A loaded graph. */
export interface Session {
  /**
   * Computes what is fetched. Blocks until it is there.
   * @param feeds tensors of TensorFlow's backend by the placeholder that they stand for
   * @returns one tensor for each of `fetches`; the caller disposes them
   * @throws Error with TensorFlow's words
   */
  run(feeds: readonly (readonly [Output, tf.Tensor])[], fetches: readonly Output[]): tf.Tensor[];
  /** Frees the graph and its variables; may be called again. */
  dispose(): void;
}

/** Loads a graph. */
export type OpenSession = (nodes: readonly GraphNode[]) => Session;

/** Loads a graph into TensorFlow. */
export function openSession(
  backend: SessionBackend,
  nodes: readonly GraphNode[],
  messages: ProtobufMessages,
): Session {
  const folder = mkdtempSync(path.join(tmpdir(), 'readroom-graph-'));
  try {
    writeFileSync(path.join(folder, 'saved_model.pb'), encodeSavedModel(nodes, messages));
    const session = backend.loadSavedModelMetaGraph(folder, 'serve');
    let open = true;
    return {
      run: (feeds, fetches) =>
        backend.runSavedModel(
          session,
          feeds.map(([, tensor]) => tensor),
          feeds.map(([{ name }]) => ({ name, tfDtype: '' })),
          fetches.map(({ name }) => name),
        ),
      dispose: () => {
        if (open) backend.deleteSavedModel(session);
        open = false;
      },
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
