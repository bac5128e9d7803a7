import { undoCommand } from '../undo-command.ts';

export default undoCommand('redo');
