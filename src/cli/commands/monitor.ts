import { defineCommand } from '../command.ts';
import { notImplementedYet } from '../not-yet.ts';

export default defineCommand<unknown[]>({
  configure: (command) => void command.argument('[argument...]').allowUnknownOption(),
  examples: ['monitor chest latest new-films'],
  run: () =>
    Promise.reject(
      notImplementedYet('Monitoring incoming images', 'Predict single images with: readroom predict'),
    ),
});
