import path from 'node:path';

import vue from '@vitejs/plugin-vue';
import type { UserConfig } from 'vite';

const root = import.meta.dirname;

/** The screens: the same build for Electron's window and for the browser. */
const rendererConfig: UserConfig = {
  root: path.join(root, 'src/renderer'),
  base: '/',
  plugins: [vue()],
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

export default rendererConfig;
