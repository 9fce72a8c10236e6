import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { ArtifactFile } from '../../../src/sdk/artifact-file.ts';
import { component } from '../../../src/sdk/component.ts';
import { PipelineDecorator } from '../../../src/sdk/decorator.ts';
import {
  DeclarationError,
  MissingParentError,
  NestedComponentError,
  NestedPipelineError,
  OutsidePipelineError,
  OutsideStepError,
} from '../../../src/sdk/errors.ts';
import { pipeline } from '../../../src/sdk/pipeline.ts';
import { sleep } from '../../../src/sdk/sleep.ts';
import { currentStep } from '../../../src/sdk/step-runtime.ts';
import { double, report, thrown } from './debug-harness.ts';

beforeAll(() => PipelineDecorator.debugPipeline());

describe('callbacks', () => {
  it('callbacks observe every change of status in order', async () => {
    const log: unknown[] = [];
    const watched = component(
      {
        preExecuteCallback: (run, node, params) => {
          log.push(['pre', run.name, run.args, node.status, { ...params }]);
          Object.assign(params, { n: 20 });
        },
        postExecuteCallback: (_, node) => void log.push(['post', node.status]),
        statusChangeCallback: (_, node, previous) => void log.push([previous, node.status]),
      },
      function watched(n: number, factor = 2) {
        return n * factor;
      },
    );
    const { result, statuses } = await report((x: number) => watched(double(x)), {}, { args: [5] });
    expect(result).toBe(40);
    expect(log).toEqual([
      ['pre', 'test', { x: 5 }, 'pending', { n: 10 }],
      ['pending', 'queued'],
      ['queued', 'running'],
      ['running', 'completed'],
      ['post', 'completed'],
    ]);
    expect(statuses.filter((line) => line.startsWith('watched'))).toHaveLength(3);
  });

  it('a pre-execute callback that returns false skips the step and its descendants, not the run', async () => {
    const never = component({ preExecuteCallback: () => false }, function never() {
      return 1;
    });
    const { status, states } = await report(() => void double(never()));
    expect([status, states]).toEqual(['completed', { never: 'skipped', double: 'skipped' }]);
  });

  it('an error of a callback is printed and changes nothing', async () => {
    const sturdy = component(
      {
        preExecuteCallback: () => {
          throw new Error('oops');
        },
      },
      () => 1,
    );
    const { result, lines } = await report(() => sturdy());
    expect(result).toBe(1);
    expect(lines.join('\n')).toContain('preExecuteCallback of step sturdy threw: Error: oops');
  });

  it('a callback may tag and abort the run', async () => {
    const stopper = component(
      { postExecuteCallback: (run) => [run.addTags(['seen', 'seen']), run.abort('enough')] },
      () => 1,
    );
    const { status, tags, states, error } = await report(() => void double(stopper()));
    expect([status, tags, states]).toEqual([
      'aborted',
      ['seen'],
      { stopper: 'completed', double: 'aborted' },
    ]);
    expect(error).toMatchObject({ message: 'enough' });
  });
});

describe('explicit parents', () => {
  const last = component({ parents: ['double'] }, function last() {
    return 'last';
  });

  it('an explicit parent delays the launch of a step, also when the parent is called later', async () => {
    const { steps, result } = await report(() => {
      const end = last();
      double(1);
      return end;
    });
    expect(result).toBe('last');
    expect(steps[0]).toMatchObject({ name: 'last', parents: ['double'] });
    expect(
      (steps[0]?.attempts[0]?.startedAt ?? 0) >=
        (steps[1]?.attempts[0]?.endedAt ?? Number.POSITIVE_INFINITY),
    ).toBe(true);
  });

  it.each([
    ['when the logic ends', async () => void last()],
    ['when the logic awaits the step', async () => await last()],
  ])('an explicit parent that is never called fails the run %s', async (_, logic) => {
    const { status, error } = await report(logic);
    expect(status).toBe('failed');
    expect(error).toBeInstanceOf(MissingParentError);
    expect(error).toMatchObject({ step: 'last', parent: 'double' });
  });

  it('a cycle of explicit parents fails the run', async () => {
    const a = component({ parents: ['b'] }, function a() {
      return 'a';
    });
    const b = component({ parents: ['a'] }, function b() {
      return 'b';
    });
    expect((await report(() => void [a(), b()])).error).toMatchObject({
      name: 'MissingParentError',
      message: expect.stringContaining('makes a cycle'),
    });
  });
});

describe('inside a step', () => {
  it('currentStep() returns the step, also after an await', async () => {
    const look = component({}, async function look() {
      await sleep(1);
      const { name, component, attempt, run, temporaryDirectory, signal } = currentStep();
      return {
        name,
        component,
        attempt,
        pipeline: run.pipeline,
        there: existsSync(temporaryDirectory),
        aborted: signal.aborted,
      };
    });
    expect((await report(() => void [look(), look()])).steps[1]?.values).toEqual([
      {
        name: 'look_1',
        component: 'look',
        attempt: 1,
        pipeline: 'test',
        there: true,
        aborted: false,
      },
    ]);
  });

  it('reports are printed, and artifacts and models are stored in a temporary folder', async () => {
    const busy = component({}, async function busy() {
      const step = currentStep();
      step.logger.reportScalar('loss', 'train', 0.5, 3);
      step.logger.reportText('hello');
      await step.uploadArtifact('table/1', { a: [1] }, { metadata: { unit: 'm' } });
      await writeFile(join(step.temporaryDirectory, 'm.bin'), 'model');
      await step.uploadModel('m', join(step.temporaryDirectory, 'm.bin'), { framework: 'onnx' });
      await PipelineDecorator.uploadArtifact('onRun', Buffer.from('raw'));
    });
    const { lines, steps, artifacts } = await report(() => void busy());
    expect(lines).toEqual(['[busy] loss/train 3: 0.5', '[busy] hello']);
    const [step] = steps;
    expect(step?.points).toMatchObject([
      { title: 'loss', series: 'train', value: 0.5, iteration: 3 },
    ]);
    expect(step?.artifacts).toMatchObject([
      { name: 'table/1', type: 'json', size: 9, metadata: { unit: 'm' } },
    ]);
    expect(await readFile(step?.artifacts[0]?.path ?? '', 'utf8')).toBe('{"a":[1]}');
    expect(await readFile(step?.models[0]?.path ?? '', 'utf8')).toBe('model');
    expect(artifacts).toMatchObject([{ name: 'onRun', type: 'bytes', size: 3 }]);
  });

  it('uploads to the run of a failed attempt stay with the attempt', async () => {
    const retried = component({ retryOnFailure: 1 }, async function retried() {
      const { attempt } = currentStep();
      await PipelineDecorator.uploadArtifact(`only${attempt}`, attempt);
      if (attempt === 1) throw new Error('once');
    });
    const { artifacts, steps } = await report(() => retried());
    expect(artifacts.map(({ name }) => name)).toEqual(['only2']);
    expect(steps[0]?.attempts[0]?.artifacts).toEqual(['only1']);
  });

  it('an ArtifactFile outlives its step', async () => {
    const write = component({ returnValues: ['file'] }, async () => {
      const path = join(currentStep().temporaryDirectory, 'x.txt');
      await writeFile(path, 'text');
      return new ArtifactFile(path);
    });
    const read = component({}, async (file: ArtifactFile) => await readFile(file.path, 'utf8'));
    expect((await report(() => read(write()))).result).toBe('text');
  });

  it('a step can call neither components nor pipelines', async () => {
    const inner = pipeline({ name: 'inner' }, () => 1);
    const nested = component({}, function nested() {
      double(1);
    });
    const starts = component({}, async function starts() {
      await inner();
    });
    expect((await report(async () => await nested())).error).toMatchObject({
      cause: expect.any(NestedComponentError),
      message: expect.stringContaining('component double was called in component nested'),
    });
    expect((await report(async () => await starts())).error).toMatchObject({
      cause: expect.any(NestedPipelineError),
    });
  });
});

describe('outside a step or a pipeline', () => {
  it('a component called outside a pipeline is refused with an explanation', () => {
    expect(() => double(1)).toThrow(OutsidePipelineError);
    expect(() => double(1)).toThrow(/^component called outside a pipeline: double/);
  });

  it('currentStep() and uploads are refused outside a step', async () => {
    expect(() => currentStep()).toThrow(OutsideStepError);
    expect(await thrown(PipelineDecorator.uploadArtifact('a', 1))).toBeInstanceOf(OutsideStepError);
  });

  it('a run refuses two components with one name', async () => {
    const twin = component({ name: 'double' }, () => 1);
    expect((await report(() => void [double(1), twin()])).error).toBeInstanceOf(DeclarationError);
  });

  it('component and pipeline refuse a declaration without a function', () => {
    expect(() => component({ name: 'x' }, 5 as never)).toThrow(
      /component x: the second argument of component\(…\) is the function/,
    );
    expect(() => pipeline({ name: 'x' }, undefined as never)).toThrow(
      /pipeline x: the second argument/,
    );
  });
});
