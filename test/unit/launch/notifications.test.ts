import { statSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { createNotifier } from '../../../src/launch/notifications.ts';
import {
  notificationsFile,
  readNotificationRules,
  writeNotificationRules,
} from '../../../src/local/notifications/rules.ts';
import { type NotificationRule, testNotification } from '../../../src/model/notifications.ts';
import type { RunHead, RunStatus } from '../../../src/model/run.ts';
import { sendNotification } from '../../../src/notifications/send.ts';
import { createMemoryStorage } from '../../conformance/memory.ts';
import { aCommit, aCompletedStep, aHead, anInfo, runId } from '../../conformance/records.ts';
import { temporaryHomes } from '../local/home.ts';
import { aWebhook } from './webhook.ts';

const { home: newHome } = temporaryHomes();
const QUICK = { timeoutMs: 5_000, pausesMs: [1, 1] };

const aRule = (url: string, over: Partial<NotificationRule> = {}): NotificationRule => ({
  id: '1',
  on: ['failed'],
  format: 'json',
  url,
  ...over,
});

/** A notifier of a home with these rules, whose run ended with this status. */
async function aRun(
  rules: readonly NotificationRule[],
  status: RunStatus = 'failed',
  ended: Partial<RunHead> = {
    failedStep: 0,
    error: { name: 'TypeError', message: 'no rows' },
  },
) {
  const home = newHome();
  if (rules.length > 0) writeNotificationRules(home, rules);
  const { tasks } = createMemoryStorage();
  const id = runId(1);
  const { head, info } = await tasks.createRun(anInfo(id), aHead(id));
  await tasks.commit(
    id,
    aCommit(
      head,
      { created: [aCompletedStep(0, { name: 'train', status: 'failed' })] },
      {
        status,
        tags: ['nightly'],
        ...(status === 'failed' && ended),
      },
    ),
  );
  const notes: string[] = [];
  const notifier = createNotifier({ home, note: (line) => void notes.push(line), send: QUICK });
  return { home, tasks, id, info, notes, notifier };
}

const ended = (run: ReturnType<typeof runId>, status: RunStatus) =>
  ({ kind: 'run', run, status, at: 1_000 }) as const;

describe('notifications', () => {
  it('a failed run is reported with its number, the failed step, the error and the command that shows it', async () => {
    const webhook = await aWebhook();
    const { notifier, tasks, id, info, notes } = await aRun([aRule(webhook.url)]);
    notifier.attach(tasks);
    notifier.event(ended(id, 'failed'));
    await notifier.settled();
    const label = `${info.project}/${info.pipeline}#1`;
    expect(webhook.bodies).toEqual([
      {
        type: 'run.failed',
        id: `${id}/0/failed/1000`,
        at: '1970-01-01T00:00:01.000Z',
        run: {
          id,
          project: info.project,
          pipeline: info.pipeline,
          number: 1,
          version: info.version,
          tags: ['nightly'],
        },
        step: 'train',
        error: { name: 'TypeError', message: 'no rows' },
        signal: null,
        command: expect.stringContaining(`headrace runs show ${id}`),
        text: expect.stringMatching(
          new RegExp(`^${label} failed at step train\nTypeError: no rows\n.*runs show ${id}`),
        ),
      },
    ]);
    expect(notes).toEqual([]);
  });

  it('the error of an awaited step is reported with that step, as the step threw it', async () => {
    const webhook = await aWebhook();
    const cause = { name: 'RangeError', message: 'too many rows' };
    const error = { name: 'StepFailedError', message: 'step load failed', step: 'load', cause };
    const { notifier, tasks, id } = await aRun([aRule(webhook.url)], 'failed', { error });
    notifier.attach(tasks);
    notifier.event(ended(id, 'failed'));
    await notifier.settled();
    expect(webhook.bodies).toMatchObject([{ step: 'load', error: cause }]);
  });

  it('an error of the logic is not reported as the failure of the completed step that it names', async () => {
    const webhook = await aWebhook();
    const error = { name: 'LazyUsedAsValueError', message: 'await it first', step: 'load' };
    const { notifier, tasks, id } = await aRun([aRule(webhook.url)], 'failed', { error });
    notifier.attach(tasks);
    notifier.event(ended(id, 'failed'));
    await notifier.settled();
    expect(webhook.bodies).toMatchObject([{ step: null, error: { message: 'await it first' } }]);
  });

  it('Slack receives a text, and a run that waits names the signal', async () => {
    const webhook = await aWebhook();
    const rule = aRule(webhook.url, { format: 'slack', on: ['waiting'] });
    const { notifier, tasks, id } = await aRun([rule], 'running');
    notifier.attach(tasks);
    notifier.event({ kind: 'signal', run: id, name: 'approve', at: 1 });
    await notifier.settled();
    expect(webhook.bodies).toEqual([{ text: expect.stringContaining('#1 waits for approve\n') }]);
  });

  it('a rule counts for its changes, project, pipeline and tag only', async () => {
    const webhook = await aWebhook();
    const { project, pipeline } = anInfo(runId(1));
    const rules = [
      aRule(webhook.url, { id: '1', on: ['completed'] }),
      aRule(webhook.url, { id: '2', project: 'other' }),
      aRule(webhook.url, { id: '3', pipeline: 'other' }),
      aRule(webhook.url, { id: '4', tag: 'other' }),
      aRule(webhook.url, { id: '5', project, pipeline, tag: 'nightly' }),
    ];
    const { notifier, tasks, id } = await aRun(rules);
    notifier.attach(tasks);
    notifier.event(ended(id, 'running'));
    notifier.event(ended(id, 'failed'));
    await notifier.settled();
    expect(webhook.bodies).toHaveLength(1);
  });

  it('a change before the records are known is sent when they are', async () => {
    const webhook = await aWebhook();
    const { notifier, tasks, id } = await aRun([aRule(webhook.url)]);
    notifier.event(ended(id, 'failed'));
    await notifier.settled();
    expect(webhook.bodies).toEqual([]);
    notifier.attach(tasks);
    await notifier.settled();
    expect(webhook.bodies).toHaveLength(1);
  });

  it('a failure to send is printed without the secret of the address, and other rules are served', async () => {
    const [broken, working] = [await aWebhook(), await aWebhook()];
    broken.answers.push(500, 500, 500);
    const { notifier, tasks, id, notes } = await aRun([
      aRule(broken.url, { id: '1' }),
      aRule(working.url, { id: '2' }),
    ]);
    notifier.attach(tasks);
    notifier.event(ended(id, 'failed'));
    await notifier.settled();
    expect(broken.bodies).toHaveLength(3);
    expect(working.bodies).toHaveLength(1);
    expect(notes).toEqual([
      `notification 1 of run ${id} was not sent to ${new URL(broken.url).origin}/…: it answered 500`,
    ]);
  });

  it('rules that cannot be read are reported, and harm nothing', async () => {
    const { notifier, tasks, id, notes, home } = await aRun([]);
    writeFileSync(notificationsFile(home), '{"rules":[{}]}');
    notifier.attach(tasks);
    notifier.event(ended(id, 'failed'));
    await notifier.settled();
    expect(notes).toEqual([expect.stringContaining('does not contain rules for notifications')]);
  });
});

describe('sending a notification', () => {
  const notification = testNotification(0, 'headrace notifications list');

  it('is repeated after an answer that may pass, until it is accepted', async () => {
    const webhook = await aWebhook();
    webhook.answers.push(503, 429);
    expect(await sendNotification(aRule(webhook.url), notification, QUICK)).toBeUndefined();
    expect(webhook.bodies).toHaveLength(3);
  });

  it('is not repeated after a refusal, and follows no redirect', async () => {
    for (const [status, reason] of [
      [302, 'a redirect'],
      [400, 'slack or json'],
      [403, 'refuses the sender'],
      [404, 'check the address'],
    ] as const) {
      const webhook = await aWebhook();
      webhook.answers.push(status);
      const problem = await sendNotification(aRule(webhook.url), notification, QUICK);
      expect(problem).toContain(`it answered ${status} (`);
      expect(problem).toContain(reason);
      expect(problem).not.toContain('secret');
      expect(webhook.bodies).toHaveLength(1);
    }
  });

  it('has a time limit for each attempt, and reports an address where nothing listens', async () => {
    const webhook = await aWebhook();
    webhook.answers.push('hang', 'hang');
    const limits = { timeoutMs: 50, pausesMs: [1] };
    expect(await sendNotification(aRule(webhook.url), notification, limits)).toBe(
      'it did not answer within 0.05 s',
    );
    expect(
      await sendNotification(aRule('http://127.0.0.1:1/'), notification, { pausesMs: [] }),
    ).toMatch(/\S/);
  });
});

describe('the rules of a home', () => {
  it('are read as they were written, from a file that only its owner may read', () => {
    const home = newHome();
    expect(readNotificationRules(home)).toEqual([]);
    const rules = [aRule('https://example.org/hook', { tag: 'a' })];
    writeNotificationRules(home, rules);
    expect(readNotificationRules(home)).toEqual(rules);
    expect(statSync(notificationsFile(home)).mode & 0o077).toBe(0);
  });

  it('accept no address without encryption outside of this machine, and none with a password', () => {
    const home = newHome();
    for (const url of [
      'http://example.org/',
      'ftp://example.org/',
      'https://a:b@example.org/',
      'no address',
    ]) {
      writeNotificationRules(home, [aRule(url)]);
      expect(() => readNotificationRules(home)).toThrow(notificationsFile(home));
    }
  });
});
