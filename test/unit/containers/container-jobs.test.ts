import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import type { StepSpec } from '../../../src/model/spec.ts';
import type { ContainerHost } from '../../../src/runner/protocol.ts';
import { type Engine, programFile, startEngine, withRunner } from '../jobs/harness.ts';
import { type DockerStandIn, dockerStandIn, type Scenario } from './stand-in.ts';

withRunner({
  container: 'src/programs/local-container.ts',
  shim: 'src/programs/container-shim.ts',
});

const HOST: ContainerHost = { image: 'runner:test', volume: 'runner-test', user: '1000:1000' };

const containerOptions = () => ({
  containers: HOST,
  containerProgram: { file: programFile('shim'), execArgv: [] },
});

async function startContainers(
  scenario: Scenario = '',
  variables: NodeJS.ProcessEnv = {},
): Promise<{ readonly engine: Engine; readonly docker: DockerStandIn }> {
  const docker = await dockerStandIn(programFile('container'), scenario);
  const environment = { ...docker.environment, ...variables };
  const engine = await startEngine({ ...containerOptions(), environment });
  return { engine, docker };
}

const failureOf = ({ outcome }: Awaited<ReturnType<Engine['run']>>) =>
  outcome?.ok === false ? outcome.error : undefined;

/** Resolves when a started attempt has printed to its log. */
const started = (engine: Engine) =>
  engine.until((sent) => sent.find(({ kind }) => kind === 'started'));

const MESSAGE = {
  kind: 'started',
  ...{
    run: '00000000000000000000000000',
    call: 0,
    attempt: 1,
    job: '',
    token: '',
    at: 1,
  },
};
/** A line of a scenario: the container has reported that the attempt starts. */
const printStarted = `printf '\\036headrace %s\\n' '${JSON.stringify({ kind: 'message', id: 0, message: MESSAGE })}'`;

const LOOP = 'export default () => new Promise(() => setInterval(() => 0, 1000));';

describe('a step in a container of this machine', () => {
  it('a step in a container returns its result through standard output, and prints to its log', async () => {
    const { engine, docker } = await startContainers('echo "printed by the entry point"');
    const job = await engine.run(
      "export default (a, b) => { console.log('printed by the step'); return a + b; };",
      { args: { format: 'json', text: '[1,2]' } },
    );
    expect(engine.sent.map(({ kind }) => kind)).toEqual(['started', 'finished', 'job.ended']);
    expect(job.outcome).toMatchObject({ ok: true, values: [{ format: 'json', text: '3' }] });
    expect(job.ended).toMatchObject({ exitCode: 0, reason: 'completed' });
    const log = await readFile(engine.log(job), 'utf8');
    expect(log).toContain('printed by the entry point\n');
    expect(log).toContain('printed by the step\n');
    const [run = ''] = await docker.calls();
    expect(run).toContain('run --interactive --rm --init --name headrace-');
    expect(run).toContain('--user 1000:1000');
    expect(run).toMatch(/ runner:test \/headrace\/bin\/start$/);
    expect(run).not.toContain('token');
  });

  it('an error of a step in a container is that of the step, with the exit code of its container', async () => {
    const { engine } = await startContainers();
    const job = await engine.run("export default () => { throw new RangeError('too large'); };");
    expect(failureOf(job)).toMatchObject({ name: 'RangeError', message: 'too large' });
    expect(job.ended.exitCode).toBe(1);
  });

  it('a time limit of a step in a container is enforced inside, and reported as a timeout', async () => {
    const { engine } = await startContainers();
    const job = await engine.run(LOOP, { timeoutSeconds: 0.2 });
    expect(job.outcome).toMatchObject({ ok: false, stopReason: 'timeout' });
    expect(failureOf(job)?.name).toBe('StepTimeoutError');
  });

  it('a step in a container sees variables of the shell only if its option secrets names them', async () => {
    const variables = { OF_SHELL: 'hidden', DB_PASSWORD: 'value', HEADRACE_OF_SHELL: 'hidden' };
    const { engine, docker } = await startContainers('', variables);
    const spec = await engine.step(
      'export default () => Object.keys(process.env).filter((name) => /SHELL|PASSWORD|^HEADRACE/.test(name)).concat(process.env.DB_PASSWORD);',
    );
    const container = { secrets: { DB_PASSWORD: 'team/database:password' } };
    await engine.jobs.submit({ name: 'job-0', queue: 'default', specs: [spec], container });
    await engine.ended();
    expect(engine.sent.find(({ kind }) => kind === 'finished')).toMatchObject({
      outcome: { ok: true, values: [{ text: '["DB_PASSWORD","value"]' }] },
    });
    // Arguments of a process are public on its machine.
    expect((await docker.calls()).join()).not.toContain('value');
  });

  it('a secret that is not set in the shell fails the step in its container with its name', async () => {
    const { engine } = await startContainers();
    const spec = await engine.step('export default () => 1;');
    const container = { secrets: { DB_PASSWORD: 'team/database:password' } };
    await engine.jobs.submit({ name: 'job-0', queue: 'default', specs: [spec], container });
    await engine.ended();
    expect(engine.sent.find(({ kind }) => kind === 'finished')).toMatchObject({
      outcome: {
        ok: false,
        error: { message: expect.stringContaining('DB_PASSWORD is not set: on this machine') },
      },
    });
  });

  it('a missing program docker fails the step with the remedy', async () => {
    const engine = await startEngine({ ...containerOptions(), environment: { PATH: '/nowhere' } });
    const job = await engine.run('export default () => 1;');
    expect(failureOf(job)).toMatchObject({ name: 'ContainerStartError' });
    expect(failureOf(job)?.message).toContain('Install Docker, or run without --containers');
    expect(job.ended.exitCode).toBe(127);
  });

  it('an image that cannot be downloaded fails the step with the output of Docker', async () => {
    const { engine } = await startContainers(
      "echo 'docker: Error response from daemon: pull access denied for team/image.' >&2; exit 125",
    );
    const job = await engine.run('export default () => 1;');
    expect(failureOf(job)).toMatchObject({ name: 'ContainerStartError' });
    expect(failureOf(job)?.message).toContain('exit code 125');
    expect(failureOf(job)?.message).toContain('pull access denied for team/image');
    expect(job.ended).toMatchObject({ exitCode: 125, fault: 'step' });
  });

  it('a container that is killed fails the step with exit code 137, and the error names memory', async () => {
    const { engine } = await startContainers(`${printStarted}; exit 137`);
    const job = await engine.run(LOOP);
    expect(failureOf(job)).toMatchObject({ name: 'ContainerEndedError' });
    expect(failureOf(job)?.message).toContain('exit code 137');
    expect(failureOf(job)?.message).toContain('memory was used up');
    expect(job.ended.exitCode).toBe(137);
  });

  it('a container that ends without a message fails the step and does not count as completed', async () => {
    const { engine } = await startContainers('exit 0');
    const job = await engine.run('export default () => 1;');
    expect(failureOf(job)?.name).toBe('ContainerStartError');
    expect(job.ended.exitCode).toBe(1);
  });

  it('an abort reaches the step in its container, and the container ends', async () => {
    const { engine } = await startContainers();
    const spec = await engine.step(LOOP);
    await engine.submit('job-0', [spec]);
    await started(engine);
    await engine.jobs.terminate({ name: 'job-0', index: 0 }, 'no longer needed');
    const ended = await engine.ended();
    expect(ended).toMatchObject({ fault: 'abort', reason: 'no longer needed' });
  });

  it('a container that ignores an abort is killed', async () => {
    const { engine, docker } = await startContainers(`${printStarted}; exec sleep 600`);
    const spec = await engine.step(LOOP);
    await engine.submit('job-0', [spec]);
    await started(engine);
    await engine.jobs.terminate({ name: 'job-0', index: 0 }, 'no longer needed');
    await engine.ended();
    expect((await docker.calls()).some((call) => call.startsWith('kill headrace-'))).toBe(true);
  });

  it('a step that reads files of this machine runs outside of containers', async () => {
    const { engine, docker } = await startContainers();
    const spec: StepSpec = await engine.step('export default () => 1;');
    await engine.jobs.submit({
      name: 'job-0',
      queue: 'default',
      specs: [spec],
      container: {},
      readsHostFiles: true,
    });
    expect((await engine.ended()).reason).toBe('completed');
    expect(await docker.calls()).toEqual(['']);
  });
});
