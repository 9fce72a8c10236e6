import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Linter } from 'eslint';
import { describe, expect, it } from 'vitest';
import plugin from '../../../src/eslint/index.ts';
import { noImpureLogic } from '../../../src/eslint/rules/no-impure-logic.ts';
import { noNestedComponent } from '../../../src/eslint/rules/no-nested-component.ts';
import { PROVIDED_GLOBALS, PURE_BUILTINS } from '../../../src/eslint/unavailable.ts';
import { testRule } from './rule-tester.ts';

const HEAD = `import { component, pipeline } from 'headrace';
import { readFile } from 'node:fs/promises';
import os from 'os';
import { join } from 'node:path';
`;

testRule('no-impure-logic', noImpureLogic, 'espree', {
  valid: [
    {
      name: 'a step may use the environment, the network and files',
      code: `${HEAD}
export const load = component({}, async () => [process.env.HOME, await fetch('a'), await readFile('b'), await import('c')]);
async function train() { return [setTimeout, os.cpus()]; }
export const step = component({}, train);`,
    },
    {
      name: 'the top level and plain functions may use everything',
      code: `${HEAD}
const queue = process.env.QUEUE;
export function start() { return [fetch(queue), os.cpus()]; }`,
    },
    {
      name: 'the logic may use the clock, chance, pure modules, and test for a global',
      code: `${HEAD}
export const main = pipeline({ name: 'main' }, async () => {
  const a = [Date.now(), Math.random(), crypto.randomUUID(), join('a', 'b'), new URL('https://a.example')];
  process.nextTick(() => a);
  return typeof fetch === 'function' ? a : structuredClone(a);
});`,
    },
    {
      name: 'a local variable may have the name of a global',
      code: `${HEAD}
export const main = pipeline({ name: 'main' }, async (document) => {
  const fetch = () => document;
  return fetch();
});`,
    },
    {
      name: 'serializers run with the steps',
      code: `${HEAD}
export const main = pipeline({ name: 'main', artifactSerializer: (value) => readFile(value) }, () => 1);`,
    },
  ],
  invalid: [
    {
      name: 'process.env in the logic is reported by its name',
      code: `${HEAD}
export const main = pipeline({ name: 'main' }, async () => process.env.HOME);`,
      errors: [
        {
          message:
            "`process.env.HOME` is not available in a pipeline's logic, which is replayed and must do the same each time: pass it as an argument of the pipeline, or read it in a component.",
        },
      ],
    },
    {
      name: 'timers, the network, code from text and modules of Node.js are reported',
      code: `${HEAD}
export const main = pipeline({ name: 'main' }, async () => {
  setTimeout(() => 1, 10);
  await fetch('https://example.org');
  eval('1');
  await readFile(os.tmpdir());
  await import('other');
  return new EventTarget();
});`,
      errors: [
        {
          messageId: 'global',
          data: {
            name: 'setTimeout',
            advice: "use sleep('5s') of headrace to wait, or move it into a component",
          },
        },
        { messageId: 'global' },
        { messageId: 'global' },
        { messageId: 'builtin', data: { module: 'node:fs/promises' } },
        { messageId: 'builtin', data: { module: 'os' } },
        { messageId: 'import' },
        { messageId: 'global' },
      ],
    },
    {
      name: 'functions that the logic calls are logic, over several calls',
      code: `${HEAD}
const inner = () => fetch('a');
function outer() { return [1].map(inner); }
async function main() { return outer(); }
export default pipeline({ name: 'main' }, main);`,
      errors: [{ messageId: 'global', line: 6 }],
    },
    {
      name: 'callbacks of a component are logic',
      code: `${HEAD}
export const load = component({ postExecuteCallback: () => fetch('a'), retryOnFailure() { return process.env.RETRY; } }, () => 1);`,
      errors: [{ messageId: 'global' }, { messageId: 'process' }],
    },
  ],
});

testRule('no-nested-component', noNestedComponent, 'espree', {
  valid: [
    {
      name: 'components at the top level that the pipeline calls are right',
      code: `${HEAD}
const load = component({}, () => 1);
const train = component({}, (rows) => rows);
export const main = pipeline({ name: 'main' }, async () => { const each = () => train(load()); return each(); });`,
    },
  ],
  invalid: [
    {
      name: 'a component that a step calls is reported, also in a function that the step calls',
      code: `${HEAD}
const load = component({}, () => 1);
const twice = () => [load(), load()];
const train = component({}, () => [load(), twice()]);`,
      errors: [
        { messageId: 'called', line: 7 },
        { messageId: 'called', line: 7 },
        { messageId: 'called', line: 8 },
      ],
    },
    {
      name: 'a component or a pipeline that is declared in a function is reported',
      code: `${HEAD}
export const make = () => [component({}, () => 1), pipeline({ name: 'main' }, () => 1)];`,
      errors: [
        { messageId: 'declared', data: { kind: 'component' } },
        { messageId: 'declared', data: { kind: 'pipeline' } },
      ],
    },
  ],
});

describe('the tables of the rules', () => {
  const builtins = readdirSync(join(import.meta.dirname, '../../../src/sdk/replay/builtins')).map(
    (file) => file.replace(/\.ts$/, ''),
  );

  it('every global that the replay SDK provides is allowed in the logic', () => {
    const provided = builtins.flatMap((name) =>
      name.startsWith('global-') ? name.split('-').slice(1) : [],
    );
    expect(provided.filter((name) => !PROVIDED_GLOBALS.has(name))).toEqual([]);
  });

  it('every module of Node.js that the replay SDK provides is allowed in the logic', () => {
    const modules = builtins.filter((name) => !name.startsWith('global-'));
    expect(modules.filter((name) => !PURE_BUILTINS.has(name))).toEqual([]);
  });
});

describe('the recommended configuration', () => {
  it('the recommended configuration has every rule of the plugin as an error', () => {
    // The type of ESLint accepts the plugin without a conversion.
    const config: Linter.Config = plugin.configs.recommended;
    expect(config.plugins).toEqual({ headrace: plugin });
    expect(config.rules).toEqual(
      Object.fromEntries(Object.keys(plugin.rules).map((name) => [`headrace/${name}`, 'error'])),
    );
  });
});
