/**
 * The handling of messages in the function of steps: with the supervisor, and a small program in
 * place of the runner.
 *
 * @module
 */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { executeAttempt } from '../../../lambda/step/attempt.ts';
import { handleStepMessage } from '../../../lambda/step/step-message.ts';
import { stepInvocationSchema } from '../../../src/aws/jobs/step-invocation.ts';
import { encodeGroupSpec, packSpec } from '../../../src/model/group-spec.ts';
import { jobName } from '../../../src/model/ids.ts';
import { generationStopKey, resultKey } from '../../../src/model/object-layout.ts';
import type { Transition } from '../../../src/model/transition.ts';
import {
  createPersistentDelivery,
  DEFAULT_RETRY_POLICY,
} from '../../../src/runner/container/persistent-delivery.ts';
import { MemoryObjects } from '../../conformance/memory-objects.ts';
import { runId } from '../../conformance/records.ts';
import { stepSpec } from '../../support/step-spec.ts';

const RUN = runId(1);
const NAME = jobName(RUN, 2, 0);
const PROJECT = 'examples';

/** Marks that the code of the step was started, then returns 5, or hangs until it is killed. */
const PROGRAM = `
  import { writeFileSync } from 'node:fs';
  const { MARK, HANGS } = process.env;
  process.on('SIGTERM', () => undefined);
  process.on('message', ({ kind, assignment }) => {
    if (kind === 'accepted') process.exit(0);
    if (kind !== 'run') return;
    writeFileSync(MARK, process.cwd());
    if (HANGS === 'yes') return;
    const { run, call, attempt } = assignment.spec;
    process.send({ kind: 'message', id: 1, message: {
      kind: 'finished', run, call, attempt, job: assignment.job, token: '', at: Date.now(),
      outcome: { ok: true, values: [{ format: 'json', text: '5' }], artifacts: [] },
    } });
  });
  setInterval(() => undefined, 1000);
  process.send({ kind: 'ready', heapLimit: 0 });`;

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'headrace-step-'));
  writeFileSync(join(folder, 'process.mjs'), PROGRAM);
  vi.stubEnv('MARK', join(folder, 'mark'));
  vi.spyOn(console, 'info').mockImplementation(() => undefined);
  vi.spyOn(console, 'error').mockImplementation(() => undefined);
});
afterAll(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true });
});
beforeEach(() => rmSync(join(folder, 'mark'), { force: true }));

const spec = stepSpec({ run: RUN, call: 3, attempt: 1, project: PROJECT, token: 't' });
const body = JSON.stringify(
  stepInvocationSchema.encode({
    v: 1,
    job: { name: NAME, index: 0 },
    project: PROJECT,
    token: 't',
    spec: { text: packSpec(encodeGroupSpec([spec], {})) },
  }),
);

interface FunctionOptions {
  /** Whether the queue of transitions accepts such a message. */
  readonly accepts?: (kind: Transition['kind']) => boolean;
  readonly remainingMs?: number;
}

/** A function that receives messages. */
function aFunction({ accepts = () => true, remainingMs = 60_000 }: FunctionOptions = {}) {
  const objects = new MemoryObjects();
  const sent: Transition[] = [];
  const visibilities: number[] = [];
  const transitions = {
    send: async (messages: readonly Transition[]) => {
      if (!messages.every(({ kind }) => accepts(kind))) throw new Error('throttled');
      sent.push(...messages);
    },
  };
  const deliver = (text = body, receives = 1) =>
    handleStepMessage(
      {
        messageId: 'm',
        receiptHandle: 'r',
        body: text,
        attributes: { ApproximateReceiveCount: receives, MessageGroupId: '' },
      },
      {
        services: { objects, transitions } as never,
        heartbeat: {
          setVisibility: async (seconds) => void visibilities.push(seconds),
          stop: () => undefined,
        },
        execute: (containerSpec, invocation, job) =>
          executeAttempt(containerSpec, invocation, {
            job,
            objects,
            bucket: 'bucket',
            readSecrets: async () => ({}),
            context: { awsRequestId: 'q', getRemainingTimeInMillis: () => remainingMs },
            program: join(folder, 'process.mjs'),
            delivery: createPersistentDelivery(transitions, {
              ...DEFAULT_RETRY_POLICY,
              timeoutMs: 100,
              log: () => undefined,
            }),
          }),
      },
    );
  const kinds = () => sent.map(({ kind }) => kind);
  return { deliver, sent, kinds, objects, visibilities };
}

const hasStarted = (): boolean => existsSync(join(folder, 'mark'));

describe('a message of the function of steps', { timeout: 30_000 }, () => {
  it('its first delivery executes the step, in a folder that does not remain', async () => {
    const { deliver, sent, visibilities } = aFunction();
    await deliver();
    expect(sent).toMatchObject([
      { kind: 'started', run: RUN, call: 3, attempt: 1, job: 'lambda-m', token: 't' },
      { kind: 'finished', job: 'lambda-m', token: 't', outcome: { ok: true } },
    ]);
    const cwd = readFileSync(join(folder, 'mark'), 'utf8');
    expect(cwd).toMatch(/headrace-.*work$/);
    expect(existsSync(cwd)).toBe(false);
    expect(visibilities).toEqual([]);
  });

  it('a later delivery executes nothing, and reports itself', async () => {
    const { deliver, sent } = aFunction();
    await deliver(body, 2);
    expect(sent).toMatchObject([
      { kind: 'redelivered', run: RUN, call: 3, attempt: 1, job: 'lambda-m', token: 't' },
    ]);
    expect(hasStarted()).toBe(false);
  });

  it.each([
    ['no JSON', 'hello'],
    ['of another version', JSON.stringify({ ...JSON.parse(body), v: 2 })],
    ['with a damaged spec', JSON.stringify({ ...JSON.parse(body), spec: { text: 'AAAA' } })],
  ])('a message that cannot be read (%s) fails, and is delivered again', async (_what, text) => {
    const { deliver, sent, visibilities } = aFunction();
    await expect(deliver(text)).rejects.toThrow();
    expect(sent).toEqual([]);
    expect(visibilities).toEqual([10]);
  });

  it('an attempt that was aborted does not start, and its message is deleted', async () => {
    const { deliver, kinds, objects, visibilities } = aFunction();
    await objects.put(generationStopKey(PROJECT, RUN, 2), Buffer.from(''));
    await deliver();
    expect(hasStarted()).toBe(false);
    expect(kinds()).toEqual(['started']);
    expect(visibilities).toEqual([]);
  });

  it('an attempt whose start was not accepted does not start, and is delivered again', async () => {
    const { deliver, kinds, objects, visibilities } = aFunction({ accepts: () => false });
    await expect(deliver()).rejects.toThrow('did not accept that the attempt starts');
    expect(hasStarted()).toBe(false);
    expect(kinds()).toEqual([]);
    expect(await storedResult(objects)).toBeUndefined();
    expect(visibilities).toEqual([10]);
  });

  it('a result that was not accepted is stored, and the message is delivered again', async () => {
    const { deliver, objects, visibilities } = aFunction({ accepts: (kind) => kind === 'started' });
    await expect(deliver()).rejects.toThrow('which was stored');
    expect(await storedResult(objects)).toMatchObject({ kind: 'finished', outcome: { ok: true } });
    expect(visibilities).toEqual([10]);
  });

  it('a step is stopped before its function ends, and its failure is reported', async () => {
    vi.stubEnv('HANGS', 'yes');
    const { deliver, sent } = aFunction({ remainingMs: 9500 });
    await deliver();
    vi.stubEnv('HANGS', 'no');
    expect(hasStarted()).toBe(true);
    expect(sent.at(-1)).toMatchObject({
      kind: 'finished',
      outcome: {
        ok: false,
        stopReason: 'timeout',
        error: {
          name: 'StepTimeoutError',
          message: 'the step ran longer than the 1 s that its queue gives a step',
        },
      },
    });
  });
});

const storedResult = (objects: MemoryObjects): Promise<unknown> =>
  objects.get(resultKey(spec.outputPrefix, 'lambda-m'), 1e6).then(
    (content) => JSON.parse(Buffer.from(content).toString()),
    () => undefined,
  );
