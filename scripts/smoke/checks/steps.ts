/**
 * Checks that run pipelines of a few steps.
 *
 * @module
 */
import { type Check, mustHold } from '../check.ts';
import { command, evidenceOf, jobEvidence, jobsOf, run } from '../runs.ts';

const IMPORTS = "import { component, pipeline } from 'headrace';";

const ADD = `${IMPORTS}
const add = component({ returnValues: ['sum'] }, async function add(a: number, b: number) {
  console.log('the log of a step: ' + (a + b));
  return a + b;
});
export const main = pipeline({ name: 'smoke-add', project: 'smoke', version: '1' }, async function main() { return await add(1, 2); });`;

export const step: Check = {
  name: 'step',
  claim: 'a step runs in a job; its result and its log arrive',
  needs: [],
  dollars: 0.001,
  async run(site, signal) {
    const added = await run(site, ADD, signal);
    mustHold(added.status === 'completed' && added.result === 3, JSON.stringify(added));
    const jobs = await jobsOf(site, added.id, 'default');
    mustHold(jobs.length === 1, `${jobs.length} jobs instead of 1`);
    const { stdout } = await command(site, ['runs', 'logs', added.id], signal);
    const line = stdout.split('\n').find((text) => text.includes('the log of a step: 3'));
    mustHold(line !== undefined, `the log has no line of the step: ${stdout}`);
    return [...evidenceOf(added), ...jobs.map(jobEvidence), `log: ${line.trim()}`];
  },
};

export const passedRoles: Check = {
  name: 'roles',
  claim: 'Batch accepts the roles that the controller passes in a job definition',
  needs: ['batch'],
  dollars: 0.001,
  async run(site, signal) {
    const added = await run(site, ADD, signal);
    mustHold(added.status === 'completed', JSON.stringify(added));
    const [job] = await jobsOf(site, added.id, 'default');
    const { jobRoleArn = '', executionRoleArn = '' } = job?.container ?? {};
    mustHold(jobRoleArn.includes(`${site.prefix}-step`), `the role of the step is ${jobRoleArn}`);
    return [`definition ${job?.jobDefinition}`, `roles ${jobRoleArn}, ${executionRoleArn}`];
  },
};

export const image: Check = {
  name: 'image',
  claim: 'a step runs in an image of its own, beside the container that brings the runner',
  needs: ['images'],
  dollars: 0.002,
  async run(site, signal) {
    const source = `${IMPORTS}
      import { execFileSync } from 'node:child_process';
      const python = component({ returnValues: ['version'], docker: 'public.ecr.aws/docker/library/python:3.12-slim' }, async function python() {
        return execFileSync('python3', ['--version']).toString().trim();
      });
      export const main = pipeline({ name: 'smoke-image', project: 'smoke', version: '1' }, async function main() { return await python(); });`;
    const done = await run(site, source, signal);
    mustHold(String(done.result).startsWith('Python 3.12'), JSON.stringify(done));
    const [job] = await jobsOf(site, done.id, 'default');
    const containers = job?.ecsProperties?.taskProperties?.[0]?.containers ?? [];
    return [
      ...evidenceOf(done),
      `result ${done.result}`,
      ...containers.map(
        ({ name, exitCode, reason }) => `container ${name}: ${exitCode} ${reason ?? ''}`,
      ),
    ];
  },
};

export const array: Check = {
  name: 'array',
  claim: 'three steps are one array job; one that fails fails the run, and the others complete',
  needs: [],
  dollars: 0.003,
  async run(site, signal) {
    const source = `${IMPORTS}
      const odd = component({ returnValues: ['value'] }, async function odd(value: number) {
        if (value === 1) throw new Error('this one fails on purpose');
        return value;
      });
      export const main = pipeline({ name: 'smoke-array', project: 'smoke', version: '1' }, async function main() {
        return await Promise.all([0, 1, 2].map((value) => odd(value)));
      });`;
    const done = await run(site, source, signal);
    const statuses = done.steps.map(({ status }) => status).sort();
    mustHold(done.status === 'failed', JSON.stringify(done));
    mustHold(statuses.join() === 'completed,completed,failed', `the steps are ${statuses.join()}`);
    mustHold(
      done.error?.message.includes('this one fails on purpose') === true,
      `the run's error is ${done.error?.message}`,
    );
    const jobs = await jobsOf(site, done.id, 'default');
    const sizes = jobs.map(({ arrayProperties }) => arrayProperties?.size);
    mustHold(sizes.join() === '3', `the jobs have the sizes ${sizes.join()}`);
    return [...evidenceOf(done), ...jobs.map(jobEvidence)];
  },
};

const GREETING = '学習率は0.1です — 「最適化」🚄 "引用" \\\\ 終わり';

export const japanese: Check = {
  name: 'japanese',
  claim: 'values, names and logs in Japanese arrive unchanged',
  needs: [],
  dollars: 0.001,
  async run(site, signal) {
    const source = `${IMPORTS}
      const echo = component({ returnValues: ['値'] }, async function echo(text: string) {
        console.log('記録: ' + text);
        return text.repeat(400);
      });
      export const main = pipeline({ name: '日本語', project: 'smoke', version: '1' }, async function main() {
        return await echo(${JSON.stringify(GREETING)});
      });`;
    const done = await run(site, source, signal);
    mustHold(
      done.result === GREETING.repeat(400),
      `the result is ${String(done.result).slice(0, 100)}`,
    );
    const { stdout } = await command(site, ['runs', 'logs', done.id], signal);
    mustHold(stdout.includes(`記録: ${GREETING}`), `the log is ${stdout.slice(0, 300)}`);
    const bytes = Buffer.byteLength(GREETING.repeat(400));
    return [...evidenceOf(done), `a value of ${bytes} bytes and its log line are equal`];
  },
};
