import { describe, expect, it, vi } from 'vitest';
import { aProject } from './cli.ts';

vi.setConfig({ testTimeout: 120_000 });

const SOURCE = `
  import { component, currentStep, pipeline, withMetadata } from 'headrace';
  const one = component({ returnValues: ['rows'] }, () => withMetadata([1, 2], { count: 2, source: { url: 'a' } }));
  const two = component({ returnValues: ['left', 'right'] }, () => [withMetadata(1, { kind: 'left' }), 2] as const);
  const total = component({ monitorMetrics: ['loss'] }, (rows: number[], left: number) => {
    const { logger } = currentStep();
    for (const series of ['train', 'test']) logger.reportScalar('loss', series, 1, 0);
    logger.reportScalar('accuracy', 'test', 1, 0);
    return rows.length + left;
  });
  export const main = pipeline({ name: 'main' }, async () => { const [left] = two(); return await total(one(), left); });

  const nested = component({}, () => [withMetadata(1, { a: 1 })]);
  export const inside = pipeline({ name: 'inside' }, async () => await nested());
  const invalid = component({}, () => withMetadata(1, { a: () => 1 }));
  export const noJson = pipeline({ name: 'noJson' }, async () => await invalid());
  const twice = component({ returnValues: ['v'] }, async () => { await currentStep().uploadArtifact('v', 1); return 2; });
  export const same = pipeline({ name: 'same' }, async () => await twice());`;

describe.each(['local', 'debug'])('metadata of return values in %s mode', (mode) => {
  it('is shown with the artifact, and the value arrives without it', async () => {
    const project = await aProject({ 'main.ts': SOURCE });
    const { run } = await project.json('run', 'main.ts', '--pipeline', 'main', '--mode', mode);
    expect(run.result).toBe(3);
    const metadata = run.steps.flatMap(({ artifacts }) =>
      artifacts.flatMap((each) =>
        each.metadata === undefined ? [] : [[each.name, each.metadata]],
      ),
    );
    expect(Object.fromEntries(metadata)).toEqual({
      rows: { count: 2, source: { url: 'a' } },
      left: { kind: 'left' },
    });
    if (mode === 'debug') return;
    const listed = await project.cli('artifacts', 'list', 'latest');
    expect(listed.stdout).toContain('{"count":2,"source":{"url":"a"}}');
    expect(run.metrics.map(({ title, series }) => `${title}/${series}`).sort()).toEqual([
      'loss/test',
      'loss/train',
    ]);
  });

  it('is refused inside a value and if it is no JSON, and so is an upload with the name of a return value', async () => {
    const project = await aProject({ 'main.ts': SOURCE });
    const messageOf = async (pipeline: string) =>
      (await project.json('run', 'main.ts', '--pipeline', pipeline, '--mode', mode)).run.error
        ?.message;
    expect(await messageOf('same')).toContain('"v" is the name of a return value of the step');
    expect(await messageOf('noJson')).toContain('cannot be passed between steps');
    // Debug mode does not encode values.
    if (mode === 'local')
      expect(await messageOf('inside')).toContain('withMetadata(…) can only be');
  });
});
