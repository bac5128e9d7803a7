import { serveWorker } from '../../src/rpc/child-process.ts';
import { createSmallEngine } from './small-engine.ts';

serveWorker(createSmallEngine().router, { onBug: () => undefined });
