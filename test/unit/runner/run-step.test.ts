import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { runnerMessageSchema } from '../../../src/model/spec.ts';
import { StepStoppedError } from '../../../src/sdk/stop-errors.ts';
import { MemoryObjects } from '../../conformance/memory-objects.ts';
import { IMAGES } from '../../images.ts';
import { attempt, errorOf, folderOfTest, runtime, valuesOf } from './attempt.ts';

const image = (name: string): Buffer => IMAGES[name] ?? Buffer.alloc(0);

describe('the messages of an attempt', () => {
  it('messages start with started, end with finished, and are valid messages of the attempt', async () => {
    const done = await attempt(() => {
      runtime().logger.reportScalar('loss', 'train', 0.5, 1);
      return 1;
    });
    expect(done.messages.map(({ kind }) => kind)).toEqual(['started', 'reported', 'finished']);
    for (const message of done.messages) {
      expect(runnerMessageSchema.parse(message)).toEqual(message);
      expect(message).toMatchObject({ call: 0, attempt: 1, job: 'job-1', token: 'token-0' });
    }
    expect(done.messages[0]).toMatchObject({ logStream: 'logs/job-1' });
  });

  it('every point is sent, in order, in numbered batches of limited size', async () => {
    const done = await attempt(() => {
      for (let index = 0; index < 1234; index++)
        runtime().logger.reportScalar('loss', 'train', index, index);
    });
    expect(done.reports.flatMap(({ points }) => points.map(({ value }) => value))).toEqual(
      Array.from({ length: 1234 }, (_, index) => index),
    );
    expect(Math.max(...done.reports.map(({ points }) => points.length))).toBeLessThanOrEqual(500);
    expect(
      done.messages.flatMap((message) => (message.kind === 'reported' ? [message.sequence] : [])),
    ).toEqual([0, 1, 2]);
  });

  it('points are sent while the step runs', async () => {
    let onReported: () => void = () => undefined;
    const reported = new Promise<void>((resolve) => {
      onReported = resolve;
    });
    const done = await attempt(
      async () => {
        runtime().logger.reportScalar('a', 'b', 1, 1);
        await reported;
      },
      { send: async ({ kind }) => (kind === 'reported' ? onReported() : undefined) },
    );
    expect(done.exitCode).toBe(0);
  });

  it('NaN and infinities are points; other values and infinite iterations are refused', async () => {
    const done = await attempt(() => {
      const { logger } = runtime();
      logger.reportScalar('a', 'b', Number.NaN, 1);
      logger.reportScalar('a', 'b', Number.NEGATIVE_INFINITY, 2);
      expect(() => logger.reportScalar('a', 'b', '1' as unknown as number, 1)).toThrow(
        /must be a number, not string/,
      );
      expect(() => logger.reportScalar('a', 'b', 1, Number.NaN)).toThrow(
        /iteration must be a finite number/,
      );
      logger.reportText('hello');
    });
    valuesOf(done);
    expect(done.reports[0]?.points.map(({ value }) => value)).toEqual(['NaN', '-Infinity']);
    expect(done.reports[0]?.texts.map(({ text }) => text)).toEqual(['hello']);
  });
});

describe('plots', () => {
  it('a small table is in its record, a large one and an image are objects below the job', async () => {
    const done = await attempt(async () => {
      const { logger } = runtime();
      const rows = [{ a: 1 }];
      const small = logger.reportTable('rows', 'small', rows, 4);
      // The content is that of the call.
      rows.push({ a: 2 });
      await small;
      await logger.reportTable('rows', 'large', [{ a: 'x'.repeat(4096) }]);
      const path = join(runtime().temporaryDirectory, 'dot.png');
      await writeFile(path, image('png'));
      await logger.reportImage('sample', 'path', path, 1);
      await logger.reportImage('sample', 'bytes', new Uint8Array(image('gif of 1989')));
      await logger.reportConfusionMatrix('classes', 'all', { labels: ['a'], counts: [[2]] });
    });
    valuesOf(done);
    for (const message of done.messages)
      expect(runnerMessageSchema.parse(message)).toEqual(message);
    const plots = done.reports.flatMap((report) => report.plots ?? []);
    expect(plots).toMatchObject([
      { kind: 'table', title: 'rows', series: 'small', iteration: 4, width: 1, height: 1 },
      { kind: 'table', series: 'large', iteration: 0, format: 'json' },
      { kind: 'image', format: 'png', width: 3, height: 2, size: image('png').length },
      { kind: 'image', format: 'gif', iteration: 0 },
      { kind: 'confusionMatrix', width: 1, height: 1 },
    ]);
    expect(plots[0]?.value).toEqual({
      format: 'json',
      text: '{"columns":[{"name":"a","type":"number"}],"rows":[[1]]}',
    });
    const keys = plots.flatMap(({ value }) => ('key' in value ? [value.key] : []));
    expect(keys).toEqual([
      expect.stringMatching(/\/job-1\/plots\/1\.json$/),
      expect.stringMatching(/\/job-1\/plots\/2\.png$/),
      expect.stringMatching(/\/job-1\/plots\/3\.gif$/),
    ]);
    expect(Buffer.from(await done.objects.get(keys[1] ?? '', 1000))).toEqual(image('png'));
  });

  it('a plot that the step does not await is stored before the attempt completes', async () => {
    const done = await attempt(() => {
      void runtime().logger.reportImage('sample', 'bytes', image('png'));
    });
    valuesOf(done);
    expect(done.reports.flatMap((report) => report.plots ?? [])).toHaveLength(1);
  });

  it('a plot that is refused and not awaited fails the step', async () => {
    const done = await attempt(() => {
      void runtime().logger.reportImage('sample', 'html', Buffer.from('<html>'));
    });
    expect(errorOf(done)).toMatchObject({
      name: 'ReportError',
      message:
        'reportImage("sample", "html", …): the content is not a PNG, JPEG, GIF or WebP image: save the plot in one of these formats',
    });
  });

  it.each([
    ['a large image', () => Buffer.alloc(20 * 2 ** 20 + 1), /20,971,521 bytes.*20,971,520/],
    ['a missing file', () => '/missing.png', /there is no file \/missing\.png/],
    ['a folder', () => tmpdir(), /is not a file/],
    ['another value', () => 7, /must be bytes .* or the path of a file/],
  ])('%s is refused as an image', async (_, value, message) => {
    const done = await attempt(() =>
      runtime().logger.reportImage('sample', 'x', value() as unknown as string),
    );
    expect(errorOf(done).message).toMatch(message);
  });
});

describe('failures', () => {
  it('an error is recorded with name, message, stack and cause', async () => {
    const done = await attempt(() => {
      throw new RangeError('too far', { cause: new Error('inner') });
    });
    expect(done.exitCode).toBe(1);
    expect(errorOf(done)).toMatchObject({
      name: 'RangeError',
      message: 'too far',
      cause: { message: 'inner' },
    });
    expect(errorOf(done).stack).toContain('run-step.test.ts');
  });

  it.each([
    ['a number', 42, 'threw 42, which is not an Error'],
    ['text', 'text', 'threw "text", which is not an Error'],
    ['undefined', undefined, 'threw undefined, which is not an Error'],
    ['null', null, 'threw null, which is not an Error'],
  ])('a step that throws %s fails with NonError', async (_, thrown, message) => {
    const done = await attempt(() => Promise.reject(thrown));
    expect(errorOf(done)).toMatchObject({ name: 'NonError', message });
  });

  it('a huge error and an unreadable error fit a message', async () => {
    const huge = await attempt(() => Promise.reject(new Error('x'.repeat(10_000_000))));
    expect(JSON.stringify(errorOf(huge)).length).toBeLessThan(100_000);
    const hostile = new Proxy(new Error('x'), {
      get() {
        throw new Error('look away');
      },
    });
    expect(errorOf(await attempt(() => Promise.reject(hostile))).name).toBe('NonError');
  });

  it('points that were reported before a failure are sent', async () => {
    const done = await attempt(() => {
      runtime().logger.reportScalar('a', 'b', 1, 1);
      throw new Error('after');
    });
    expect(done.reports[0]?.points).toHaveLength(1);
    expect(errorOf(done).message).toBe('after');
  });
});

describe('uploads', () => {
  it('uploads belong to the step, and uploads of PipelineDecorator to the run', async () => {
    const folder = await folderOfTest();
    const path = join(folder, 'model.onnx');
    await writeFile(path, 'weights');
    const done = await attempt(async () => {
      await runtime().uploadArtifact('table', { rows: 3 }, { metadata: { source: 'test' } });
      await runtime().uploadArtifact('table', { rows: 4 });
      await runtime().uploadModel('net', path, { framework: 'onnx', metadata: { layers: 2 } });
      await runtime().uploadArtifactToRun('summary', 'fine');
      await runtime().uploadModelToRun('best', path);
    });
    valuesOf(done);
    const [report] = done.reports;
    expect(report?.artifacts).toMatchObject([
      { name: 'table', type: 'json', metadata: { source: 'test' }, preview: '{"rows":3}' },
      { name: 'table', preview: '{"rows":4}' },
    ]);
    expect(report?.models).toMatchObject([
      {
        name: 'net',
        framework: 'onnx',
        metadata: { layers: 2 },
        size: 7,
        value: { format: 'file', name: 'model.onnx' },
      },
    ]);
    expect(report?.onRun.artifacts).toMatchObject([{ name: 'summary' }]);
    expect(report?.onRun.models).toMatchObject([{ name: 'best', value: { format: 'file' } }]);
    for (const message of done.messages) runnerMessageSchema.parse(message);
  });

  it('an upload that is not awaited completes before the attempt', async () => {
    const done = await attempt(() => {
      void runtime().uploadArtifact('large', 'x'.repeat(100_000));
    });
    expect(done.reports[0]?.artifacts).toMatchObject([{ name: 'large', size: 100_002 }]);
  });

  it('an upload with an invalid name, value, metadata or path is refused', async () => {
    const done = await attempt(async () => {
      await expect(runtime().uploadArtifact('', 1)).rejects.toThrow(/needs a name/);
      await expect(runtime().uploadArtifact('a', { f: () => 1 })).rejects.toThrow(
        /artifact "a" cannot be stored: f is /,
      );
      await expect(runtime().uploadArtifact('a', 1, { metadata: { n: 1n } })).rejects.toThrow(
        /plain JSON/,
      );
      await expect(runtime().uploadModel('m', 'no/such/model')).rejects.toThrow(/no\/such\/model/);
    });
    expect(done.exitCode).toBe(0);
  });
});

describe('the runtime of a step', () => {
  it('a step knows its run, its name and its attempt', async () => {
    const done = await attempt(
      () => {
        const { run, name, component, attempt: number } = runtime();
        return { run, name, component, number };
      },
      { spec: { attempt: 3, step: 'stepOne_2' } },
    );
    const [value] = valuesOf(done);
    expect(value).toMatchObject({
      text: JSON.stringify({
        run: { id: '01hzzzzzzzzzzzzzzzzzzzzzzz', pipeline: 'pipe', project: 'default', number: 1 },
        name: 'stepOne_2',
        component: 'stepOne',
        number: 3,
      }),
    });
  });

  it('the temporary directory of a step exists when the step requests it', async () => {
    const done = await attempt(() => existsSync(runtime().temporaryDirectory));
    expect(valuesOf(done)).toEqual([{ format: 'json', text: 'true' }]);
  });
});

describe('stopping a step', () => {
  const stop = (signal: AbortController) =>
    signal.abort(new StepStoppedError('abort', 'the run was aborted'));

  it('a step that ignores its stop fails with the reason of the stop', async () => {
    const control = new AbortController();
    const done = await attempt(
      () => {
        queueMicrotask(() => stop(control));
        return new Promise(() => undefined);
      },
      { signal: control.signal },
    );
    expect(done.exitCode).toBe(143);
    expect(done.outcome).toMatchObject({
      ok: false,
      stopReason: 'abort',
      error: { name: 'StepStoppedError' },
    });
  });

  it('a step that observes its signal may finish first', async () => {
    const control = new AbortController();
    let cleaned = false;
    const done = await attempt(
      async () => {
        const { signal } = runtime();
        queueMicrotask(() => stop(control));
        await new Promise((resolve) => signal.addEventListener('abort', resolve));
        await new Promise((resolve) => setImmediate(resolve));
        cleaned = true;
      },
      { signal: control.signal },
    );
    expect(cleaned).toBe(true);
    expect(done.outcome).toMatchObject({ ok: false, stopReason: 'abort' });
  });

  it('a step that ignores its stop ends after its grace period', async () => {
    const control = new AbortController();
    const done = await attempt(
      () => {
        expect(runtime().signal.aborted).toBe(false);
        queueMicrotask(() => stop(control));
        return new Promise(() => undefined);
      },
      { signal: control.signal, stopGraceMs: 10 },
    );
    expect(done.exitCode).toBe(143);
  });

  it('a step that was stopped before its start does not run', async () => {
    const control = new AbortController();
    stop(control);
    let ran = false;
    const done = await attempt(
      () => {
        ran = true;
      },
      { signal: control.signal, objects: new MemoryObjects() },
    );
    expect(ran).toBe(false);
    expect(done.exitCode).toBe(143);
  });
});
