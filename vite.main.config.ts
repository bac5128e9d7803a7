import { cpSync, globSync } from 'node:fs';
import path from 'node:path';

import { builtinModules } from 'node:module';
import type { InlineConfig, Plugin } from 'vite';

const root = import.meta.dirname;
const source = path.join(root, 'src');

/** Where `import.meta.dirname` of a source file points in a bundle: `out` has the folders of `src`, at the same depth. */
function keepFolders(bundleFolder: string): Plugin {
  return {
    name: 'keep-folders',
    enforce: 'pre',
    transform(code, id) {
      if (!id.startsWith(source + path.sep) || !code.includes('import.meta.dirname')) return null;
      const own = path.relative(source, path.dirname(id)).split(path.sep).join('/');
      if (own === bundleFolder) return null;
      const back = path.posix.relative(bundleFolder, own);
      return code.replaceAll('import.meta.dirname', `(import.meta.dirname + ${JSON.stringify(`/${back}`)})`);
    },
  };
}

/** Copies what the engine reads by its path while it runs: everything in `src/engine` that is no code. */
export function copyRuntimeFiles(out: string): void {
  for (const name of globSync('engine/**/*.*', { cwd: source, exclude: (file) => file.endsWith('.ts') })) {
    cpSync(path.join(source, name), path.join(out, name), { recursive: true });
  }
}

/** One file each, so that a child loads nothing of main and main nothing of a child. Packages stay packages. */
const entries = {
  index: 'main/index.ts',
  engine: 'main/engine.ts',
  compute: 'worker/compute.ts',
  decode: 'worker/decode.ts',
} as const;

const packages = [
  /^electron(\/|$)/,
  ...builtinModules.flatMap((name) => [name, `node:${name}`]),
  /^[^./\0](?!:[\\/])/,
];

const common: InlineConfig = { configFile: false, root, logLevel: 'warn', publicDir: false };

function bundle(entry: string, name: string, out: string, format: 'es' | 'cjs'): InlineConfig {
  const folder = format === 'es' ? 'main' : 'preload';
  return {
    ...common,
    plugins: [keepFolders(folder)],
    build: {
      ssr: true,
      target: 'node24',
      outDir: path.join(out, folder),
      emptyOutDir: false,
      minify: false,
      rolldownOptions: {
        input: { [name]: path.join(source, entry) },
        external: packages,
        output: {
          format,
          entryFileNames: format === 'es' ? '[name].js' : '[name].cjs',
          codeSplitting: false,
        },
      },
    },
  };
}

/** Electron's main process, its children and the preload, which has to be CommonJS in a sandbox. */
export function mainConfigs(out: string): InlineConfig[] {
  return [
    ...Object.entries(entries).map(([name, entry]) => bundle(entry, name, out, 'es')),
    bundle('preload/index.ts', 'index', out, 'cjs'),
  ];
}
