import { expect, it, vi } from 'vitest';
import { aWebhook } from '../unit/launch/webhook.ts';
import { aProject } from './cli.ts';
import { aServer } from './dev.ts';

vi.setConfig({ testTimeout: 120_000 });

const FILES = {
  'main.ts': `
    import { component, pipeline } from 'headrace';
    const train = component({}, () => { throw new TypeError('no rows'); });
    export const main = pipeline({ name: 'iris', project: 'flowers' }, async () => await train());`,
};

it('a rule is added, listed without its secret, tried, used by a run that fails, and removed', async () => {
  const webhook = await aWebhook();
  const project = await aProject(FILES);
  const added = await project.cli('notifications', 'add', webhook.url, '--format', 'slack');
  expect(added).toMatchObject({ code: 0 });
  const [, command = ''] = /`(?:npx )?headrace ([^`]*)`/.exec(added.stdout) ?? [];
  expect(command).toBe('notifications test 1');
  expect(await project.cli(...command.split(' '))).toMatchObject({ code: 0 });
  const listed = await project.cli('notifications', 'list');
  expect(listed.stdout).toContain('failed');
  expect(`${added.stdout}${listed.stdout}`).not.toContain('secret');
  expect(await project.cli('run', 'main.ts')).toMatchObject({ code: 1 });
  expect(webhook.bodies).toMatchObject([
    { text: expect.stringContaining('A test') },
    { text: expect.stringMatching(/^flowers\/iris#1 failed at step train\n.*no rows/) },
  ]);
  webhook.answers.push(404);
  const failedRun = await project.cli('run', 'main.ts');
  expect(failedRun).toMatchObject({ code: 1 });
  expect(failedRun.stderr).toContain('notification 1 of run');
  expect(failedRun.stderr).toContain('it answered 404');
  expect(await project.cli('notifications', 'remove', '1')).toMatchObject({ code: 0 });
  expect(await project.cli('run', 'main.ts')).toMatchObject({ code: 1 });
  expect(webhook.bodies).toHaveLength(3);
  expect(await project.cli('notifications', 'test', '1')).toMatchObject({ code: 2 });
});

it('headrace dev follows the rules of its home', async () => {
  const webhook = await aWebhook();
  const server = await aServer(FILES);
  const added = await server.project.cli(
    ...['notifications', 'add', webhook.url, '--on', 'failed', '--home', server.home],
  );
  expect(added).toMatchObject({ code: 0 });
  expect(await server.project.cli('run', 'main.ts')).toMatchObject({ code: 1 });
  await vi.waitFor(() => expect(webhook.bodies).toHaveLength(1));
  expect(webhook.bodies).toMatchObject([
    {
      type: 'run.failed',
      run: { pipeline: 'iris' },
      error: { name: 'TypeError', message: 'no rows' },
    },
  ]);
});
