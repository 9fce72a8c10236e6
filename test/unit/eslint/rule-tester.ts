/**
 * Runs rules on texts with the parsers of users: that of ESLint, and that of typescript-eslint with
 * and without type information.
 *
 * typescript-eslint needs a TypeScript whose compiler is JavaScript; the project's own is native.
 * API Extractor has one.
 *
 * @module
 */
import Module, { createRequire } from 'node:module';
import { join } from 'node:path';
import { type Linter, RuleTester } from 'eslint';
import { describe, it } from 'vitest';
import type { RuleModule } from '../../../src/eslint/plugin-types.ts';

const require = createRequire(import.meta.url);
const FIXTURES = join(import.meta.dirname, 'fixtures');

RuleTester.describe = describe;
RuleTester.it = it;

/** The parser, loaded with the TypeScript of API Extractor. */
function loadParser(): Linter.Parser {
  const typescript = createRequire(require.resolve('@microsoft/api-extractor')).resolve(
    'typescript',
  );
  const loader: unknown = Module;
  const { _resolveFilename: original } = loader as {
    _resolveFilename(request: string, ...rest: unknown[]): string;
  };
  const resolveFilename = function (this: unknown, request: string, ...rest: unknown[]): string {
    return request === 'typescript' ? typescript : original.call(this, request, ...rest);
  };
  Reflect.set(Module, '_resolveFilename', resolveFilename);
  try {
    return require('@typescript-eslint/parser');
  } finally {
    Reflect.set(Module, '_resolveFilename', original);
  }
}

const parser = loadParser();

const CONFIGS: Readonly<Record<'espree' | 'typescript' | 'types', Linter.Config>> = {
  espree: {},
  typescript: { languageOptions: { parser } },
  types: {
    languageOptions: {
      parser,
      parserOptions: {
        project: './tsconfig.json',
        tsconfigRootDir: FIXTURES,
        // In CI the parser expects to see a file once. Here each test has another text for it.
        disallowAutomaticSingleRunInference: true,
      },
    },
  },
};

interface RuleCases {
  readonly valid: readonly (string | { readonly name: string; readonly code: string })[];
  readonly invalid: readonly {
    readonly name: string;
    readonly code: string;
    readonly errors: readonly RuleTester.TestCaseError[];
  }[];
}

/** Declares a test for each case. */
export function testRule(
  name: string,
  rule: RuleModule,
  parserName: keyof typeof CONFIGS,
  { valid, invalid }: RuleCases,
): void {
  const filename = parserName === 'types' ? join(FIXTURES, 'pipeline.ts') : 'pipeline.js';
  new RuleTester(CONFIGS[parserName]).run(`${name} with the parser ${parserName}`, rule, {
    valid: valid.map((each) => ({
      ...(typeof each === 'string' ? { code: each } : each),
      filename,
    })),
    invalid: invalid.map(({ errors, ...each }) => ({ ...each, errors: [...errors], filename })),
  });
}
