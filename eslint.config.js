// @ts-check
import js from '@eslint/js';
import vue from 'eslint-plugin-vue';
import tseslint from 'typescript-eslint';

// Of another library's type, which says the same in other words.
const vueRules = /** @type {import('typescript-eslint').ConfigArray} */ (
  /** @type {unknown} */ ([vue.configs['flat/recommended-error'], vue.configs['no-layout-rules']].flat())
);

export default tseslint.config(
  { ignores: ['node_modules/', 'coverage/', 'out/', 'docs/', 'test-results/'] },
  js.configs.recommended,
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.strictTypeChecked],
    languageOptions: {
      parserOptions: {
        project: [
          './tsconfig.portable.json',
          './tsconfig.node.json',
          './tsconfig.main.json',
          './tsconfig.preload.json',
          './tsconfig.renderer.json',
        ],
        tsconfigRootDir: import.meta.dirname,
        extraFileExtensions: ['.vue'],
      },
    },
    rules: {
      // Dependencies and unused results are said by name; an underscore says "on purpose".
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowNumber: true, allowBoolean: true, allowNullish: true },
      ],
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true },
      ],
      // `return done()` ends a function early in one line; types already keep the void from being used.
      '@typescript-eslint/no-confusing-void-expression': 'off',
      // Interfaces here are records of functions, not classes with a `this`.
      '@typescript-eslint/unbound-method': 'off',
      // A contract may ask for a promise where this implementation needs none.
      '@typescript-eslint/require-await': 'off',
      '@typescript-eslint/no-unnecessary-type-parameters': 'off',
      // An empty environment variable means "not set", so `||` is meant.
      '@typescript-eslint/prefer-nullish-coalescing': 'off',
      // `[index]!` after a bound check is what typed arrays in loops need under noUncheckedIndexedAccess.
      '@typescript-eslint/no-non-null-assertion': 'off',
      // typescript-eslint 8.73 overflows its stack in this rule on oRPC's recursive types.
      '@typescript-eslint/no-unsafe-class-instance-assignment': 'off',
      eqeqeq: ['error', 'always', { null: 'ignore' }],
      // Files from strangers hold control characters, and are searched for them.
      'no-control-regex': 'off',
      'max-lines': ['error', { max: 400, skipBlankLines: true, skipComments: true }],
    },
  },
  {
    files: ['src/renderer/**/*.vue'],
    extends: [tseslint.configs.strict, vueRules],
    languageOptions: { parserOptions: { parser: tseslint.parser } },
    rules: {
      // vue-tsc knows the browser's names.
      'no-undef': 'off',
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      'vue/block-order': ['error', { order: ['script', 'template', 'style'] }],
      'vue/component-api-style': ['error', ['script-setup']],
      'vue/no-v-html': 'error',
      // Props are typed: an optional one is undefined when it is not given.
      'vue/require-default-prop': 'off',
      'vue/no-static-inline-styles': ['error', { allowBinding: true }],
      eqeqeq: ['error', 'always', { null: 'ignore' }],
      'max-lines': ['error', { max: 400, skipBlankLines: true, skipComments: true }],
    },
  },
  {
    // Time and chance come in as parameters, or a rerun would differ.
    files: ['src/core/**', 'src/nn/**'],
    rules: {
      'no-restricted-properties': [
        'error',
        { object: 'Math', property: 'random', message: 'Use src/core/random.ts with a seed.' },
        {
          object: 'Date',
          property: 'now',
          message: 'core and nn have no clock: take the time as a parameter.',
        },
        {
          object: 'performance',
          property: 'now',
          message: 'core and nn have no clock: take the time as a parameter.',
        },
      ],
      'no-restricted-globals': ['error', 'process', 'setTimeout', 'setInterval'],
    },
  },
  {
    files: ['**/*.mjs', '**/*.js'],
    languageOptions: {
      globals: {
        process: 'readonly',
        setTimeout: 'readonly',
        setInterval: 'readonly',
        performance: 'readonly',
        URL: 'readonly',
        Request: 'readonly',
      },
    },
  },
  {
    files: ['test/**', 'bench/**'],
    rules: { 'max-lines': 'off' },
  },
);
