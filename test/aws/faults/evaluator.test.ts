/**
 * Hostile logic in the deployed evaluator: its bundle, a process with the function's memory, one
 * instance per tenant.
 *
 * 1. Hostile logic cannot read the host's environment or process.
 * 2. Logic that fills its memory, or never returns, stops its own instance. After the second time,
 *    its run fails with an error that states the cause. Other tenants are not affected.
 *
 * @module
 */
import { fileURLToPath } from 'node:url';
import { LambdaClient } from '@aws-sdk/client-lambda';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createLambdaEvaluator } from '../../../src/aws/evaluator/lambda-evaluator.ts';
import { readCommands } from '../../../src/evaluator/read-commands.ts';
import { type Listening, listen } from '../../../testing/http-server.ts';
import { type Functions, startFunctions } from '../../../testing/lambda/functions.ts';
import type { Invocation } from '../../../testing/lambda/invocation.ts';
import { asS3Objects, MemoryObjects } from '../../conformance/memory-objects.ts';
import { HandRun, runInfo, withCountedCrashes } from '../../unit/evaluator/logic.ts';
import { bundle } from './bundles.ts';

const BUNDLE = fileURLToPath(new URL('../../../dist/lambda/evaluator', import.meta.url));
const FUNCTION = 'headrace-evaluator';

const objects = new MemoryObjects();
const invocations: Invocation[] = [];
const warnings: string[] = [];
let store: Listening;
let functions: Functions;

beforeAll(async () => {
  bundle();
  store = await listen(async (request, response) => {
    const content = await objects.get(decodeURIComponent((request.url ?? '/').slice(1)), 1e8);
    response.end(Buffer.from(content));
  });
  functions = await startFunctions({
    functions: [
      { name: FUNCTION, bundle: BUNDLE, timeoutMs: 45_000, memoryMiB: 256, tenantIsolation: true },
    ],
    environment: { AWS_SECRET_ACCESS_KEY: 'very secret', HEADRACE_SOMETHING: 'of the host' },
    onInvocation: (invocation) => void invocations.push(invocation),
  });
}, 120_000);
afterAll(async () => {
  await functions.stop();
  await store.close();
});
beforeEach(() => {
  invocations.length = 0;
  warnings.length = 0;
});

/** Evaluates this logic as the controller does, in a run of this project. */
async function evaluate(project: string, main: string) {
  const run = await HandRun.create(main, { info: runInfo({ project }) });
  await objects.put(run.info.code.logic.key, Buffer.from(run.code));
  const s3 = asS3Objects(objects, (key) => `http://${store.address}/${encodeURIComponent(key)}`);
  const evaluator = createLambdaEvaluator({
    client: new LambdaClient({
      endpoint: functions.url,
      region: 'us-east-1',
      credentials: { accessKeyId: 'controller', secretAccessKey: 'secret' },
    }),
    functionName: FUNCTION,
    isolation: 'tenant',
    objects: s3,
    tasks: {
      events: async (_, from, limit) => run.events.slice(from, from + limit),
      signatures: async (_, from, limit) => run.signatures.slice(from, from + limit),
    },
    readCommands,
    log: {
      info: () => undefined,
      warn: (event) => void warnings.push(event),
      error: (event) => void warnings.push(event),
    },
  });
  return await run.evaluate(withCountedCrashes(evaluator));
}

const returnedBy = async (project: string, main: string): Promise<unknown> => {
  const answer = await evaluate(project, main);
  if (answer.kind !== 'page') throw new Error(`the logic is broken: ${JSON.stringify(answer)}`);
  const returned = answer.commands
    .map(({ command }) => command)
    .find((command) => command.kind === 'returned');
  return returned?.kind === 'returned' ? JSON.parse(returned.value.text) : answer.commands;
};

const PROBE = `const tried = (expression) => { try { return String(new (Object.getPrototypeOf(async () => 1).constructor)('return ' + expression)) } catch { return 'refused' } };`;

describe('hostile logic in the evaluator', () => {
  test('hostile logic reaches neither the host’s environment variables, process, file system nor network', async () => {
    const found = await returnedBy(
      'one',
      `async () => { ${PROBE}
        const through = (value) => { try { return String(value.constructor.constructor('return process.env.HEADRACE_SOMETHING')()) } catch { return 'refused' } };
        const called = async (act) => { try { return String(await act()) } catch { return 'refused' } };
        return [JSON.stringify(process.env), await called(() => require('node:fs')), await called(() => fetch('http://${store.address}/')), tried('process.env'),
          through(a), through(console.log), through(globalThis), await called(() => import('node:fs'))] }`,
    );
    expect(found).toEqual(['{}', ...Array.from({ length: 7 }, () => 'refused')]);
  }, 60_000);

  test('logic that fills its memory stops its own instance twice and then fails; another tenant keeps its instance', async () => {
    expect(await returnedBy('two', 'async () => 2')).toBe(2);
    const [before] = invocations;
    const answer = await evaluate(
      'three',
      'async () => { const kept = []; for (;;) kept.push(new Array(100_000).fill(kept.length)); }',
    );
    expect(answer).toMatchObject({
      kind: 'broken',
      error: {
        name: 'EvaluatorCrashedError',
        message: expect.stringContaining('too much memory or time'),
      },
    });
    const ofThree = invocations.filter(({ tenant }) => tenant === 'three');
    expect(ofThree.map(({ status }) => status)).toEqual(['out of memory', 'out of memory']);
    expect(new Set(ofThree.map(({ environment }) => environment)).size).toBe(2);
    expect(warnings).toEqual(['evaluator crashed', 'evaluator crashed']);
    expect(await returnedBy('two', 'async () => 22')).toBe(22);
    expect(invocations.at(-1)?.environment).toBe(before?.environment);
  }, 120_000);

  test('logic that never yields is stopped by its time limit with a message', async () => {
    const answer = await evaluate('four', 'async () => { for (;;); }');
    expect(answer).toMatchObject({
      error: { name: 'LogicTimeoutError', message: expect.stringContaining('an endless loop') },
    });
    expect(invocations.filter(({ tenant }) => tenant === 'four').length).toBeLessThanOrEqual(2);
    expect(await returnedBy('two', 'async () => 222')).toBe(222);
  }, 180_000);
});
