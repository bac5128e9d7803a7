import { defineCommand } from '../command.ts';
import { notImplementedYet } from '../not-yet.ts';

export default defineCommand<unknown[]>({
  configure: (command) => void command.argument('[argument...]').allowUnknownOption(),
  examples: ['study chest --kind benchmark'],
  run: () =>
    Promise.reject(
      notImplementedYet(
        'Running a study of many trainings',
        'Train single runs with: readroom train PROJECT',
      ),
    ),
});
