/**
 * Pipelines through the API of a deployed stack, by the command that users have.
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
  it('runs the iris pipeline to its end, with the accuracy that it has on a laptop', {
    timeout: 300_000,
  }, async () => {
    const here = await local(await temporaryFolder(), 'run', IRIS);
    const { code, run, stderr } = await printed(cloud, 'run', IRIS);
    expect({ code, status: run.status }, stderr).toEqual({ code: 0, status: 'completed' });
    expect(run).toMatchObject({
      pipeline: 'iris',
      project: 'examples',
      version: '0.1.0',
      number: 1,
      result: here.run.result,
    });
    expect(statuses(run)).toEqual({
      stepOne: 'completed',
      stepTwo: 'completed',
      stepThree: 'completed',
      stepFour: 'completed',
    });
    expect(run.steps.map(({ artifacts }) => artifacts.map(({ name }) => name))).toEqual(
      here.run.steps.map(({ artifacts }) => artifacts.map(({ name }) => name)),
    );

    const again = await printed(cloud, 'run', IRIS);
    expect(statuses(again.run)).toEqual({
      stepOne: 'cached',
      stepTwo: 'completed',
      stepThree: 'completed',
      stepFour: 'completed',
    });
    expect(again.run).toMatchObject({ number: 2, result: here.run.result });
  });

  it('launches a fan-out as one array job of containers, and joins it', {
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

  it('shows what a step wrote, as it wrote it', { timeout: 300_000 }, async () => {
    const file = await pipelineFile(`
      import { component, currentStep, pipeline } from 'headrace';
      const speak = component({ returnValues: ['said'] }, async function speak() {
        console.log('a line of the step');
        currentStep().logger.reportScalar('loss', 'train', 0.5, 1);
        return { said: new Map([['key', new Float64Array([1, 2])]]) };
      });
      export const main = pipeline({ name: 'speak', project: 'examples', version: '1' }, async function main() { await speak(); return 'done'; });`);
    const { run, stderr } = await printed(cloud, 'run', file);
    expect(run, stderr).toMatchObject({ status: 'completed', result: 'done' });
    expect(run.steps[0]?.metrics).toMatchObject([
      { title: 'loss', series: 'train', points: [{ iteration: 1, value: 0.5 }] },
    ]);
    const { stdout } = await headrace(cloud, 'runs', 'logs', run.id).ended;
    expect(stdout).toContain('a line of the step');
  });

  it("gives the steps of two projects two roles, neither of which reaches the other's data", {
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
      ['examples', 'other', 'default'].map((project) => `${cloud.prefix}-step-${project}`),
    );
  });

  it('refuses what it cannot run, with the reason', { timeout: 120_000 }, async () => {
    const file = await pipelineFile(`
      import { component, pipeline } from 'headrace';
      const idle = component({ returnValues: ['nothing'], executionQueue: 'no-such-queue' }, async function idle() { return null; });
      export const main = pipeline({ name: 'idle', project: 'examples', version: '1' }, async function main() { await idle(); });`);
    const { code, stderr } = await headrace(cloud, 'run', file).ended;
    expect(code).not.toBe(0);
    expect(stderr).toContain('no-such-queue');
  });
});
