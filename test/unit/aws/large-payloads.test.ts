/**
 * Requests and replies of the evaluator whose text has more bytes than characters, or grows when it
 * is escaped. The function refuses what Lambda would refuse.
 *
 * @module
 */
import { randomBytes } from 'node:crypto';
import { beforeEach, describe, expect, test } from 'vitest';
import { completed } from '../evaluator/logic.ts';
import { EvaluatorFunction } from './evaluator-function.ts';

const CHAIN = 'async function main() { let x = 0; for (;;) x = await a(x); }';

describe('payloads of the evaluator', { timeout: 30_000 }, () => {
  let lambda: EvaluatorFunction;
  beforeEach(async () => {
    lambda = await EvaluatorFunction.of(CHAIN);
  });

  test('a page of Japanese text is measured in bytes', async () => {
    const wide = await EvaluatorFunction.of(
      "function main() { for (let n = 0; n < 40; n++) a('損'.repeat(200)); }",
    );
    wide.limits = { maxPageBytes: 20_000 };
    await wide.run.advance(wide.newEvaluator(), 1000);
    expect(wide.payloads.at(-1)).toMatchObject({ limit: 15 });
    for (const { commands } of wide.pages())
      expect(Buffer.byteLength(commands)).toBeLessThanOrEqual(20_000);
  });

  test.each(['損失', '📉', '"\\'])(
    'new events with much text of %s are sent by URL, and Lambda refuses no request',
    async (text) => {
      const evaluator = lambda.newEvaluator();
      await lambda.run.advance(evaluator);
      // As characters of JSON, these events would fit into a request.
      const value = text.repeat(2_800_000 / JSON.stringify(text).slice(1, -1).length);
      lambda.run.append(completed(0, value));
      await lambda.run.advance(evaluator);
      expect([lambda.lastPayload, lambda.refused]).toEqual(['cold', 0]);
    },
  );

  test('a request that Lambda refuses as too large is repeated with the history by URL', async () => {
    const evaluator = lambda.newEvaluator();
    await lambda.run.advance(evaluator);
    lambda.maxRequestBytes = 50_000;
    lambda.run.append(completed(0, randomBytes(60_000).toString('base64')));
    await lambda.run.advance(evaluator);
    expect(lambda.refused).toBe(1);
    expect(lambda.payloads.at(-1)).toMatchObject({
      coldStart: { history: [{ url: expect.stringContaining('https://') }] },
    });
  });

  test('a run whose arguments are too large for any request fails with this reason', async () => {
    lambda.maxRequestBytes = 500;
    expect(await lambda.run.expectBroken(lambda.newEvaluator())).toMatchObject({
      name: 'RunTooLargeError',
    });
    expect(lambda.refused).toBe(2);
  });
});
