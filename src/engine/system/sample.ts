import type { SampleResult } from '../../contract/system.ts';
import type { SpawnWorker } from '../../rpc/child-process.ts';
import type { JobContext } from '../jobs.ts';

/** Writes a template's generated files in a child of their own. */
export async function writeSample(
  request: { folder: string; template: string; images: number; seed: number },
  spawn: SpawnWorker,
  context: JobContext,
): Promise<SampleResult> {
  const worker = spawn('decode');
  try {
    for await (const event of await worker.client.writeSample(request, { signal: context.signal })) {
      if (event.type === 'ended') return event.result;
      context.progress(event.done, event.total, 'Drawing');
    }
    throw new Error('The sample generator ended without a result');
  } finally {
    worker.kill();
  }
}
