// What the panel's code keeps to, beside TypeScript's own strictness: the house of docs/design.md.
import tsPlugin from '@typescript-eslint/eslint-plugin';
import tsParser from '@typescript-eslint/parser';
import reactHooks from 'eslint-plugin-react-hooks';

/** Floors point down: rest < model < ui < features. Features speak to each other by commands and tokens only. */
const below = { rest: ['**/model/**', '**/ui/**'], model: ['**/ui/**'] };
const features = ['activity', 'browse', 'compare', 'documents', 'kale', 'panel', 'policy', 'restore', 'snapshots', 'status', 'volumes'];

const floor = (name, patterns) => ({
  files: [`labextension/${name}/**/*.{ts,tsx}`],
  rules: {
    'no-restricted-imports': ['error', { patterns: [{ group: patterns, message: 'Floors point down (docs/design.md).' }] }]
  }
});

export default [
  { ignores: ['labextension/rest/schema.ts'] },
  {
    files: ['labextension/**/*.{ts,tsx}'],
    languageOptions: { parser: tsParser, parserOptions: { project: './tsconfig.eslint.json' } },
    plugins: { '@typescript-eslint': tsPlugin, 'react-hooks': reactHooks },
    rules: {
      ...reactHooks.configs.recommended.rules,
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports' }],
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': ['error', { checksVoidReturn: false }],
      '@typescript-eslint/switch-exhaustiveness-check': 'off',
      'max-lines': ['error', { max: 400 }],
      'max-lines-per-function': ['error', { max: 60, skipBlankLines: true, skipComments: true }],
      'max-depth': ['error', 3],
      'max-params': ['error', 8],
      'no-console': 'error',
      curly: 'error',
      eqeqeq: 'error',
      'prefer-const': 'error'
    }
  },
  {
    // A component is a function; 150 lines are its budget.
    files: ['labextension/**/*.tsx'],
    rules: { 'max-lines-per-function': ['error', { max: 150, skipBlankLines: true, skipComments: true }] }
  },
  {
    files: ['labextension/**/*.spec.{ts,tsx}'],
    rules: { 'max-lines-per-function': 'off' }
  },
  floor('rest', below.rest.concat(features.map(name => `**/${name}/**`))),
  floor('model', below.model.concat(features.map(name => `**/${name}/**`))),
  floor('ui', features.map(name => `**/${name}/**`)),
  ...features.map(name => floor(name, features.filter(other => other !== name).map(other => `**/../${other}/**`)))
];
