import { fileURLToPath } from 'node:url';

import type { Contract } from '../contract/index.ts';
import { createEngine, type EngineOptions } from '../engine/create-engine.ts';
import { createForkSpawner } from '../rpc/child-process.ts';
import { connect } from '../rpc/in-process.ts';
import type { OpenEngine } from './host.ts';

/** Commands on one project are short, and wait for each other rather than fail. */
const lockWaitMs = 10_000;

/** The composition root of server and command line: the engine in this process, its children forked. */
export function openEngine({
  ending,
  ...options
}: Pick<EngineOptions, 'program' | 'version' | 'host' | 'settingsFolder' | 'userName'> & {
  /** Once it is aborted, nothing that breaks is printed. */
  ending?: AbortSignal;
}): OpenEngine {
  const spawn = createForkSpawner((entry) =>
    fileURLToPath(new URL(`../worker/${entry}.ts`, import.meta.url)),
  );
  const engine = createEngine({ ...options, spawn, lockWaitMs });
  const onBug = (error: unknown): void => {
    if (ending?.aborted !== true) console.error(error);
  };
  return {
    client: connect<Contract>(engine.router, { onBug }),
    router: engine.router,
    media: engine.media,
    profiles: engine.profiles,
    close: () => engine.close(),
  };
}
