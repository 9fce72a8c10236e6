import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type ComponentDeclaration,
  componentDeclarationSchema,
  pipelineDeclarationSchema,
} from '../../../src/model/options.ts';
import { OptionError } from '../../../src/sdk/errors.ts';
import { checkEnvironments } from '../../../src/submit/environment.ts';

let root = '';
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'headrace-environment-'));
  mkdirSync(join(root, 'nested'));
  writeFileSync(join(root, 'package.json'), '{ "dependencies": {} }');
  writeFileSync(join(root, 'list.txt'), 'left-pad');
  writeFileSync(join(root, 'list.json'), '[]');
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

type Options = Partial<
  Pick<
    ComponentDeclaration,
    | 'packages'
    | 'docker'
    | 'dockerArgs'
    | 'repo'
    | 'workingDir'
    | 'resources'
    | 'environment'
    | 'secrets'
  >
>;
const pipeline = pipelineDeclarationSchema.parse({ name: 'main' });
const check = (options: Options): void =>
  checkEnvironments(
    pipeline,
    [
      componentDeclarationSchema.parse({
        id: 'main.ts#one',
        name: 'one',
        returnValues: ['x'],
        ...options,
      }),
    ],
    root,
  );

describe('the environment of a step', () => {
  it.each<[Options]>([
    [{ packages: [] }],
    [{ packages: ['csv-parse', 'csv-parse@^5', '@scope/name@>=1 <3', 'LegacyName'] }],
    [{ packages: 'package.json' }],
    [{ packages: './package.json' }],
    [{ docker: 'node:20-slim' }],
    [{ docker: 'registry.example:5000/team/image@sha256:0123456789abcdef' }],
    [{ repo: 'https://example.com/team/repo.git' }],
    [{ repo: 'git@example.com:team/repo.git' }],
    [{ repo: './nested' }],
    [{ workingDir: 'nested' }],
    [{ workingDir: './nested/../nested' }],
    [{ workingDir: '..hidden' }],
  ])('the environment %j is accepted', (options) => {
    expect(() => check(options)).not.toThrow();
  });

  it.each<[Options, string]>([
    [{ packages: ['Not A Package'] }, '"Not A Package" is no package'],
    [{ packages: ['left-pad', ''] }, '"" is no package'],
    [{ packages: ['left-pad@'] }, '"left-pad@" is no package'],
    [{ packages: './nowhere.json' }, '"./nowhere.json" cannot be read'],
    [{ packages: 'nested' }, '"nested" cannot be read'],
    [{ packages: 'list.txt' }, '"list.txt" holds no JSON'],
    [{ packages: 'list.json' }, '"list.json" holds no package.json'],
    [{ docker: '' }, '"" is no image'],
    [{ docker: 'node:20 --gpus all' }, 'dockerArgs'],
    [{ repo: './nowhere' }, '"./nowhere" is neither'],
    [{ workingDir: '/somewhere' }, 'relative to its root'],
    [{ workingDir: '../beside' }, 'relative to its root'],
    [{ workingDir: 'nested/../..' }, 'relative to its root'],
    [{ workingDir: '' }, 'relative to its root'],
  ])('the environment %j is refused', (options, reason) => {
    expect(() => check(options)).toThrow(OptionError);
    expect(() => check(options)).toThrow(`option ${Object.keys(options)[0]} of component one: `);
    expect(() => check(options)).toThrow(reason);
  });

  it.each<[Options]>([
    [{ resources: { cpu: 4 }, dockerArgs: '--memory 8g --env A=1' }],
    [{ environment: { A: '1' }, secrets: { B: 'team/b' }, dockerArgs: '--env C=1' }],
  ])('options that set different things are accepted together: %j', (options) => {
    expect(() => check(options)).not.toThrow();
  });

  it.each<[Options, option: string, other: string]>([
    [{ resources: { cpu: 4 }, dockerArgs: '--cpus 2' }, 'resources.cpu', 'dockerArgs has --cpus'],
    [
      { resources: { memory: '8 GiB' }, dockerArgs: '-m 4g' },
      'resources.memory',
      'dockerArgs has --memory',
    ],
    [{ resources: { gpu: 1 }, dockerArgs: '--gpus 2' }, 'resources.gpu', 'dockerArgs has --gpus'],
    [
      { resources: { disk: '50 GiB' }, dockerArgs: '--storage-opt size=30g' },
      'resources.disk',
      'dockerArgs has --storage-opt',
    ],
    [{ environment: { A: '1' }, secrets: { A: 'team/a' } }, 'environment.A', 'secrets has it'],
    [{ environment: { A: '1' }, dockerArgs: '--env A=2' }, 'environment.A', 'dockerArgs has it'],
  ])('two options that set the same are refused: %j', (options, option, other) => {
    expect(() => check(options)).toThrow(OptionError);
    expect(() => check(options)).toThrow(`option ${option} of component one: ${other}, too`);
  });

  it('the environment of a pipeline is checked, too', () => {
    expect(() =>
      checkEnvironments(
        pipelineDeclarationSchema.parse({ name: 'main', docker: 'two words' }),
        [],
        root,
      ),
    ).toThrow('option docker of pipeline main: ');
  });
});
