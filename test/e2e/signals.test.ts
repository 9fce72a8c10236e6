/**
 * Signals that users send to a run that waits for them, with the built command.
 *
 * @module
 */
import { expect, it, vi } from 'vitest';
import { aProject, expectRefusal } from './cli.ts';
import { aServer } from './dev.ts';

vi.setConfig({ testTimeout: 120_000 });

const SOURCE = `
import { component, pipeline, sleep, waitForSignal } from 'headrace';
const train = component({}, (n: number) => n * 2);
const deploy = component({}, (model: number, by: string) => by + ' deploys ' + model);
export const main = pipeline({ name: 'approval', project: 'tests' }, async () => {
  const model = train(21);
  await model;
  const approval = await Promise.race([waitForSignal<{ by: string }>('approve'), sleep('1d')]);
  return approval === undefined ? 'expired' : await deploy(model, approval.by);
});
export const expires = pipeline({ name: 'expires', project: 'tests' }, async () =>
  (await Promise.race([waitForSignal('approve'), sleep('10ms')])) ?? 'expired');
export const blocks = pipeline({ name: 'blocks', project: 'tests' }, async () => await waitForSignal('approve'));
`;

it('a local run shows the signal that it waits for and the command that sends it, and continues with its value', async () => {
  const project = await aProject({ 'main.ts': SOURCE });
  const running = project.start('run', 'main.ts', '--pipeline', 'main');
  await running.printed('waits for the signal approve; send it with: headrace runs signal ');
  const [, id = ''] = /headrace runs signal (\S+) approve/.exec(running.stdout()) ?? [];
  expect((await project.cli('runs', 'show', id)).stdout).toContain(
    `waits for the signal approve; send it with: headrace runs signal ${id} approve`,
  );
  const { stdout } = await project.cli('runs', 'show', id, '--json');
  expect(JSON.parse(stdout)).toMatchObject({ status: 'running', waitsForSignals: ['approve'] });
  expect((await project.cli('runs', 'list')).stdout).toContain('running, waits for signal approve');
  const list = await project.cli('runs', 'list', '--json');
  expect(JSON.parse(list.stdout)).toMatchObject([{ id, waitsForSignals: ['approve'] }]);
  expectRefusal(await project.cli('runs', 'signal', id, 'approve', 'yes'), 'is not JSON');
  expectRefusal(await project.cli('runs', 'signal', id, 'two words'), 'not the name of a signal');
  const sent = await project.cli('runs', 'signal', id, 'approve', '{"by":"Ann"}');
  expect(sent).toEqual({
    code: 0,
    stdout: `the signal approve is sent to run ${id}\n`,
    stderr: '',
  });
  expect((await running.ended).code).toBe(0);
  const shown = await project.json('runs', 'show', id);
  expect(shown.run).toMatchObject({ result: 'Ann deploys 42', waitsForSignals: [] });
  expectRefusal(await project.cli('runs', 'signal', id, 'approve'), 'it receives no signals');
});

it('a signal for a run that no process executes is kept until a process continues the run', async () => {
  const project = await aProject({ 'main.ts': SOURCE });
  const running = project.start('run', 'main.ts', '--pipeline', 'main');
  await running.printed('waits for the signal');
  running.process.kill('SIGKILL');
  await running.ended;
  const sent = await project.cli('runs', 'signal', 'latest', 'approve', '{"by":"Bob"}');
  expect(sent).toMatchObject({ code: 0 });
  expect(sent.stdout).toContain(
    'receives the signal approve when it is continued with: headrace runs resume',
  );
  const { run } = await project.json('runs', 'resume', 'latest');
  expect(run).toMatchObject({ status: 'completed', result: 'Bob deploys 42' });
});

it('a run behind headrace dev receives signals through the API, and one with the same key once', async () => {
  const { project, client } = await aServer({ 'main.ts': SOURCE });
  const running = project.start('run', 'main.ts', '--pipeline', 'main');
  await running.printed('waits for the signal approve; send it with: headrace runs signal ');
  const [, id = ''] = /headrace runs signal (\S+) approve/.exec(running.stdout()) ?? [];
  expect((await project.cli('runs', 'list')).stdout).toContain('running, waits for signal approve');
  const first = await client.signal(id, 'note', { value: 1 }, { idempotencyKey: 'one' });
  expect(first).toMatchObject({ id, waitsForSignals: ['approve'] });
  await client.signal(id, 'note', { value: 1 }, { idempotencyKey: 'one' });
  await expect(
    client.signal(id, 'note', { value: 2 }, { idempotencyKey: 'one' }),
  ).rejects.toMatchObject({ status: 422 });
  const sent = await project.cli('runs', 'signal', id, 'approve', '{"by":"Eve"}');
  expect(sent).toEqual({
    code: 0,
    stdout: `the signal approve is sent to run ${id}\n`,
    stderr: '',
  });
  expect((await running.ended).code).toBe(0);
  const { run } = await project.json('runs', 'show', id);
  expect(run).toMatchObject({ status: 'completed', result: 'Eve deploys 42' });
  await expect(client.signal(id, 'approve', {})).rejects.toMatchObject({ status: 409 });
});

it('debug mode receives signals as options, and without one the run fails with the option that is missing', async () => {
  const project = await aProject({ 'main.ts': SOURCE });
  const debug = ['run', 'main.ts', '--mode', 'debug', '--pipeline'] as const;
  const { run } = await project.json(...debug, 'main', '--signal', 'approve={"by":"Dan"}');
  expect(run).toMatchObject({ status: 'completed', result: 'Dan deploys 42' });
  expect((await project.json(...debug, 'expires')).run).toMatchObject({ result: 'expired' });
  const blocked = await project.json(...debug, 'blocks');
  expect(blocked.code).toBe(1);
  expect(blocked.run.error).toMatchObject({ name: 'SignalMissingError' });
  expect(blocked.stderr).toContain('waits for the signal approve');
  expectRefusal(
    await project.cli('run', 'main.ts', '--pipeline', 'blocks', '--signal', 'approve=1'),
    '--signal is for --mode debug',
  );
});
