/**
 * Pipelines on a deployed stack, started with the command line.
 *
 * @module
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { headrace as local, statuses, temporaryFolder } from '../../e2e/headrace.ts';
import { type Cloud, startCloud } from './cloud.ts';
import { jobsOf } from './jobs.ts';
import { clientOf, headrace, pipelineFile, printed } from './remote.ts';

let cloud: Cloud;
beforeAll(async () => {
  cloud = await startCloud({ config: { projects: { examples: {}, other: {} } } });
});
afterAll(() => cloud?.stop());

const IRIS = 'examples/iris/pipeline.ts';

describe('a deployed Headrace', () => {
  it('the iris pipeline completes in a deployed stack with the accuracy of a local run', {
    timeout: 300_000,
  }, async () => {
    const localRun = await local(await temporaryFolder(), 'run', IRIS);
    const { code, run, stderr } = await printed(cloud, 'run', IRIS);
    expect({ code, status: run.status }, stderr).toEqual({ code: 0, status: 'completed' });
    expect(run).toMatchObject({
      pipeline: 'iris',
      project: 'examples',
      version: '0.1.0',
      number: 1,
      result: localRun.run.result,
    });
    expect(statuses(run)).toEqual({
      stepOne: 'completed',
      stepTwo: 'completed',
      stepThree: 'completed',
      stepFour: 'completed',
    });
    expect(run.steps.map(({ artifacts }) => artifacts.map(({ name }) => name))).toEqual(
      localRun.run.steps.map(({ artifacts }) => artifacts.map(({ name }) => name)),
    );

    const again = await printed(cloud, 'run', IRIS);
    expect(statuses(again.run)).toEqual({
      stepOne: 'cached',
      stepTwo: 'completed',
      stepThree: 'completed',
      stepFour: 'completed',
    });
    expect(again.run).toMatchObject({ number: 2, result: localRun.run.result });
  });

  it('a fan-out is launched as one array job of containers, and its results are joined', {
    timeout: 600_000,
  }, async () => {
    const width = 12;
    const file = await pipelineFile(`
      import { component, pipeline } from 'headrace';
      const square = component({ returnValues: ['square'] }, async function square(value: number) { return value * value; });
      const sum = component({ returnValues: ['sum'] }, async function sum(values: number[]) { return values.reduce((total, value) => total + value, 0); });
      export const main = pipeline({ name: 'squares', project: 'examples', version: '1' }, async function main(width: number) {
        return await sum(Array.from({ length: width }, (_, value) => square(value)));
      });`);
    const { run, stderr } = await printed(cloud, 'run', file, '--arg', `width=${width}`);
    expect(run, stderr).toMatchObject({
      status: 'completed',
      result: ((width - 1) * width * (2 * width - 1)) / 6,
    });
    const jobs = await jobsOf(cloud, run.id);
    expect(
      jobs.map(({ arrayProperties }) => arrayProperties?.size ?? 1).sort((a, b) => a - b),
    ).toEqual([1, width]);
  });

  it('the logs and metrics of a step are shown', { timeout: 300_000 }, async () => {
    const file = await pipelineFile(`
      import { component, currentStep, pipeline } from 'headrace';
      const report = component({ returnValues: ['reported'] }, async function report() {
        console.log('a line of the step');
        currentStep().logger.reportScalar('loss', 'train', 0.5, 1);
        return { reported: new Map([['key', new Float64Array([1, 2])]]) };
      });
      export const main = pipeline({ name: 'report', project: 'examples', version: '1' }, async function main() { await report(); return 'done'; });`);
    const { run, stderr } = await printed(cloud, 'run', file);
    expect(run, stderr).toMatchObject({ status: 'completed', result: 'done' });
    expect(run.steps[0]?.metrics).toMatchObject([
      { title: 'loss', series: 'train', points: [{ iteration: 1, value: 0.5 }] },
    ]);
    const { stdout } = await headrace(cloud, 'runs', 'logs', run.id).ended;
    expect(stdout).toContain('a line of the step');
  });

  it('the steps of different projects have different roles and store data under different prefixes', {
    timeout: 300_000,
  }, async () => {
    const text = (project: string) => `
      import { component, pipeline } from 'headrace';
      const big = component({ returnValues: ['big'] }, async function big() { return 'x'.repeat(20_000); });
      export const main = pipeline({ name: 'big', project: '${project}', version: '1' }, async function main() { await big(); return 'done'; });`;
    const roles: unknown[] = [];
    for (const project of ['examples', 'other', 'undeclared']) {
      const { run, stderr } = await printed(cloud, 'run', await pipelineFile(text(project)));
      expect(run, stderr).toMatchObject({ status: 'completed', project });
      const [job] = await jobsOf(cloud, run.id);
      roles.push(job?.container?.jobRoleArn?.split('/')[1]);
      const { items } = await clientOf(cloud).stepArtifacts(run.id, 0);
      expect(JSON.stringify(items)).toContain(`p/${project}/data/${run.id}/`);
    }
    expect(roles).toEqual(
      ['examples', 'other', 'default'].map(
        (project) => `${cloud.prefix}-step-${cloud.aws.environment.AWS_REGION}-${project}`,
      ),
    );
  });

  it('a run on an unknown queue is refused with the reason', { timeout: 120_000 }, async () => {
    const file = await pipelineFile(`
      import { component, pipeline } from 'headrace';
      const idle = component({ returnValues: ['nothing'], executionQueue: 'no-such-queue' }, async function idle() { return null; });
      export const main = pipeline({ name: 'idle', project: 'examples', version: '1' }, async function main() { await idle(); });`);
    const { code, stderr } = await headrace(cloud, 'run', file).ended;
    expect(code).not.toBe(0);
    expect(stderr).toContain('no-such-queue');
  });
});
