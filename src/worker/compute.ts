import { serveWorker } from '../rpc/child-process.ts';
import { computeRouter } from './compute/router.ts';
import { trainRunFolder } from './compute/train.ts';

const [, , runFolder] = process.argv;

if (runFolder === undefined) {
  serveWorker(computeRouter);
} else {
  // By hand, `node src/worker/compute.ts RUNFOLDER` trains or resumes a run: one event a line.
  const control = { stopRequested: false };
  process.once('SIGINT', () => (control.stopRequested = true));
  const ended = await trainRunFolder(
    runFolder,
    (event) => {
      if (event.type !== 'heartbeat') console.log(JSON.stringify(event));
    },
    control,
  );
  process.exitCode = ended.error || ended.stoppedBecause === 'cancelled' ? 1 : 0;
}
