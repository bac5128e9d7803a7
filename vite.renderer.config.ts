import path from 'node:path';

import vue from '@vitejs/plugin-vue';
import markdown from 'markdown-it';
import type { Plugin, UserConfig } from 'vite';

const root = import.meta.dirname;

/** The guide's pages become markup here, so that the screens carry no Markdown library. */
const guide: Plugin = {
  name: 'readroom-guide',
  transform: (text, id) =>
    id.endsWith('.md') ? `export default ${JSON.stringify(markdown({ html: false }).render(text))};` : null,
};

/** The screens: the same build for Electron's window and for the browser. */
const config: UserConfig = {
  root: path.join(root, 'src/renderer'),
  base: '/',
  plugins: [vue(), guide],
  build: {
    outDir: path.join(root, 'out/renderer'),
    emptyOutDir: true,
    target: 'chrome140',
    // The page's policy allows no inline data for scripts and styles; small fonts and icons stay files too.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 1500,
  },
};

export default config;
