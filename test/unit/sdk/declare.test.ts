import { describe, expect, it } from 'vitest';
import type * as model from '../../../src/model/history.ts';
import { declareComponent, declarePipeline } from '../../../src/sdk/declare.ts';
import { OptionError } from '../../../src/sdk/errors.ts';
import type { NodeView } from '../../../src/sdk/option-types.ts';
import { validateComponent, validatePipeline } from '../../../src/sdk/validate.ts';

const meta = { id: 'src/steps.ts#stepOne', name: 'stepOne' };
const component = (options: unknown) =>
  validateComponent(JSON.parse(JSON.stringify(declareComponent(options, meta).raw)));
const pipeline = (options: unknown) =>
  validatePipeline(
    JSON.parse(JSON.stringify(declarePipeline(options, { id: 'main.ts#main', name: 'main' }).raw)),
  );

function refusal(declare: () => unknown): OptionError {
  try {
    declare();
  } catch (error) {
    if (error instanceof OptionError) return error;
    throw error;
  }
  throw new Error('the declaration was accepted');
}

describe('a component', () => {
  it('a component without options has the defaults', () => {
    expect(component({})).toMatchObject({
      ...meta,
      returnValues: ['return_object'],
      cache: false,
      taskType: 'data_processing',
      continueBehaviour: {
        continueOnFail: false,
        continueOnAbort: false,
        skipChildrenOnFail: true,
        skipChildrenOnAbort: true,
      },
      retryBackoff: { initialSeconds: 1, factor: 2, maxSeconds: 60 },
      callbacks: [],
    });
  });

  it('a component accepts every option of the reference', () => {
    const nothing = () => undefined;
    const options = {
      name: 'load',
      returnValues: ['a', 'b'],
      cache: { ttl: 60, salt: 's', mode: 'refresh' },
      packages: ['csv-parse@^5'],
      executionQueue: 'cpu',
      continueOnFail: true,
      docker: 'node:20',
      dockerArgs: '--ipc=host',
      dockerBashSetupScript: 'apt-get update',
      taskType: 'training',
      repo: './repo',
      repoBranch: 'main',
      repoCommit: 'abc',
      secrets: { DB_PASSWORD: 'team/database:password' },
      helperFunctions: [nothing],
      parents: ['first'],
      retryOnFailure: 3,
      preExecuteCallback: nothing,
      postExecuteCallback: nothing,
      statusChangeCallback: nothing,
      monitorMetrics: [
        ['t', 's'],
        [
          ['t', 's'],
          ['r', 's'],
        ],
      ],
      monitorArtifacts: ['a', ['b', 'c']],
      monitorModels: ['model_*'],
      tags: ['x'],
      environment: { MODE: 'fast' },
      resources: { cpu: 4, memory: '16 GiB' },
      draft: true,
      stage: 'prepare',
      workingDir: 'src',
      autoConnectFrameworks: false,
      autoConnectArgParser: false,
      timeoutSeconds: 60,
    };
    expect(component(options)).toMatchObject({
      name: 'load',
      retryOnFailure: 3,
      continueBehaviour: { continueOnFail: true, skipChildrenOnFail: true },
      callbacks: ['preExecute', 'postExecute', 'statusChange'],
      monitorMetrics: [
        ['t', 's'],
        [
          ['t', 's'],
          ['r', 's'],
        ],
      ],
      workingDir: 'src',
    });
  });

  it('the functions of a component are separated from its data', () => {
    const retry = () => true;
    const { raw, callbacks } = declareComponent({ retryOnFailure: retry }, meta);
    expect(callbacks).toEqual({ retry });
    expect(raw).toMatchObject({ callbacks: ['retry'] });
    expect(raw).not.toHaveProperty('retryOnFailure');
  });

  it('an option that is undefined counts as left out', () => {
    expect(component({ cache: undefined, nonsense: undefined })).toEqual(component({}));
  });

  it('continueBehaviour and its short form are merged, and refused when they contradict', () => {
    expect(
      component({ continueBehaviour: { skipChildrenOnFail: false }, continueOnFail: true })
        .continueBehaviour,
    ).toMatchObject({
      continueOnFail: true,
      skipChildrenOnFail: false,
    });
    expect(
      refusal(() =>
        component({ continueBehaviour: { continueOnFail: true }, continueOnFail: false }),
      ).option,
    ).toBe('continueOnFail');
  });

  it.each<[unknown, string, RegExp]>([
    [{ cached: true }, 'cached', /did you mean cache\?/],
    [{ return_values: ['a'] }, 'return_values', /did you mean returnValues\?/],
    [{ excutionQueue: 'q' }, 'excutionQueue', /did you mean executionQueue\?/],
    [
      { return_values: ['a'], cache: true, execution_queue: 'q', task_type: 'x' },
      'return_values',
      /did you mean returnValues\?; execution_queue: .*executionQueue\?; task_type: .*taskType\?/,
    ],
    [
      { frobnicate: 1 },
      'frobnicate',
      /there is no such option; there are .*cache, .*timeoutSeconds/,
    ],
    [{ cache: 'yes' }, 'cache', /it must be true or false, not a text|an object/],
    [{ cache: { ttl: -1 } }, 'cache.ttl', /must be (at least|more than) 0/],
    [{ returnValues: [] }, 'returnValues', /at least 1 item/],
    [{ returnValues: ['a', 'a'] }, 'returnValues', /the name a is used twice/],
    [{ returnValues: 'a' }, 'returnValues', /must be a list, not a text/],
    [{ name: 'a#b' }, 'name', /control characters, backslashes or #/],
    [{ name: 5 }, 'name', /must be a text, not a number/],
    [{ executionQueue: '' }, 'executionQueue', /must not be empty/],
    [{ continueOnFail: 'yes' }, 'continueOnFail', /must be true or false, not a/],
    [
      { continueBehaviour: { skipChildren: true } },
      'continueBehaviour.skipChildren',
      /there are continueOnFail/,
    ],
    [
      { continueBehaviour: { skipChildrenOnFail: 1 } },
      'continueBehaviour.skipChildrenOnFail',
      /must be true or false, not a/,
    ],
    [{ retryOnFailure: -1 }, 'retryOnFailure', /must be (at least|more than) 0/],
    [{ retryOnFailure: Number.NaN }, 'retryOnFailure', /this is NaN/],
    [{ timeoutSeconds: 0 }, 'timeoutSeconds', /must be (at least|more than) 0/],
    [{ preExecuteCallback: 'f' }, 'preExecuteCallback', /a function is expected, this is a string/],
    [{ secrets: ['team/database'] }, 'secrets', /must be an object, not a list/],
    [
      { secrets: { 'DB PASSWORD': 'db' } },
      'secrets.DB PASSWORD',
      /letters, digits and underscores/,
    ],
    [{ secrets: { AWS_ACCESS_KEY_ID: 'db' } }, 'secrets.AWS_ACCESS_KEY_ID', /cannot hold secrets/],
    [
      { secrets: { DB_PASSWORD: 'a secret, with its value: 42' } },
      'secrets.DB_PASSWORD',
      /is the name of one in Secrets Manager/,
    ],
    [{ tags: [() => 1] }, 'tags[0]', /plain data is expected, this is a function/],
    [{ helperFunctions: ['f'] }, 'helperFunctions', /a list of functions/],
    [{ autoConnectFrameworks: true }, 'autoConnectFrameworks', /Headrace patches no framework/],
    [{ autoConnectArgParser: {} }, 'autoConnectArgParser', /parameters are always recorded/],
    [{ multiInstanceSupport: true }, 'multiInstanceSupport', /any number of runs/],
    [null, '(all)', /an object of options, this is null/],
  ])('the component options %j are refused', (options, option, message) => {
    const error = refusal(() => component(options));
    expect(error.option).toBe(option);
    expect(error.message).toMatch(message);
    expect(error.message).toMatch(/^option .* of component (stepOne|a#b|5)/);
  });
});

describe('a pipeline', () => {
  it('a pipeline accepts every option of the reference and has defaults', () => {
    const options = {
      name: 'iris',
      project: 'team/examples',
      version: '0.1',
      returnValue: 'accuracy',
      defaultQueue: 'cpu',
      poolFrequency: 0.5,
      addPipelineTags: true,
      targetProject: 'team/steps',
      abortOnFailure: true,
      addRunNumber: false,
      retryOnFailure: 2,
      autoVersionBump: false,
      pipelineExecutionQueue: null,
      argsMap: { General: ['url'] },
      docker: 'node:20',
      packages: './package.json',
      repo: 'https://example.com/r.git',
      workingDir: 'src',
      artifactSerializer: () => '',
      artifactDeserializer: () => 1,
    };
    expect(pipeline(options)).toMatchObject({
      name: 'iris',
      version: '0.1.0',
      pipelineExecutionQueue: null,
      hasSerializer: true,
      hasDeserializer: true,
      argsMap: { General: ['url'] },
    });
    expect(pipeline({})).toMatchObject({
      name: 'main',
      project: 'default',
      version: '1.0.0',
      autoVersionBump: true,
      pipelineExecutionQueue: 'services',
    });
  });

  it.each<[unknown, string, RegExp]>([
    [{ projekt: 'x' }, 'projekt', /did you mean project\?/],
    [{ version: '1.x' }, 'version', /up to three numbers/],
    [{ version: '1.0.20261128123456789' }, 'version', /at most nine digits/],
    [{ version: '1e30' }, 'version', /at most nine digits/],
    [{ version: '9'.repeat(400) }, 'version', /at most nine digits/],
    [{ project: '../x' }, 'project', /"\." or "\.\."/],
    [{ name: '' }, 'name', /must not be empty/],
    [{ argsMap: { G: 'a' } }, 'argsMap.G', /must be a list/],
    [{ startControllerLocally: true }, 'startControllerLocally', /runLocally\(\)/],
    [{ skipGlobalImports: true }, 'skipGlobalImports', /exactly the imports/],
    [{ enableLocalImports: true }, 'enableLocalImports', /always bundled/],
    [
      { artifactSerializationFunction: () => 1 },
      'artifactSerializationFunction',
      /it is called artifactSerializer/,
    ],
    [{ artifactSerializer: () => 1 }, 'artifactSerializer', /needs artifactDeserializer beside it/],
    [
      { artifactSerializer: 'x', artifactDeserializer: () => 1 },
      'artifactSerializer',
      /a function is expected/,
    ],
    [{ outputUri: 's3://bucket' }, 'outputUri', /in the home or in the bucket/],
    [{ cache: true }, 'cache', /there is no such option/],
  ])('the pipeline options %j are refused', (options, option, message) => {
    const error = refusal(() => pipeline(options));
    expect([error.option, error.name]).toEqual([option, 'OptionError']);
    expect(error.message).toMatch(message);
  });
});

it('the view of a step for callbacks has the type that the history stores', () => {
  const view: model.CallbackNode = {
    name: 's',
    component: 's',
    status: 'queued',
    attempt: 0,
    parents: [],
    executionQueue: 'q',
    artifacts: [],
    models: [],
  };
  const seen: NodeView = view;
  expect(seen).toBe(view);
});
