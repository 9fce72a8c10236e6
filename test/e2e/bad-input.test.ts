import { describe, expect, it, vi } from 'vitest';
import { HEAD } from './bad-input-harness.ts';
import { aProject, expectRefusal } from './cli.ts';
import { each } from './run-each.ts';

vi.setConfig({ testTimeout: 120_000 });

describe('a source that cannot run', () => {
  const main = `export const main = pipeline({ name: 'main' }, async () => await one());\n`;
  const one = (options = '{}', fn = '() => 1') =>
    `export const one = component(${options}, ${fn});\n`;
  const SOURCES: Readonly<Record<string, readonly [string, ...string[]]>> = {
    'nothing.ts': ['', 'nothing.ts has no pipeline'],
    'hidden.ts': [
      `${one()}const main = pipeline({ name: 'main' }, async () => await one());`,
      'hidden.ts exports no pipeline',
      'export main',
    ],
    'several.ts': [
      `${one()}${main}export default pipeline({ name: 'other' }, () => 1);`,
      'several.ts has several pipelines: main, other',
      '--pipeline',
    ],
    'syntax.ts': ['export const main = pipeline({}, () => {', 'syntax.ts:2:41: '],
    'import.ts': [
      `import { x } from './nowhere.ts';\n${one('{}', '() => x')}${main}`,
      'import.ts:2:19: "./nowhere.ts" leads to no file',
    ],
    'package.ts': [
      `import x from 'no-such-package';\n${one('{}', '() => x')}${main}`,
      'package.ts:2:15: "no-such-package" is not installed',
      'npm i',
    ],
    'inside.ts': [
      `export const main = pipeline({ name: 'main' }, async () => await component({}, () => 1)());`,
      'inside.ts:2:',
      'declared inside a function',
    ],
    'outside.ts': [
      `${one()}${main}one();`,
      'outside.ts: component called outside a pipeline: one',
      'pipeline(…)',
    ],
    'clash.ts': [
      `${one(`{ name: 'same' }`)}const two = component({ name: 'same' }, () => 2);\nexport const main = pipeline({}, async () => [one(), two()]);`,
      '"same"',
      'clash.ts:2:',
      'clash.ts:3:',
    ],
    'version.ts': [
      `${one()}export const main = pipeline({ name: 'main', version: '1.x' }, () => one());`,
      'version.ts: option version of pipeline main: ',
    ],
    'name.ts': [
      `${one()}export const main = pipeline({ name: 'a\\nb' }, () => one());`,
      'name.ts: option name of pipeline "a\\nb": ',
    ],
    'project.ts': [
      `${one()}export const main = pipeline({ name: 'main', project: 'a//b' }, () => one());`,
      'project.ts: option project of pipeline main: ',
    ],
    'option.ts': [
      `${one('{ retryOnFail: 3 }')}${main}`,
      'option.ts: option retryOnFail of component one: there is no such option',
      'retryOnFailure',
    ],
    'snake.ts': [
      `${one(`{ return_values: ['a'] }`)}${main}`,
      'snake.ts: option return_values of component one',
      'returnValues',
    ],
    'refused.ts': [
      `${one()}export const main = pipeline({ multiInstanceSupport: true }, () => one());`,
      'option multiInstanceSupport of pipeline main: it is not needed',
    ],
    'frameworks.ts': [
      `${one('{ autoConnectFrameworks: true }')}${main}`,
      'option autoConnectFrameworks of component one: Headrace patches no framework:',
    ],
    'value.ts': [
      `${one('{ cache: { ttl: -1 } }')}${main}`,
      'value.ts: option cache.ttl of component one',
    ],
    'packages.ts': [
      `${one(`{ packages: ['Not A Package'] }`)}${main}`,
      'packages.ts: option packages of component one: "Not A Package"',
    ],
    'argsMap.ts': [
      `${one()}export const main = pipeline({ argsMap: { General: ['nope'] } }, () => one());`,
      'argsMap of pipeline "main"',
      '"nope"',
    ],
    'files.ts': [
      `import { readFileSync } from 'node:fs';\nexport const main = pipeline({}, () => readFileSync('x', 'utf8'));`,
      'files.ts:2:',
      '"node:fs"',
      'component',
    ],
    'beside.ts': [
      `${one('{}', `() => new URL('./data.csv', import.meta.url).href`)}${main}`,
      'beside.ts:2:',
      'import.meta',
    ],
  };

  it('an invalid source is rejected with exit code 2 and one sentence that names the file', async () => {
    const files = Object.entries(SOURCES).map(([file, [text]]) => [file, HEAD + text] as const);
    const { cli } = await aProject(Object.fromEntries(files));
    const refusals = await each(['nowhere.ts', ...Object.keys(SOURCES)], (file) =>
      cli('run', file, '--json'),
    );
    for (const [file, refusal] of Object.entries(refusals)) {
      const [, ...words] = SOURCES[file] ?? ['', 'cannot read nowhere.ts: there is no such file'];
      expectRefusal(refusal, ...words);
      expect(refusal.stderr, 'one sentence and its address').toMatch(
        /^[^\n]+\nsee headrace\/docs\/errors\.md#[a-z]+\n$/,
      );
    }
  });
});

describe('arguments', () => {
  const SOURCE = `${HEAD}
    type Kind = 'tree' | 'forest';
    export const main = pipeline({ name: 'main', argsMap: { General: ['text'] } },
      async (text: string, size: number, kind: Kind = 'tree', depth: 1 | 2 = 1, on = true, list: number[] = [], plain = 'p', any: unknown = null) =>
        [text, size, kind, depth, on, list, plain, any]);`;

  it('arguments are raw text for string parameters and JSON for others; a missing argument has its default', async () => {
    const { json } = await aProject({ 'main.ts': SOURCE });
    const given = [
      'General/text={"a":1}',
      'size=-0.5',
      'kind=forest',
      'depth=2',
      'on=false',
      'list=[1,2]',
      'plain=3',
      'any={"b":[null]}',
    ];
    const { code, run } = await json('run', 'main.ts', ...given.flatMap((each) => ['--arg', each]));
    expect({ code, result: run.result }).toEqual({
      code: 0,
      result: ['{"a":1}', -0.5, 'forest', 2, false, [1, 2], '3', { b: [null] }],
    });
    expect(run.args).toEqual({
      text: '{"a":1}',
      size: -0.5,
      kind: 'forest',
      depth: 2,
      on: false,
      list: [1, 2],
      plain: '3',
      any: { b: [null] },
    });
    const least = await json('run', 'main.ts', '--arg', 'text=a=b', '--arg', 'size=1');
    expect(least.run.result).toEqual(['a=b', 1, 'tree', 1, true, [], 'p', null]);
  });

  it('an argument of another type is rejected with its name', async () => {
    const { cli } = await aProject({ 'main.ts': SOURCE });
    const WRONG: Readonly<Record<string, string>> = {
      'size=1x': 'argument size: expected number, given "1x"',
      'size="1"': 'argument size: expected number, given "1"',
      'size=': 'argument size: expected number',
      'kind=shrub': 'argument kind: expected "tree" | "forest", given "shrub"',
      'depth=3': 'argument depth: expected 1 | 2, given 3',
      'on=1': 'argument on: expected boolean, given 1',
      'list={}': 'argument list: expected number[], given {}',
      'list=["a"]': 'argument list at list[0]: expected number, given "a"',
      'nope=1': 'unknown argument "nope"',
      'Mock/text=x': 'argument text is not in section "Mock": write General/text=…',
      text: '--arg "text" is not of the form name=value',
      'text=twice': 'argument text is given more than once',
    };
    const refusals = await each(Object.keys(WRONG), (argument) =>
      cli(
        'run',
        'main.ts',
        '--json',
        '--arg',
        argument,
        ...['text=x', 'size=1']
          .filter((other) => !argument.startsWith('size') || other !== 'size=1')
          .flatMap((other) => ['--arg', other]),
      ),
    );
    for (const [argument, refusal] of Object.entries(refusals))
      expectRefusal(refusal, WRONG[argument] ?? '');
    expectRefusal(
      await cli('run', 'main.ts', '--json', '--arg', 'text=x'),
      'argument size is missing: expected number',
    );
  });
});
