import { openProject } from '../../src/engine/project/session.ts';

/** Holds the project given as argument for writing until killed; tells its parent once it does. */
await openProject(process.argv[2]!, { program: 'the holder', lockWaitMs: 0 });
process.send!('held');
setInterval(() => undefined, 1000);
