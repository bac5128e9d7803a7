import { defineCommand } from '../command.ts';
import { notImplementedYet } from '../not-yet.ts';

export default defineCommand<unknown[]>({
  configure: (command) => void command.argument('[argument...]').allowUnknownOption(),
  examples: ['deidentify films --to clean --dry-run'],
  run: () => Promise.reject(notImplementedYet('De-identification', 'Nothing was read or written.')),
});
