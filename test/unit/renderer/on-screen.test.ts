import { expect, test } from 'vitest';

import { readLayout } from '../../../src/core/import-layout.ts';
import { onScreen } from '../../../src/renderer/on-screen.ts';

test('sentences of the engine name no option of the command line', () => {
  const text = onScreen('imported parts stay as they are. Use --reset to split all images again.');
  expect(text).toBe('imported parts stay as they are. Choose “Start over” to split all images again.');
  expect(onScreen('Consider --set classWeights=balanced.')).not.toContain('--');
});

test('what an import says of folders names the controls of the screen', () => {
  const said = (folders: string[], labels: 'auto' | 'folder'): string => {
    const paths = folders.map((folder) => ({ path: `${folder}/1.png`, sourceName: 'data' }));
    return onScreen(readLayout(paths, { labels, patient: null, splitFrom: null }).warnings.join(' '));
  };
  const texts = [
    said(['train/a', 'test/a'], 'auto'),
    said(['P0001', 'P0002'], 'auto'),
    said(['P0001', 'P0002'], 'folder'),
  ];
  for (const text of texts) expect(text).not.toContain('--');
  expect(texts[0]).toContain('choose “Keep train, val and test folders” to keep them');
  expect(texts[1]).toContain('choose “From folder names” if they are classes');
  expect(texts[2]).toContain('choose “No labels”, and for patients “From the folder below the class”');
});
