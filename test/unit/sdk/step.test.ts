import { afterEach, describe, expect, it, vi } from 'vitest';
import * as host from '../../../src/sdk/errors.ts';
import * as step from '../../../src/sdk/step/index.ts';
import { STEP_RUNTIME } from '../../../src/sdk/step/runtime.ts';

afterEach(() => Reflect.deleteProperty(globalThis, STEP_RUNTIME));

describe('the SDK inside a step', () => {
  it('components and pipelines refuse a call inside a step, by name', () => {
    Reflect.set(globalThis, STEP_RUNTIME, { component: 'outer' });
    const byOption = step.component({ name: 'train' }, () => 1);
    const byMeta = step.component({}, undefined, { id: 'x.ts#split', name: 'split' });
    const byFunction = step.PipelineDecorator.pipeline({}, function main() {
      return 1;
    });
    expect(byOption).toThrow('component train was called in component outer');
    expect(byMeta).toThrow(host.NestedComponentError);
    expect(byMeta).toThrow('component split was called');
    expect(byFunction).toThrow(host.NestedPipelineError);
    expect(byFunction).toThrow('pipeline main was called where no run can start');
  });

  it('currentStep() returns the runtime that the runner set', async () => {
    const calls: unknown[] = [];
    const runtime = {
      attempt: 3,
      uploadArtifactToRun: async (...args: unknown[]) => void calls.push(args),
      uploadModelToRun: async (...args: unknown[]) => void calls.push(args),
    };
    Reflect.set(globalThis, STEP_RUNTIME, runtime);
    expect(step.currentStep()).toBe(runtime);
    await step.PipelineDecorator.uploadArtifact('a', 1, { metadata: { x: 1 } });
    await step.PipelineDecorator.uploadModel('m', 'file');
    expect(calls).toEqual([
      ['a', 1, { metadata: { x: 1 } }],
      ['m', 'file', undefined],
    ]);
    step.PipelineDecorator.runLocally();
  });

  it('currentStep() and uploads are refused without a runner', () => {
    expect(() => step.currentStep()).toThrow(host.OutsideStepError);
    expect(() => step.PipelineDecorator.uploadArtifact('a', 1)).toThrow(
      'PipelineDecorator.uploadArtifact was called outside a step',
    );
  });

  it('sleep waits longer than one timer of Node.js can', async () => {
    vi.useFakeTimers();
    try {
      let ended = false;
      const sleeping = step.sleep('60d').then(() => {
        ended = true;
      });
      await vi.advanceTimersByTimeAsync(60 * 86_400_000 - 1);
      expect(ended).toBe(false);
      await vi.advanceTimersByTimeAsync(1);
      await sleeping;
    } finally {
      vi.useRealTimers();
    }
  });

  it('sleep accepts durations', async () => {
    await step.sleep(1);
    expect(() => step.sleep('soon')).toThrow(host.DurationError);
  });
});

describe('ArtifactFile', () => {
  it('an ArtifactFile has a path, and is recognized by its brand', () => {
    const file = new step.ArtifactFile('a/b.txt');
    expect(file.path).toBe('a/b.txt');
    expect(Reflect.get(file, Symbol.for('headrace.ArtifactFile'))).toBe(true);
    expect(() => new step.ArtifactFile('')).toThrow(/needs the path/);
  });
});
