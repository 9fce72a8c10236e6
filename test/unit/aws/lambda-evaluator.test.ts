/**
 * The evaluator port on Lambda, against the service that runs in the function.
 *
 * @module
 */
import { randomBytes } from 'node:crypto';
import { gunzipSync, gzipSync } from 'node:zlib';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { isTemporaryRefusal } from '../../../src/aws/temporary-refusals.ts';
import { latestSnapshotKey } from '../../../src/model/object-layout.ts';
import { completed, json, runInfo } from '../evaluator/logic.ts';
import { EvaluatorFunction } from './evaluator-function.ts';

const CHAIN = 'async function main() { let x = 0; for (;;) x = await a(x); }';

describe('the evaluator behind Lambda', () => {
  let lambda: EvaluatorFunction;
  beforeEach(async () => {
    lambda = await EvaluatorFunction.of(CHAIN);
  });

  test('an evaluation starts with a cold payload, and continues with new events only', async () => {
    const evaluator = lambda.newEvaluator();
    expect(await lambda.run.advance(evaluator)).toMatchObject([
      { kind: 'declare' },
      { kind: 'call', component: 'a' },
    ]);
    expect(lambda.lastPayload).toBe('cold');
    for (let call = 0; call < 5; call += 1) {
      lambda.run.append(completed(call, call));
      expect(await lambda.run.advance(evaluator)).toMatchObject([{ kind: 'call' }]);
      expect(lambda.lastPayload).toBe(`warm from ${call}`);
    }
    expect(lambda.payloads).toHaveLength(6);
  });

  test('a new instance replays the history and gives the same answers', async () => {
    const evaluator = lambda.newEvaluator();
    await lambda.run.advance(evaluator);
    for (let call = 0; call < 5; call += 1) {
      lambda.run.append(completed(call, call));
      lambda.endInstance();
      expect(await lambda.run.advance(evaluator)).toMatchObject([{ kind: 'call' }]);
      expect(lambda.lastPayload).toBe('cold');
    }
  });

  test('code that was replaced in the store ends the run, and is not executed', async () => {
    const { key } = lambda.run.info.code.logic;
    await lambda.objects.put(key, Buffer.from(`${lambda.run.code};`));
    expect(await lambda.run.evaluate(lambda.newEvaluator())).toMatchObject({
      kind: 'broken',
      error: { name: 'CodeMismatchError', message: expect.stringContaining(key) },
    });
    expect(lambda.payloads).toHaveLength(1);
  });

  test('another controller continues on the same instance if it knows how far the logic was', async () => {
    await lambda.run.advance(lambda.newEvaluator());
    lambda.run.append(completed(0, 1));
    const { info, history, events, signatures } = lambda.run;
    const answer = await lambda.newEvaluator().evaluate({
      info,
      generation: 0,
      position: 1,
      fromCommand: signatures.length,
      history,
      limit: 100,
      knownEvents: 0,
    });
    expect(answer).toMatchObject({ kind: 'page', commands: [{ command: { kind: 'call' } }] });
    expect([events.length, lambda.lastPayload]).toEqual([1, 'warm from 0']);
  });

  test('after a commit that failed, the instance, which is ahead, replays the history', async () => {
    const evaluator = lambda.newEvaluator();
    await lambda.run.advance(evaluator);
    lambda.run.append(completed(0, 1));
    const lost = await lambda.run.evaluate(evaluator);
    evaluator.drop(lambda.run.info.id);
    expect(await lambda.run.evaluate(evaluator)).toEqual(lost);
    expect(lambda.lastPayload).toBe('cold');
  });

  test('later pages of an answer need no events', async () => {
    const wide = await EvaluatorFunction.of(
      'function main() { for (let n = 0; n < 25; n++) a(n); }',
    );
    const evaluator = wide.newEvaluator();
    const commands = await wide.run.advance(evaluator, 10);
    expect(commands.filter(({ kind }) => kind === 'call')).toHaveLength(25);
    expect(
      wide.payloads.map((payload) =>
        payload.kind === 'evaluate' && payload.coldStart !== undefined ? 'cold' : 'warm',
      ),
    ).toEqual(['cold', 'warm', 'warm']);
  });

  test('a cold start needs as many reads at 3,000 events as at 3', async () => {
    const evaluator = lambda.newEvaluator();
    await lambda.run.advance(evaluator);
    const coldReads = async () => {
      lambda.endInstance();
      lambda.fetchedKeys.length = 0;
      const before = vi.spyOn(lambda.objects, 'get').mockClear();
      await lambda.run.advance(lambda.newEvaluator());
      return {
        urls: lambda.fetchedKeys.length,
        gets: before.mock.calls.length,
        payload: lambda.lastPayload,
      };
    };
    const play = async (until: number) => {
      for (let call = lambda.run.events.length; call < until; call += 1) {
        lambda.run.append(completed(call, call));
        await lambda.run.advance(evaluator);
      }
    };
    const expected = { urls: 1, gets: 2, payload: 'cold' };
    await play(3);
    expect(await coldReads()).toEqual(expected);
    await play(1100);
    expect(await coldReads()).toEqual(expected);
    await play(3000);
    expect(await coldReads()).toEqual(expected);
    const payload = lambda.payloads.at(-1);
    const [, tail] = payload?.kind === 'evaluate' ? (payload.coldStart?.history ?? []) : [];
    expect(JSON.stringify(tail).length).toBeLessThan(50_000);
  }, 60_000);

  test('a snapshot without the code, of an earlier version, makes the function read the code separately', async () => {
    const evaluator = lambda.newEvaluator();
    await lambda.run.advance(evaluator);
    for (let call = 0; call < 600; call += 1) {
      lambda.run.append(completed(call, call));
      await lambda.run.advance(evaluator);
    }
    const { key } = JSON.parse(
      Buffer.from(await lambda.objects.get(latestSnapshotKey(lambda.run.info, 0), 1e6)).toString(),
    );
    const lines = gunzipSync(await lambda.objects.get(key, 1e6))
      .toString()
      .split('\n');
    expect(lines[0]).toContain('"code"');
    await lambda.objects.put(key, gzipSync(lines.slice(1).join('\n')));
    lambda.endInstance();
    lambda.fetchedKeys.length = 0;
    await lambda.run.advance(lambda.newEvaluator());
    expect(lambda.fetchedKeys).toHaveLength(2);
  });

  test('a history that is too large for a payload is stored as an object', async () => {
    const many = await EvaluatorFunction.of(
      'function main() { for (let n = 0; n < 300; n++) a(n); }',
    );
    await many.run.advance(many.newEvaluator());
    const values = () =>
      Array.from({ length: 6 }, () => json(randomBytes(3000).toString('base64')));
    for (let call = 0; call < 300; call += 1)
      many.run.append({ kind: 'completed', call, values: values() });
    many.endInstance();
    await many.run.advance(many.newEvaluator());
    const payload = many.payloads.at(-1);
    const [part] = payload?.kind === 'evaluate' ? (payload.coldStart?.history ?? []) : [];
    expect(part).toHaveProperty('url');
  });

  test('commands that no logic can issue are rejected', async () => {
    const forged = gzipSync(
      JSON.stringify([
        {
          command: {
            kind: 'call',
            component: 'a',
            args: { data: { format: 'json', key: 'p/other' }, refs: [] },
          },
          signature: '',
        },
      ]),
    );
    lambda.injectedReplies.push({
      payload: JSON.stringify({ kind: 'page', commands: forged.toString('base64'), more: false }),
    });
    await expect(lambda.run.advance(lambda.newEvaluator())).rejects.toThrow();
  });

  test('a crash of the instance is retried; the second crash fails the run', async () => {
    const evaluator = lambda.newEvaluator();
    const crash = { payload: '{"errorType":"Runtime.OutOfMemory"}', error: 'Unhandled' };
    lambda.injectedReplies.push(crash);
    expect(await lambda.run.advance(evaluator)).toHaveLength(2);
    lambda.run.append(completed(0, 1));
    lambda.injectedReplies.push(crash, crash);
    expect(await lambda.run.expectBroken(evaluator)).toMatchObject({
      name: 'EvaluatorCrashedError',
      message: expect.stringMatching(/OutOfMemory/),
    });
  });

  test('a page whose unpacked size is too large is requested again with a lower limit', async () => {
    const wide = await EvaluatorFunction.of(
      "function main() { for (let n = 0; n < 40; n++) a('x'.repeat(100)); }",
    );
    wide.limits = { maxPageBytes: 12_000 };
    const commands = await wide.run.advance(wide.newEvaluator(), 1000);
    expect(commands.filter(({ kind }) => kind === 'call')).toHaveLength(40);
    expect(wide.payloads.map((payload) => payload.kind === 'evaluate' && payload.limit)).toEqual([
      1000, 125, 15, 15, 15,
    ]);
  });

  test('a page that is too large for a reply is requested again with a lower limit', async () => {
    const large = await EvaluatorFunction.of(
      'function main() { for (let n = 0; n < 40; n++) a(Math.random()); }',
    );
    large.limits = { maxPackedPageBytes: 1500 };
    const commands = await large.run.advance(large.newEvaluator(), 1000);
    expect(commands.filter(({ kind }) => kind === 'call')).toHaveLength(40);
    expect(large.payloads.map((payload) => payload.kind === 'evaluate' && payload.limit)).toEqual([
      1000, 125, 15, 15, 15,
    ]);
  });

  test('a failure of the evaluator itself is thrown, so that the batch is redelivered', async () => {
    lambda.injectedReplies.push({
      payload: JSON.stringify({ kind: 'failed', reason: 'the store answered 503' }),
    });
    await expect(lambda.run.advance(lambda.newEvaluator())).rejects.toThrow(
      'the store answered 503',
    );
    lambda.injectedReplies.push({ payload: 'nonsense' });
    await expect(lambda.run.advance(lambda.newEvaluator())).rejects.toThrow('reply is not valid');
  });

  test('an evaluator that cannot read the store is a failure that may pass', async () => {
    lambda.injectedReplies.push({
      payload: JSON.stringify({ kind: 'failed', reason: 'no answer', isTemporary: true }),
    });
    const error: unknown = await lambda.run
      .advance(lambda.newEvaluator())
      .catch((failure: unknown) => failure);
    expect(error).toMatchObject({ name: 'ObjectsUnavailableError' });
    expect(isTemporaryRefusal(error)).toBe(true);
  });

  test.each([
    ['a page that is not packed', { kind: 'page', commands: 'AAAA', more: false }],
    [
      'keys with a length that has no text',
      { kind: 'valuesNeeded', keys: { length: { toString: 1 } } },
    ],
  ])('a reply with %s is a failure of the evaluator itself', async (_, reply) => {
    lambda.injectedReplies.push({ payload: JSON.stringify(reply) });
    await expect(lambda.run.advance(lambda.newEvaluator())).rejects.toThrow('reply is not valid');
  });

  test.each([
    { kind: 'coldStartNeeded' },
    { kind: 'valuesNeeded', ticket: 't', keys: ['p/tests/data/a'] },
  ])('an evaluator that replies $kind for ever is given up', async (reply) => {
    const payload = JSON.stringify(reply);
    for (let n = 0; n < 100; n += 1) lambda.injectedReplies.push({ payload });
    await expect(lambda.run.advance(lambda.newEvaluator())).rejects.toThrow('again and again');
    expect(lambda.payloads.length).toBeLessThan(50);
  });

  test('logic that diverges fails its run with a DivergenceError', async () => {
    await lambda.run.advance(lambda.newEvaluator());
    lambda.run.signatures[1] = 'call b[1]';
    lambda.endInstance();
    lambda.run.append(completed(0, 1));
    // An evaluator that has seen the original history would not compare it again.
    expect(await lambda.run.expectBroken(lambda.newEvaluator())).toMatchObject({
      name: 'DivergenceError',
    });
  });

  test.each([
    ['examples', 'examples'],
    ['team/forecasts', 'team/forecasts'],
    ['日本', expect.stringMatching(/^sha256:[0-9a-f]{64}$/)],
  ])('the Lambda tenant is the project %s', async (project, tenant) => {
    const own = await EvaluatorFunction.of(CHAIN, { info: runInfo({ project }) });
    await own.run.advance(own.newEvaluator('tenant'));
    expect(own.tenants).toEqual([tenant]);
  });
});
