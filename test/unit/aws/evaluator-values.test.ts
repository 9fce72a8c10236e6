/**
 * Stored results that an evaluation awaits: the function reads them by URLs, which it requests.
 *
 * @module
 */
import { beforeEach, describe, expect, test } from 'vitest';
import { createEvaluationService } from '../../../src/aws/evaluator/evaluation-service.ts';
import { createEvaluator } from '../../../src/evaluator/index.ts';
import type { Value } from '../../../src/model/value.ts';
import { completed, runInfo } from '../evaluator/logic.ts';
import { EvaluatorFunction } from './evaluator-function.ts';

const CHAIN = 'async function main() { let x = 0; for (;;) x = await a(x); }';

async function stored(lambda: EvaluatorFunction, key: string, value: unknown): Promise<Value> {
  const bytes = Buffer.from(JSON.stringify(value));
  const { size, hash } = await lambda.objects.put(key, bytes);
  return { format: 'json', key, size, hash };
}

describe('stored results behind Lambda', () => {
  let lambda: EvaluatorFunction;
  beforeEach(async () => {
    lambda = await EvaluatorFunction.of(CHAIN);
  });

  test('an awaited result that is stored is read by the URL that comes with the event', async () => {
    const evaluator = lambda.newEvaluator();
    await lambda.run.advance(evaluator);
    lambda.run.append({
      kind: 'completed',
      call: 0,
      values: [await stored(lambda, 'p/tests/data/large', 'x'.repeat(9000))],
    });
    expect(await lambda.run.advance(evaluator)).toMatchObject([
      { kind: 'call', args: { data: { text: JSON.stringify(['x'.repeat(9000)]) } } },
    ]);
    expect(lambda.fetchedKeys).toContain('p/tests/data/large');
    expect(lambda.lastPayload).toBe('warm from 0');
  });

  test('a replay requests the stored results that it awaits, fifty at a time, and continues', async () => {
    const evaluator = lambda.newEvaluator();
    await lambda.run.advance(evaluator);
    for (let call = 0; call < 120; call += 1) {
      lambda.run.append({
        kind: 'completed',
        call,
        values: [await stored(lambda, `p/tests/data/${call}`, call)],
      });
      await lambda.run.advance(evaluator);
    }
    lambda.endInstance();
    lambda.payloads.length = 0;
    expect(await lambda.run.evaluate(lambda.newEvaluator())).toEqual({
      kind: 'page',
      commands: [],
      more: false,
    });
    expect(lambda.payloads.map(({ kind }) => kind)).toEqual(['evaluate', 'supply', 'supply']);
  });

  test('a stored result that is larger than its record states ends the run', async () => {
    const evaluator = lambda.newEvaluator();
    await lambda.run.advance(evaluator);
    const value = await stored(lambda, 'p/tests/data/large', 'x'.repeat(1000));
    lambda.run.append({ kind: 'completed', call: 0, values: [{ ...value, size: 100 }] });
    expect(await lambda.run.evaluate(evaluator)).toMatchObject({
      kind: 'broken',
      error: { name: 'ObjectTooLargeError', message: expect.stringContaining('at most 100') },
    });
  });

  test('another request ends the wait for a stored result, and nothing hangs', async () => {
    const evaluator = lambda.newEvaluator();
    await lambda.run.advance(evaluator);
    for (let call = 0; call < 60; call += 1) {
      lambda.run.append({
        kind: 'completed',
        call,
        values: [await stored(lambda, `p/tests/data/${call}`, call)],
      });
      await lambda.run.advance(evaluator);
    }
    const service = createEvaluationService((sources) => createEvaluator(sources), {
      fetchUrl: async () => new Response('[]'),
    });
    lambda.endInstance();
    await lambda.run.evaluate(lambda.newEvaluator());
    const cold = lambda.payloads.findLast((payload) => payload.kind === 'evaluate');
    if (cold?.kind !== 'evaluate' || cold.coldStart === undefined)
      throw new Error('the last evaluation payload must be a cold one');
    const code = `https://store.example/${lambda.run.info.code.logic.key}`;
    const reading = createEvaluationService(
      (sources) => createEvaluator({ ...sources, loadCode: async () => lambda.run.code }),
      {
        fetchUrl: async () => new Response('1'),
      },
    );
    const payload = { ...cold, urls: {}, cold: { ...cold.coldStart, code } };
    const first = await reading.handle(payload);
    expect(first.kind).toBe('valuesNeeded');
    expect((await reading.handle({ ...payload, run: runInfo().id })).kind).toBe('valuesNeeded');
    expect(
      await reading.handle({
        kind: 'supply',
        run: lambda.run.info.id,
        ticket: first.kind === 'valuesNeeded' ? first.ticket : '',
        urls: {},
      }),
    ).toEqual({
      kind: 'coldStartNeeded',
    });
    expect(
      await service.handle({ kind: 'supply', run: lambda.run.info.id, ticket: 'none', urls: {} }),
    ).toEqual({ kind: 'coldStartNeeded' });
  });

  test('the evaluator receives URLs for objects of its own project only, whatever it requests', async () => {
    const evaluator = lambda.newEvaluator();
    await lambda.run.advance(evaluator);
    lambda.run.append(completed(0, 1));
    lambda.injectedReplies.push({
      payload: JSON.stringify({
        kind: 'valuesNeeded',
        ticket: 't',
        keys: ['p/tests/data/own', 'p/other/data/theirs', 'code/x', 'p/tests2/data/y'],
      }),
    });
    await lambda.run.advance(evaluator);
    const supply = lambda.payloads.find(({ kind }) => kind === 'supply');
    expect(Object.keys(supply?.urls ?? {})).toEqual(['p/tests/data/own']);
  });
});
