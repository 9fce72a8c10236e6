/**
 * The parts of the function that executes steps: stop objects, the heartbeat, the environment.
 *
 * @module
 */
import { S3ServiceException } from '@aws-sdk/client-s3';
import { ChangeMessageVisibilityCommand, SQSClient } from '@aws-sdk/client-sqs';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { stepVariables } from '../../../lambda/step/environment.ts';
import { startHeartbeat } from '../../../lambda/step/heartbeat.ts';
import { isStopped, watchForStop } from '../../../lambda/step/stop-objects.ts';
import { jobName } from '../../../src/model/ids.ts';
import { generationStopKey, jobStopKey } from '../../../src/model/object-layout.ts';
import { MemoryObjects } from '../../conformance/memory-objects.ts';
import { runId } from '../../conformance/records.ts';

const run = runId(1);
const job = { name: jobName(run, 2, 0), index: 1 };
const attempt = { project: 'examples', run, job, execution: 'lambda-1' };

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe('an attempt in a function', () => {
  it.each([
    ['its generation', generationStopKey('examples', run, 2), '', true],
    ['an earlier generation', generationStopKey('examples', run, 1), '', false],
    ['its job', jobStopKey('examples', run, job), '', true],
    ['another member', jobStopKey('examples', run, { ...job, index: 0 }), '', false],
    ['this execution of its job', jobStopKey('examples', run, job), 'lambda-1', true],
    ['another execution of its job', jobStopKey('examples', run, job), 'lambda-2', false],
  ])('the object of %s decides whether it is stopped', async (_what, key, content, stopped) => {
    const objects = new MemoryObjects();
    expect(await isStopped(objects, attempt)).toBe(false);
    await objects.put(key, Buffer.from(content));
    expect(await isStopped(objects, attempt)).toBe(stopped);
  });

  it('a missing object without the permission to list is no stop, and any other failure is an error', async () => {
    const failing = (status: number) => ({
      get: async () => {
        throw new S3ServiceException({
          name: 'Refused',
          $fault: 'client',
          $metadata: { httpStatusCode: status },
        });
      },
    });
    expect(await isStopped(failing(403), attempt)).toBe(false);
    await expect(isStopped(failing(503), attempt)).rejects.toThrow();
  });

  it('is stopped once while it runs, also if a check failed before', async () => {
    const objects = new MemoryObjects();
    const get = vi.spyOn(objects, 'get').mockRejectedValueOnce(new Error('no connection'));
    vi.spyOn(console, 'warn').mockImplementation(() => undefined);
    const stop = vi.fn();
    const unwatch = watchForStop(objects, attempt, stop);
    await vi.advanceTimersByTimeAsync(10_000);
    expect([get.mock.calls.length, stop.mock.calls.length]).toEqual([2, 0]);
    await objects.put(generationStopKey('examples', run, 2), Buffer.from(''));
    await vi.advanceTimersByTimeAsync(60_000);
    expect(stop).toHaveBeenCalledTimes(1);
    unwatch();
  });

  it('reads no object after it has ended', async () => {
    const objects = new MemoryObjects();
    const get = vi.spyOn(objects, 'get');
    watchForStop(objects, attempt, () => undefined)();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(get).not.toHaveBeenCalled();
  });
});

describe('the heartbeat of a message', () => {
  function aHeartbeat(heldMs = 0) {
    const sqs = new SQSClient({ region: 'eu-west-1' });
    const seconds: (number | undefined)[] = [];
    vi.spyOn(sqs, 'send').mockImplementation(async (command: unknown) => {
      if (command instanceof ChangeMessageVisibilityCommand)
        seconds.push(command.input.VisibilityTimeout);
    });
    const heartbeat = startHeartbeat(
      { sqs, queueUrl: 'https://sqs.example/123/quick' },
      {
        messageId: 'm',
        receiptHandle: 'h',
        body: '',
        attributes: {
          ApproximateReceiveCount: 1,
          ApproximateFirstReceiveTimestamp: Date.now() - heldMs,
          MessageGroupId: '',
        },
      },
    );
    return { heartbeat, seconds };
  }

  it('starts after ten seconds, repeats, and ends', async () => {
    const { heartbeat, seconds } = aHeartbeat();
    await vi.advanceTimersByTimeAsync(9_999);
    expect(seconds).toEqual([]);
    await vi.advanceTimersByTimeAsync(60_001);
    expect(seconds).toEqual([100, 100, 100]);
    heartbeat.stop();
    await vi.advanceTimersByTimeAsync(120_000);
    expect(seconds).toHaveLength(3);
  });

  it('starts at once for a message that Lambda held back', async () => {
    const { heartbeat, seconds } = aHeartbeat(25_000);
    await vi.advanceTimersByTimeAsync(1);
    expect(seconds).toEqual([100]);
    heartbeat.stop();
  });
});

it('the process of a step has no variable of the runtime, a home and a folder of packages', () => {
  expect(
    stepVariables(
      {
        _HANDLER: 'index.handler',
        LAMBDA_TASK_ROOT: '/var/task',
        AWS_LAMBDA_RUNTIME_API: '127.0.0.1:9001',
        AWS_REGION: 'eu-west-1',
        AWS_SESSION_TOKEN: 't',
      },
      '/tmp/home',
    ),
  ).toEqual({
    AWS_REGION: 'eu-west-1',
    AWS_SESSION_TOKEN: 't',
    HOME: '/tmp/home',
    HEADRACE_CACHE: expect.stringMatching(/headrace-packages$/),
  });
});
