/**
 * A group of the key sheet: where the keys hold. `everywhere` holds on every screen, `shapes` on Read while shapes are
 * drawn or selected: its keys come before what they mean otherwise.
 */
export type CommandScope =
  | 'everywhere'
  | 'home'
  | 'images'
  | 'read'
  | 'shapes'
  | 'import'
  | 'data'
  | 'readers'
  | 'train'
  | 'results'
  | 'opinion'
  | 'deploy';

export interface CommandDefinition {
  readonly id: string;
  readonly title: string;
  readonly scope: CommandScope;
  /** As `KeyboardEvent.key` gives it, with `Mod+` (Control, ⌘ on a Mac), `Shift+`, `Alt+` before it; several where several fit. */
  readonly keys: readonly string[];
}

const go = (id: string, title: string, key: string): CommandDefinition => ({
  id: `go.${id}`,
  title: `Go to ${title}`,
  scope: 'everywhere',
  keys: [`Alt+${key}`],
});

const shapes = (id: string, title: string, ...keys: string[]): CommandDefinition => ({
  id: `annotate.${id}`,
  title,
  scope: 'shapes',
  keys,
});
/** What arrows do to the selected shapes, in the four directions. */
const arrows = (id: string, title: (to: string) => string, modifier = ''): CommandDefinition[] =>
  (['Left', 'Right', 'Up', 'Down'] as const).map((to) =>
    shapes(`${id}${to}`, title(to.toLowerCase()), `${modifier}Arrow${to}`),
  );

/** One of the viewer's presets, by its place in the menu. F5 stays the browser's. */
const preset = (place: number, key: string): CommandDefinition => ({
  id: `read.preset${place}`,
  title: `Brightness and contrast, preset ${place}`,
  scope: 'read',
  keys: [key],
});

/** Every command with its usual keys: one list for the key sheet, the palette and the settings. Ids never change. */
export const commandCatalog: readonly CommandDefinition[] = [
  { id: 'app.palette', title: 'Find a command', scope: 'everywhere', keys: ['Mod+k'] },
  { id: 'app.keys', title: 'Show the keys of this screen', scope: 'everywhere', keys: ['?'] },
  { id: 'app.jobs', title: 'Show what is running', scope: 'everywhere', keys: ['Alt+j'] },
  { id: 'app.theme', title: 'Switch between dark and light', scope: 'everywhere', keys: ['Alt+t'] },
  { id: 'app.rail', title: 'Fold the rail', scope: 'everywhere', keys: ['Mod+b'] },
  { id: 'app.inspector', title: 'Show or hide the inspector', scope: 'everywhere', keys: ['Mod+i'] },
  { id: 'app.undo', title: 'Undo', scope: 'everywhere', keys: ['z', 'Mod+z'] },
  { id: 'app.redo', title: 'Redo', scope: 'everywhere', keys: ['Shift+z', 'Mod+Shift+z', 'Mod+y'] },
  { id: 'help.guide', title: 'Open the guide', scope: 'everywhere', keys: ['F1'] },
  { id: 'project.new', title: 'New project', scope: 'everywhere', keys: ['Mod+Alt+n'] },
  { id: 'project.open', title: 'Open a project', scope: 'everywhere', keys: ['Mod+o'] },
  { id: 'project.close', title: 'Close the project', scope: 'everywhere', keys: [] },
  go('home', 'Home', '0'),
  go('images', 'Images', '1'),
  go('read', 'Read', '2'),
  go('import', 'Import', '3'),
  go('data', 'Data', '4'),
  go('readers', 'Readers', 'r'),
  go('train', 'Train', '5'),
  go('results', 'Results', '6'),
  go('opinion', 'Second opinion', '7'),
  go('deploy', 'Deploy', '8'),
  go('settings', 'Settings', '9'),

  { id: 'home.sample', title: 'Make the sample project', scope: 'home', keys: ['s'] },

  { id: 'images.search', title: 'Search', scope: 'images', keys: ['/', 'Mod+f'] },
  { id: 'images.left', title: 'Previous image', scope: 'images', keys: ['ArrowLeft', 'h'] },
  { id: 'images.right', title: 'Next image', scope: 'images', keys: ['ArrowRight', 'l'] },
  { id: 'images.up', title: 'Row above', scope: 'images', keys: ['ArrowUp', 'k'] },
  { id: 'images.down', title: 'Row below', scope: 'images', keys: ['ArrowDown', 'j'] },
  { id: 'images.first', title: 'First image', scope: 'images', keys: ['Home'] },
  { id: 'images.last', title: 'Last image', scope: 'images', keys: ['End'] },
  { id: 'images.pageUp', title: 'Page up', scope: 'images', keys: ['PageUp'] },
  { id: 'images.pageDown', title: 'Page down', scope: 'images', keys: ['PageDown'] },
  { id: 'images.extend.left', title: 'Select on to the left', scope: 'images', keys: ['Shift+ArrowLeft'] },
  { id: 'images.extend.right', title: 'Select on to the right', scope: 'images', keys: ['Shift+ArrowRight'] },
  { id: 'images.extend.up', title: 'Select on upwards', scope: 'images', keys: ['Shift+ArrowUp'] },
  { id: 'images.extend.down', title: 'Select on downwards', scope: 'images', keys: ['Shift+ArrowDown'] },
  { id: 'images.extend.first', title: 'Select on to the first', scope: 'images', keys: ['Shift+Home'] },
  { id: 'images.extend.last', title: 'Select on to the last', scope: 'images', keys: ['Shift+End'] },
  { id: 'images.extend.pageUp', title: 'Select on a page up', scope: 'images', keys: ['Shift+PageUp'] },
  { id: 'images.extend.pageDown', title: 'Select on a page down', scope: 'images', keys: ['Shift+PageDown'] },
  { id: 'images.all', title: 'Select all', scope: 'images', keys: ['Mod+a'] },
  { id: 'images.none', title: 'Select nothing', scope: 'images', keys: ['Escape'] },
  { id: 'images.toggle', title: 'Select or deselect', scope: 'images', keys: [' '] },
  { id: 'images.open', title: 'Read this image', scope: 'images', keys: ['Enter'] },
  { id: 'images.unlabel', title: 'Take the label away', scope: 'images', keys: ['Backspace', 'Delete'] },
  { id: 'images.unsure', title: 'Mark as unsure', scope: 'images', keys: ['u'] },
  { id: 'images.skip', title: 'Skip', scope: 'images', keys: ['s'] },
  { id: 'images.bookmark', title: 'Bookmark', scope: 'images', keys: ['m'] },
  { id: 'images.larger', title: 'Larger pictures', scope: 'images', keys: ['+', '='] },
  { id: 'images.smaller', title: 'Smaller pictures', scope: 'images', keys: ['-'] },
  { id: 'images.filters', title: 'Show or hide the filters', scope: 'images', keys: ['f'] },
  { id: 'images.clear', title: 'Clear all filters', scope: 'images', keys: ['Shift+f'] },

  { id: 'read.next', title: 'Next image', scope: 'read', keys: ['ArrowRight', 'j'] },
  { id: 'read.back', title: 'Previous image', scope: 'read', keys: ['ArrowLeft', 'k'] },
  { id: 'read.nextUnread', title: 'Next image without your label', scope: 'read', keys: ['n'] },
  { id: 'read.skip', title: 'Skip', scope: 'read', keys: ['s'] },
  { id: 'read.unsure', title: 'Unsure', scope: 'read', keys: ['u'] },
  { id: 'read.comment', title: 'Comment', scope: 'read', keys: ['c'] },
  { id: 'read.bookmark', title: 'Bookmark', scope: 'read', keys: ['m'] },
  {
    id: 'read.done',
    title: 'Done with this image: none of the classes if none is chosen',
    scope: 'read',
    keys: ['Enter'],
  },
  { id: 'read.unlabel', title: 'Take the label away', scope: 'read', keys: ['Backspace', 'Delete'] },
  { id: 'read.autoNext', title: 'Go on by itself after a label', scope: 'read', keys: ['a'] },
  { id: 'read.fit', title: 'Fit into the window', scope: 'read', keys: ['f'] },
  { id: 'read.actual', title: 'One pixel to one pixel', scope: 'read', keys: ['x'] },
  { id: 'read.zoomIn', title: 'Zoom in', scope: 'read', keys: ['+', '='] },
  { id: 'read.zoomOut', title: 'Zoom out', scope: 'read', keys: ['-'] },
  { id: 'read.invert', title: 'Invert', scope: 'read', keys: ['i'] },
  { id: 'read.reset', title: 'Brightness and contrast as they were', scope: 'read', keys: ['r'] },
  { id: 'read.lock', title: 'Same brightness and contrast for all pictures', scope: 'read', keys: ['w'] },
  preset(1, 'F2'),
  preset(2, 'F3'),
  preset(3, 'F4'),
  preset(4, 'F6'),
  preset(5, 'F7'),
  preset(6, 'F8'),
  preset(7, 'F9'),
  preset(8, 'F10'),
  { id: 'read.turnLeft', title: 'Turn left', scope: 'read', keys: [','] },
  { id: 'read.turnRight', title: 'Turn right', scope: 'read', keys: ['.'] },
  { id: 'read.mirror', title: 'Mirror left to right', scope: 'read', keys: ['h'] },
  { id: 'read.flip', title: 'Mirror top to bottom', scope: 'read', keys: ['Shift+h'] },
  { id: 'read.resetView', title: 'Everything as it was', scope: 'read', keys: ['Shift+r'] },
  { id: 'read.sliceBack', title: 'Picture before in the series', scope: 'read', keys: ['PageUp'] },
  { id: 'read.sliceNext', title: 'Next picture of the series', scope: 'read', keys: ['PageDown'] },
  { id: 'read.toolWindow', title: 'Brightness and contrast by drag', scope: 'read', keys: ['v'] },
  { id: 'read.toolRuler', title: 'Measure a length', scope: 'read', keys: ['l'] },
  { id: 'read.toolAngle', title: 'Measure an angle', scope: 'read', keys: ['Shift+l'] },
  { id: 'read.toolProbe', title: 'Read off values', scope: 'read', keys: ['p'] },
  { id: 'read.clearMeasures', title: 'Take all measurements away', scope: 'read', keys: ['Shift+Delete'] },
  { id: 'read.link', title: 'Zoom and move both pictures together', scope: 'read', keys: ['Shift+y'] },
  { id: 'read.brighter', title: 'Brighter', scope: 'read', keys: ['Shift+ArrowUp'] },
  { id: 'read.darker', title: 'Darker', scope: 'read', keys: ['Shift+ArrowDown'] },
  { id: 'read.moreContrast', title: 'More contrast', scope: 'read', keys: ['Shift+ArrowRight'] },
  { id: 'read.lessContrast', title: 'Less contrast', scope: 'read', keys: ['Shift+ArrowLeft'] },
  { id: 'read.panLeft', title: 'Look further left', scope: 'read', keys: ['Mod+ArrowLeft'] },
  { id: 'read.panRight', title: 'Look further right', scope: 'read', keys: ['Mod+ArrowRight'] },
  { id: 'read.panUp', title: 'Look further up', scope: 'read', keys: ['Mod+ArrowUp'] },
  { id: 'read.panDown', title: 'Look further down', scope: 'read', keys: ['Mod+ArrowDown'] },
  { id: 'read.first', title: 'First image', scope: 'read', keys: ['Home'] },
  { id: 'read.last', title: 'Last image', scope: 'read', keys: ['End'] },
  { id: 'read.priors', title: 'Other studies of the patient beside it', scope: 'read', keys: ['o'] },
  { id: 'read.nextSeries', title: 'Next series of the study', scope: 'read', keys: ['Shift+PageDown'] },
  { id: 'read.backSeries', title: 'Previous series of the study', scope: 'read', keys: ['Shift+PageUp'] },
  { id: 'read.grid', title: 'Back to the images', scope: 'read', keys: ['Escape', 'g'] },

  { id: 'annotate.select', title: 'Select and move shapes', scope: 'read', keys: ['Shift+v'] },
  { id: 'annotate.box', title: 'Draw a box', scope: 'read', keys: ['Shift+b'] },
  { id: 'annotate.polygon', title: 'Draw a polygon', scope: 'read', keys: ['Shift+p'] },
  { id: 'annotate.freehand', title: 'Draw an outline by hand', scope: 'read', keys: ['Shift+f'] },
  { id: 'annotate.brush', title: 'Paint a mask', scope: 'read', keys: ['Shift+d'] },
  { id: 'annotate.eraser', title: 'Erase from a mask', scope: 'read', keys: ['Shift+e'] },
  { id: 'annotate.point', title: 'Set a point', scope: 'read', keys: ['Shift+t'] },
  { id: 'annotate.show', title: 'Show or hide all shapes', scope: 'read', keys: ['Shift+s'] },
  shapes('finish', 'Close the polygon; a box or point in the middle of the view', 'Enter'),
  shapes('remove', 'Remove the shape, or the last point of a polygon on its way', 'Delete', 'Backspace'),
  shapes('cancel', 'Give up what is drawn; select nothing; lay the tool down', 'Escape'),
  shapes('next', 'Next shape', 'Tab'),
  shapes('back', 'Previous shape', 'Shift+Tab'),
  shapes('larger', 'Larger brush', ']'),
  shapes('smaller', 'Smaller brush', '['),
  ...arrows('move', (to) => `Move the shape ${to} by a pixel`),
  ...arrows('moveFar', (to) => `Move the shape ${to} by ten pixels`, 'Shift+'),
  ...arrows('grow', (to) => `Move the lower right corner of the box ${to}`, 'Alt+'),

  { id: 'project.labelFiles', title: 'Export or import labels', scope: 'everywhere', keys: [] },
  { id: 'data.split', title: 'Make the split', scope: 'data', keys: ['Mod+Enter'] },
  { id: 'data.duplicates', title: 'Find duplicates', scope: 'data', keys: [] },

  { id: 'readers.new', title: 'New blinded round', scope: 'readers', keys: ['n'] },
  { id: 'readers.decide', title: 'Decide the next disagreement', scope: 'readers', keys: ['d'] },
  { id: 'readers.rounds', title: 'All rounds', scope: 'readers', keys: ['Escape'] },

  { id: 'train.start', title: 'Start training', scope: 'train', keys: ['Mod+Enter'] },
  { id: 'train.pause', title: 'Pause or resume the run', scope: 'train', keys: ['p'] },
  { id: 'train.again', title: 'Train the run again and compare the weights', scope: 'train', keys: [] },
  { id: 'train.pauseQueue', title: 'Pause the queue, or let it go on', scope: 'train', keys: ['Shift+p'] },
  { id: 'train.resumeInterrupted', title: 'Resume all interrupted runs', scope: 'train', keys: [] },
  { id: 'results.next', title: 'Next case', scope: 'results', keys: ['ArrowRight', 'j'] },
  { id: 'results.back', title: 'Previous case', scope: 'results', keys: ['ArrowLeft', 'k'] },
  { id: 'results.open', title: 'Read this case', scope: 'results', keys: ['Enter'] },
];
