import * as tf from '@tensorflow/tfjs-core';

import type { Backend } from './backend.ts';
import { probeByLoading } from './probe.ts';

/** Plain JavaScript on one core: answers everywhere and suits small pictures only. */
export const cpu: Backend = {
  id: 'cpu',
  priority: 10,
  probe: () => probeByLoading(cpu, 'Plain JavaScript answers everywhere; it is far slower than the others.'),
  load: async () => {
    // Otherwise tfjs prints advice to install the package that just was not available.
    tf.env().set('PROD', true);
    const { version_cpu: version } = await import('@tensorflow/tfjs-backend-cpu');
    await tf.setBackend('cpu');
    return {
      id: 'cpu',
      device: 'CPU, plain JavaScript',
      version: `tfjs-backend-cpu ${version}`,
      threads: 1,
      createFusedAdam: () => null,
    };
  },
};
