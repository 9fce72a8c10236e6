import { describe, expect, it } from 'vitest';
import { cacheKeyOf } from '../../../src/model/cache-key.ts';
import { jobSettingsOf, preparationOf } from '../../../src/model/container-settings.ts';
import { parseDockerArgs } from '../../../src/model/docker-args.ts';
import { INPUT_FILE_COMPONENT } from '../../../src/model/input-file.ts';
import {
  componentDeclarationSchema,
  pipelineDeclarationSchema,
} from '../../../src/model/options.ts';
import { withPipelineDefaults } from '../../../src/model/pipeline-defaults.ts';
import { withRepository } from '../../../src/model/repository.ts';
import { stepOptionsOf } from '../../../src/model/step-options.ts';

const component = (options: Readonly<Record<string, unknown>> = {}) =>
  componentDeclarationSchema.parse({ id: 'a', name: 'a', returnValues: ['x'], ...options });
const pipeline = (options: Readonly<Record<string, unknown>>) =>
  pipelineDeclarationSchema.parse({ name: 'p', ...options });

describe('resources', () => {
  it('are arguments of Docker, beside those that the component has', () => {
    const settings = jobSettingsOf(
      component({
        dockerArgs: '--shm-size 1g',
        resources: { cpu: 0.5, memory: '1.5 GiB', gpu: 1, disk: '100 GB' },
      }),
    );
    expect(settings.dockerArgs).toBe(
      '--shm-size 1g --cpus 0.5 --memory 1536m --gpus 1 --storage-opt size=100g',
    );
    expect(parseDockerArgs(settings.dockerArgs ?? '')).toMatchObject({
      vcpus: 0.5,
      memoryMiB: 1536,
      gpus: 1,
      diskGiB: 100,
    });
  });

  it('a step without them has the settings that it had before', () => {
    expect(jobSettingsOf(component())).toEqual({});
    expect(jobSettingsOf(component({ dockerArgs: '--cpus 2' }))).toEqual({
      dockerArgs: '--cpus 2',
    });
  });

  it.each([
    [{ memory: '16' }, 'a size is a number and a unit'],
    [{ memory: 16 }, 'expected string'],
    [{ cpu: 0 }, 'Too small'],
    [{ gpu: 1.5 }, 'expected int'],
    [{ cpus: 2 }, 'Unrecognized key'],
  ])('%j is refused', (resources, reason) => {
    expect(() => component({ resources })).toThrow(reason);
  });
});

describe('environment', () => {
  it.each([
    ['DB_PASSWORD', 'use the option secrets'],
    ['API_KEY', 'use the option secrets'],
    ['token', 'use the option secrets'],
    ['AWS_REGION', 'are set by Headrace and AWS'],
    ['NODE_OPTIONS', 'has no effect on a process that runs already'],
    ['A-B', 'letters, digits and underscores'],
  ])('the variable %s is refused', (name, reason) => {
    expect(() => component({ environment: { [name]: 'x' } })).toThrow(reason);
  });

  it('other variables are accepted, also with names that contain those of secrets', () => {
    const environment = { TZ: 'UTC', TOKENIZERS_PARALLELISM: 'false', _a1: '' };
    expect(component({ environment }).environment).toEqual(environment);
  });

  it('is part of the cache key, whatever the order of its variables', () => {
    const key = (environment?: Readonly<Record<string, string>>) =>
      cacheKeyOf({
        project: 'p',
        codeHash: 'c',
        packages: [],
        options: component(environment === undefined ? {} : { environment }),
        serializersHash: null,
        args: { format: 'json', text: '[]' },
        refs: [],
      });
    expect(key({ A: '1', B: '2' })).toBe(key({ B: '2', A: '1' }));
    expect(new Set([key(), key({ A: '1' }), key({ A: '2' })]).size).toBe(3);
  });
});

describe('options of the pipeline', () => {
  it('are defaults for components that set none, and variables and secrets are merged', () => {
    const defaults = pipeline({
      packages: ['csv-parse'],
      repo: 'https://example.org/a.git',
      repoCommit: 'abc',
      workingDir: 'src',
      dockerBashSetupScript: 'true',
      secrets: { A: 'a', B: 'b' },
      environment: { C: 'c' },
    });
    expect(withPipelineDefaults(component(), defaults)).toMatchObject({
      packages: ['csv-parse'],
      repo: 'https://example.org/a.git',
      repoCommit: 'abc',
      workingDir: 'src',
      dockerBashSetupScript: 'true',
      secrets: { A: 'a', B: 'b' },
      environment: { C: 'c' },
    });
    const own = component({
      packages: [],
      repo: 'https://example.org/b.git',
      secrets: { B: 'own' },
    });
    const merged = withPipelineDefaults(own, defaults);
    expect(merged).toMatchObject({ packages: [], repo: 'https://example.org/b.git' });
    // The commit of another repository means nothing.
    expect(merged.repoCommit).toBeUndefined();
    expect(merged.secrets).toEqual({ A: 'a', B: 'own' });
    expect(withPipelineDefaults(merged, defaults)).toEqual(merged);
  });

  it('image and resources of the job that evaluates the logic are no defaults for steps', () => {
    const defaults = pipeline({ docker: 'node:22', dockerArgs: '--cpus 4', resources: { gpu: 1 } });
    expect(withPipelineDefaults(component(), defaults)).toEqual(component());
  });

  it('the step behind inputFile installs and checks out nothing', () => {
    const input = component({ id: INPUT_FILE_COMPONENT.id });
    expect(withPipelineDefaults(input, pipeline({ packages: ['csv-parse'] }))).toBe(input);
  });
});

it('views show the options of a step that are set', () => {
  expect(stepOptionsOf(component())).toBeUndefined();
  expect(
    stepOptionsOf(
      component({ stage: 'train', draft: true, docker: 'node:22', secrets: { A: 'a' } }),
    ),
  ).toEqual({ stage: 'train', draft: true, docker: 'node:22', secrets: { A: 'a' } });
});

it('the changes of a local checkout are a setting of the job, which the supervisor receives', () => {
  const hash = 'a'.repeat(64);
  const repoPatch = { hash, key: `code/${hash}.patch`, size: 120, files: 2 };
  const resolved = withRepository(component({ repo: './repo' }), {
    url: 'https://git.example/a.git',
    commit: 'abc',
    patch: repoPatch,
  });
  expect(preparationOf(jobSettingsOf(resolved))).toEqual({
    repo: 'https://git.example/a.git',
    repoCommit: 'abc',
    repoPatch,
  });
});

it('views show the changes of a local checkout, and the URL of a repository without its password', () => {
  const hash = 'a'.repeat(64);
  expect(
    stepOptionsOf(
      component({
        repo: 'https://ada:s3cret@git.example/a.git',
        repoPatch: { hash, key: `code/${hash}.patch`, size: 120, files: 2 },
      }),
    ),
  ).toEqual({
    repo: 'https://ada:…@git.example/a.git',
    repoPatch: { files: 2, bytes: 120, hash },
  });
});
