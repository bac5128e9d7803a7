import { serveWorker } from '../rpc/child-process.ts';
import { decodeRouter } from './decode/router.ts';

serveWorker(decodeRouter);
