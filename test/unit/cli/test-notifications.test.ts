/** `headrace notifications test` by the rules of a home, and by the configuration of a deployment. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { test as testHome } from '../../../src/cli/local/notifications.ts';
import { test as testDeployment } from '../../../src/cli/remote/notifications.ts';
import { writeNotificationRules } from '../../../src/local/notifications/rules.ts';
import type { NotificationRule } from '../../../src/model/notifications.ts';
import { capturedOutput } from '../../support/captured-output.ts';
import {
  API_PATH,
  environmentOf,
  type FakeAccount,
  ORDINARY,
  startAccount,
} from '../../support/fake-account.ts';
import { aWebhook } from '../launch/webhook.ts';

describe('notifications test in a home', () => {
  function aHome(rules: readonly Partial<NotificationRule>[]): string {
    const home = mkdtempSync(join(tmpdir(), 'headrace-notify-'));
    onTestFinished(() => rmSync(home, { recursive: true, force: true }));
    const rule: Omit<NotificationRule, 'id'> = { on: ['failed'], format: 'json', url: '' };
    writeNotificationRules(
      home,
      rules.map((each, index) => ({ ...rule, id: String(index + 1), ...each })),
    );
    return home;
  }

  it('without a number, all rules are tested, and each refusal is named with its remedy', async () => {
    const [good, wrong] = [await aWebhook(), await aWebhook()];
    wrong.answers.push(404);
    const home = aHome([{ url: good.url }, { url: wrong.url, format: 'slack' }]);
    const { output, printed } = capturedOutput();
    expect(await testHome(undefined, { home }, output)).toBe(1);
    expect(printed.stdout).toMatch(/^notification 1: test sent to http:\/\/127.0.0.1:\d+\/…\n$/);
    expect(printed.stderr).toMatch(
      /^notification 2: the test was not sent to .*: it answered 404 \(it has no such webhook: check the address\)\n$/,
    );
    expect(JSON.stringify(printed)).not.toContain('secret');
    expect(good.bodies).toMatchObject([{ type: 'test', run: null }]);
  });

  it('samples are the messages of the changes that the rule is for', async () => {
    const webhook = await aWebhook();
    const home = aHome([
      { url: webhook.url, on: ['failed', 'waiting', 'completed'], pipeline: 'iris' },
    ]);
    const { output, printed } = capturedOutput();
    expect(await testHome('1', { home, samples: true, json: true }, output)).toBe(0);
    expect(JSON.parse(printed.stdout)).toMatchObject([
      { notification: '1', sent: ['failed', 'waiting', 'completed'], problem: null },
    ]);
    expect(webhook.bodies).toMatchObject([
      { type: 'run.failed', run: { pipeline: 'iris' }, step: 'step', error: { name: 'Error' } },
      { type: 'run.waiting', signal: 'signal', error: null },
      { type: 'run.completed', step: null, text: expect.stringMatching(/^Sample: /) },
    ]);
  });

  it('a home without rules names the command that adds one', async () => {
    await expect(testHome(undefined, { home: aHome([]) }, capturedOutput().output)).rejects.toThrow(
      /there are no notifications: `.*notifications add URL/,
    );
  });
});

describe('notifications test behind an API', () => {
  async function tested(changes: Partial<FakeAccount>, id?: string, options = {}) {
    const account = await startAccount({ ...ORDINARY, notifications: {}, ...changes });
    onTestFinished(() => account.close());
    for (const [name, value] of Object.entries(environmentOf(account))) vi.stubEnv(name, value);
    onTestFinished(() => void vi.unstubAllEnvs());
    const { output, printed } = capturedOutput();
    const endpoint = `${account.url}${API_PATH}`;
    const exit = await testDeployment(id, { endpoint, ...options }, output);
    const at = account.operations.findIndex((each) => each.endsWith('/invocations'));
    return { exit, printed, request: JSON.parse(account.bodies[at] ?? '') };
  }

  const outcome = (over: object) => ({
    notification: 0,
    to: 'mail',
    sent: ['test'],
    problem: null,
    ...over,
  });

  it('the function of the deployment sends the tests, and a mail names the check of addresses', async () => {
    const invoked = [outcome({}), outcome({ notification: 1, to: 'slack' })];
    const { exit, printed, request } = await tested({ invoked });
    expect(request).toEqual({ test: true, samples: false });
    expect(exit).toBe(0);
    expect(printed.stdout).toBe(
      'notification 0: test sent to mail\nnotification 1: test sent to slack\n',
    );
    expect(printed.stderr).toMatch(/confirmed addresses only: `.*headrace doctor --endpoint/);
  });

  it('a target that accepts no message fails the command with the reason', async () => {
    const problem = 'the secret headrace/slack does not contain the address of a webhook';
    const invoked = [outcome({ notification: 1, to: 'slack', sent: [], problem })];
    const { exit, printed, request } = await tested({ invoked }, '1', { samples: true });
    expect(request).toEqual({ test: true, samples: true, notification: 1 });
    expect({ exit, stderr: printed.stderr }).toEqual({
      exit: 1,
      stderr: `notification 1: the test was not sent to slack: ${problem}\n`,
    });
  });

  const INVOCATION = '/2015-03-31/functions/headrace-notifications/invocations';
  const service =
    typeof ORDINARY.service === 'number' ? 0 : { ...ORDINARY.service, deployment: undefined };
  it.each([
    ['without notifications', { notifications: undefined }, 'the deployment has no notifications'],
    ['without the permission', { denied: [INVOCATION] }, 'grant lambda:InvokeFunction'],
    ['of another account', { account: '999999999999' }, 'choose others with --aws-profile'],
    ['whose function fails', { invoked: 'no such notification' }, 'no such notification'],
    ['that is a headrace dev', { service }, 'sends by the rules of its home'],
  ])('a deployment %s is reported in one sentence', async (_, changes, reason) => {
    await expect(tested(changes)).rejects.toThrow(reason);
  });
});
