// Checks the licences of what ships and writes THIRD-PARTY-NOTICES.md; with --check only compares.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';

import { repositoryFolder } from './setup/places.mjs';

/** Permissive licences; anything else needs an entry below. */
const permissive = new Set([
  '0BSD',
  'Apache-2.0',
  'BlueOak-1.0.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'CC0-1.0',
  'ISC',
  'MIT',
  'NIST-Software',
  'OFL-1.1',
  'Python-2.0',
  'Unlicense',
  'Zlib',
]);

/** Packages under a weak copyleft licence that ship unmodified and as files of their own. */
const separateFiles: Record<string, { licence: string; why: string }> = {
  '@img/sharp-libvips-linux-x64': {
    licence: 'LGPL-3.0-or-later',
    why: 'libvips, the shared library under sharp: loaded from its own file, which may be replaced',
  },
  ...Object.fromEntries(
    ['lightningcss', 'lightningcss-linux-x64-gnu'].map((name) => [
      name,
      { licence: 'MPL-2.0', why: 'part of the build tool that the router names as a peer: none of it ships' },
    ]),
  ),
};

/** Licences that a package's own text gives and its package.json does not name. */
const namedByText: Record<string, string> = {
  // NIST's notice, and that of the HDF5 library in it.
  'h5wasm@0.10.3': 'NIST-Software AND BSD-3-Clause',
};

export interface ShippedPackage {
  name: string;
  version: string;
  licence: string;
  repository: string;
  licenceFile: string | null;
}

/** Whether an SPDX expression can be met with permissive licences alone. */
export function isPermissive(expression: string): boolean {
  const bare = expression.trim().replace(/^\((.*)\)$/, '$1');
  if (/ OR /.test(bare)) return bare.split(' OR ').some(isPermissive);
  if (/ AND /.test(bare)) return bare.split(' AND ').every(isPermissive);
  return permissive.has(bare);
}

/** Sentences about what may not ship; empty when all may. */
export function licenceProblems(
  packages: readonly Pick<ShippedPackage, 'name' | 'version' | 'licence'>[],
): string[] {
  return packages
    .filter(({ name, licence }) => !isPermissive(licence) && separateFiles[name]?.licence !== licence)
    .map(({ name, version, licence }) => `${name} ${version} is under ${licence}, which is not on the list`);
}

function shippedPackages(root: string): ShippedPackage[] {
  const program = path.join(
    root,
    'node_modules/license-checker-rseidelsohn/bin/license-checker-rseidelsohn.js',
  );
  const args = [program, '--production', '--json', '--excludePrivatePackages', '--start', root];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, {
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
  });
  if (status !== 0) throw new Error(`license-checker failed: ${stderr.trim()}`);
  const found = JSON.parse(stdout) as Record<
    string,
    { licenses: string | string[]; repository?: string; licenseFile?: string }
  >;
  return Object.entries(found)
    .map(([id, { licenses, repository, licenseFile }]) => {
      const at = id.lastIndexOf('@');
      const isText = licenseFile !== undefined && /licen[cs]e|copying/i.test(path.basename(licenseFile));
      return {
        name: id.slice(0, at),
        version: id.slice(at + 1),
        licence: namedByText[id] ?? (Array.isArray(licenses) ? licenses.join(' AND ') : licenses),
        repository: repository ?? '',
        licenceFile: isText ? licenseFile : null,
      };
    })
    .sort((a, b) => (`${a.name} ${a.version}` < `${b.name} ${b.version}` ? -1 : 1));
}

/** Longer texts (Node's own list of what it holds) are pointed at instead of copied. */
const longestTextBytes = 40_000;

function notices(root: string, packages: ShippedPackage[]): string {
  const texts = new Map<string, string[]>();
  for (const { name, version, licenceFile } of packages) {
    if (licenceFile === null) continue;
    const text = readFileSync(licenceFile, 'utf8').replaceAll('\r\n', '\n').trim();
    const shown =
      text.length > longestTextBytes
        ? `See ${path.relative(root, licenceFile)}: too long to repeat here.`
        : text.replaceAll('```', "'''");
    texts.set(shown, [...(texts.get(shown) ?? []), `${name} ${version}`]);
  }
  const separate = packages.filter(({ name }) => name in separateFiles);
  return [
    '# Third-party notices',
    '',
    'Written by `npm run format` from the production packages of package-lock.json; `npm run check` compares it.',
    '',
    'Readroom itself is under Apache-2.0 (see LICENSE). TensorFlow (Apache-2.0) is fetched from the Python package index by set-up, and NVIDIA’s CUDA libraries only when a person asks for them; neither is redistributed here.',
    '',
    '## Weak copyleft, as unmodified separate files',
    '',
    ...separate.map(
      ({ name, version, licence }) => `- ${name} ${version}, ${licence}: ${separateFiles[name]?.why ?? ''}`,
    ),
    '',
    '## Packages',
    '',
    '| package | version | licence | source |',
    '|---|---|---|---|',
    ...packages.map((one) => `| ${one.name} | ${one.version} | ${one.licence} | ${one.repository} |`),
    '',
    '## Licence texts',
    '',
    ...[...texts].flatMap(([text, names]) => [`### ${names.join(', ')}`, '', '```', text, '```', '']),
  ].join('\n');
}

if (import.meta.main) {
  const root = repositoryFolder;
  const file = path.join(root, 'THIRD-PARTY-NOTICES.md');
  const packages = shippedPackages(root);
  const problems = licenceProblems(packages);
  const text = notices(root, packages);
  if (process.argv.includes('--check')) {
    if (!existsSync(file) || readFileSync(file, 'utf8') !== text) {
      problems.push('THIRD-PARTY-NOTICES.md is not what the packages say: run npm run format');
    }
  } else {
    writeFileSync(file, text);
  }
  for (const problem of problems) process.stderr.write(`${problem}\n`);
  process.exitCode = problems.length === 0 ? 0 : 1;
}
