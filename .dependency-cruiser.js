/** The layers of ARCHITECTURE.md. Type imports count: a layer that knows another's types knows the layer. */

/**
 * @param {string} layer
 * @param {string} comment why
 * @param {string[]} allowed path patterns inside src it may import besides itself
 */
const layer = (layer, comment, allowed) => ({
  name: `${layer}-imports`,
  comment,
  severity: /** @type {const} */ ('error'),
  from: { path: `^src/${layer}/` },
  to: { path: '^src/', pathNot: [`^src/${layer}/`, ...allowed] },
});

/**
 * @param {string} name
 * @param {string} comment
 * @param {string} packages
 * @param {string[]} places
 */
const onlyIn = (name, comment, packages, places) => ({
  name,
  comment,
  severity: /** @type {const} */ ('error'),
  from: { path: '^src/', pathNot: places },
  to: { path: `^node_modules/(${packages})(/|$)` },
});

/** @type {import('dependency-cruiser').IConfiguration} */
export default {
  forbidden: [
    layer('contract', 'The boundary depends on nothing of ours, so that every side can read it.', []),
    layer('core', 'Pure rules know the contract only.', ['^src/contract/']),
    layer('nn', 'Networks know rules and contract; whatever runs them comes in as a parameter.', [
      '^src/contract/',
      '^src/core/',
    ]),
    layer('compute', 'A backend serves networks and knows no process around it.', [
      '^src/contract/',
      '^src/core/',
      '^src/nn/',
    ]),
    layer('worker', 'Children compute and decode; they never open the database or reach into the engine.', [
      '^src/contract/',
      '^src/core/',
      '^src/nn/',
      '^src/compute/',
      '^src/files/',
      '^src/rpc/',
    ]),
    layer(
      'files',
      'Writing to the disk is one thing for engine and children, and knows not what it writes.',
      ['^src/contract/'],
    ),
    layer('rpc', 'Transports carry the contract and know nothing of what it means.', ['^src/contract/']),
    layer('engine', 'The engine spawns training instead of loading it; of networks it reads facts only.', [
      '^src/contract/',
      '^src/core/',
      '^src/files/',
      '^src/rpc/',
      '^src/nn/(network|described-network|stages)\\.ts$',
      '^src/nn/layer-table\\.ts$',
      '^src/nn/models/',
      '^src/nn/writers/tfjs-form\\.ts$',
    ]),
    layer('host', 'What hosts share: the page policy, where settings stand. It knows no host.', []),
    layer('server', 'Hosts only wire: they know the engine by its composition root.', [
      '^src/contract/',
      '^src/host/',
      '^src/rpc/',
      '^src/engine/create-engine\\.ts$',
    ]),
    layer('cli', 'Hosts only wire: the command line starts the engine or the server host, nothing else.', [
      '^src/contract/',
      '^src/core/(words|table-cells)\\.ts$',
      '^src/host/',
      '^src/rpc/',
      '^src/engine/create-engine\\.ts$',
      '^src/server/',
    ]),
    layer('main', 'The Electron host wires windows and processes; only its engine entry knows the engine.', [
      '^src/contract/',
      '^src/host/',
      '^src/rpc/',
      '^src/engine/create-engine\\.ts$',
    ]),
    {
      name: 'main-apart-from-engine',
      comment: 'SQLite in the process that answers the window would stall it.',
      severity: 'error',
      from: { path: '^src/main/', pathNot: '^src/main/engine\\.ts$' },
      to: { path: '^src/engine/' },
    },
    layer('renderer', 'Screens speak the contract; engine and host are on the other side of it.', [
      '^src/contract/',
      '^src/core/',
      '^src/nn/(schedules|network|stages)\\.ts$',
      '^src/nn/models/',
      '^src/rpc/',
    ]),
    layer('preload', 'The preload hands over one port and knows nothing else.', ['^src/contract/']),
    {
      name: 'features-apart',
      comment:
        'A feature of the screens never imports another one; what they share lives in ui, stores or api.',
      severity: 'error',
      from: { path: '^src/renderer/features/([^/]+)/' },
      to: { path: '^src/renderer/features/', pathNot: '^src/renderer/features/$1/' },
    },
    {
      name: 'no-node-in-portable',
      comment: 'contract, core, nn and renderer run in a browser too.',
      severity: 'error',
      from: { path: '^src/(contract|core|nn|renderer)/' },
      to: { dependencyTypes: ['core'] },
    },
    onlyIn(
      'tfjs-node-in-one-place',
      'Only the TensorFlow backend loads native TensorFlow.',
      '@tensorflow/tfjs-node[^/]*',
      ['^src/compute/tensorflow\\.ts$'],
    ),
    onlyIn('sqlite-in-one-place', 'Only the repositories speak SQL.', 'better-sqlite3', ['^src/engine/db/']),
    onlyIn(
      'codecs-in-the-decode-child',
      "Strangers' pictures are decoded in a limited child process only.",
      'sharp|bmp-ts|jpeg-js|pngjs|utif2?|dcmjs[^/]*|nifti-reader-js|dicom-character-set',
      ['^src/worker/decode(/|\\.ts$)'],
    ),
    onlyIn('hdf5-in-one-place', "Strangers' HDF5 is opened by the compute child only.", 'h5wasm', [
      '^src/worker/compute/hdf5\\.ts$',
    ]),
    onlyIn(
      'rpc-library-in-few-places',
      'The RPC library is an affair of contract, transports, router and the entries of children.',
      '@orpc',
      [
        '^src/contract/',
        '^src/rpc/',
        '^src/engine/(router\\.ts$|procedures/)',
        '^src/worker/[^/]+\\.ts$',
        '^src/worker/[^/]+/router\\.ts$',
      ],
    ),
    onlyIn('electron-in-its-host', 'Everything but the Electron host runs without Electron.', 'electron', [
      '^src/(main|preload)/',
    ]),
    {
      name: 'no-development-code',
      comment: 'What ships does not import tests, benchmarks or scripts.',
      severity: 'error',
      from: { path: '^src/' },
      to: { path: '^(test|bench|scripts)/' },
    },
    {
      name: 'no-development-packages',
      comment: 'What ships depends on production packages only.',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/(main|preload|renderer)/' },
      to: { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'], dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'no-cycles',
      comment: 'Two files that need each other are one thing cut in the wrong place.',
      severity: 'error',
      from: { path: '^src/' },
      to: { circular: true },
    },
    {
      name: 'resolvable',
      comment: 'An import that leads nowhere fails when it runs.',
      severity: 'error',
      from: { path: '^src/' },
      to: { couldNotResolve: true },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.node.json' },
    enhancedResolveOptions: {
      extensions: ['.ts', '.mjs', '.js', '.json'],
      conditionNames: ['import', 'node', 'default', 'types'],
      exportsFields: ['exports'],
    },
  },
};
