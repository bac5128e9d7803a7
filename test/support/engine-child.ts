import { serveWorker } from '../../src/rpc/child-process.ts';
import { startEngine } from './engine.ts';

serveWorker(startEngine().router);
