import { describe, expect, test } from 'vitest';
import { readJobCompletion } from '../../../src/aws/jobs/batch-events.ts';
import { prefixReason } from '../../../src/aws/jobs/failure-reasons.ts';
import { jobName } from '../../../src/model/ids.ts';
import { runId } from '../../conformance/records.ts';

const run = runId(1);
const name = jobName(run, 0, 4);

const event = (detail: object, over: object = {}) => ({
  source: 'aws.batch',
  'detail-type': 'Batch Job State Change',
  time: '2026-11-22T12:00:00Z',
  detail: {
    jobName: name,
    jobId: 'the-job',
    status: 'FAILED',
    attempts: [{ container: {} }],
    ...detail,
  },
  ...over,
});
const exited = (exitCode: number, reason?: string) => ({
  attempts: [{ container: { exitCode, ...(reason === undefined ? {} : { reason }) } }],
});

describe('an event of Batch', () => {
  test.each([
    [
      'a failure of the step',
      { ...exited(3), statusReason: 'Essential container in task exited' },
      { fault: 'step', exitCode: 3, reason: 'exited with code 3' },
    ],
    ['a killed container', exited(137), { fault: 'step', exitCode: 137, signal: 'SIGKILL' }],
    [
      'a container without enough memory',
      exited(137, 'OutOfMemoryError: Container killed due to memory usage'),
      { fault: 'step', reason: expect.stringMatching(/^ran out of memory/) },
    ],
    [
      'a job over its time limit',
      { ...exited(143), statusReason: 'Job attempt duration exceeded timeout' },
      { fault: 'timeout', signal: 'SIGTERM' },
    ],
    [
      'a job that Headrace terminated',
      { ...exited(143), statusReason: prefixReason('the run is being aborted') },
      { fault: 'abort', reason: 'the run is being aborted' },
    ],
    [
      'a reclaimed instance',
      { ...exited(143), statusReason: 'Host EC2 (instance i-0123456789abcdef0) terminated.' },
      { fault: 'infrastructure' },
    ],
    [
      'a reclaimed task',
      { statusReason: 'Your Spot Task was interrupted.' },
      { fault: 'infrastructure' },
    ],
    [
      'a reclaimed task that exited',
      { ...exited(2), statusReason: 'Your Spot Task was interrupted.' },
      { fault: 'infrastructure', exitCode: 2 },
    ],
    [
      'a terminated host',
      { ...exited(1), statusReason: 'Host EC2 Terminated' },
      { fault: 'infrastructure' },
    ],
    [
      'a container runtime that did not answer',
      {
        statusReason:
          'ContainerRuntimeTimeoutError: Could not transition to running; timed out after waiting 1m',
      },
      { fault: 'infrastructure' },
    ],
    [
      'a lost ECS agent',
      { attempts: [{ container: { reason: 'AGENT' } }] },
      { fault: 'infrastructure' },
    ],
    [
      'a failed step whose reason contains the word agent',
      { ...exited(1, 'useragent: AGENTS of change') },
      { fault: 'step' },
    ],
    [
      'a task that did not start',
      { statusReason: 'Task failed to start' },
      { fault: 'infrastructure', exitCode: null },
    ],
    [
      'a registry that did not answer',
      { statusReason: 'CannotPullContainerError: context deadline exceeded' },
      { fault: 'infrastructure' },
    ],
    [
      'a missing image',
      { statusReason: 'CannotPullContainerError: manifest unknown' },
      { fault: 'step', reason: expect.stringMatching(/manifest unknown/) },
    ],
    [
      'a slow registry',
      {
        statusReason:
          'CannotPullContainerError: pull image manifest has been retried 5 time(s): failed to do request: i/o timeout',
      },
      { fault: 'infrastructure' },
    ],
    [
      'a registry that limits pulls',
      {
        statusReason:
          'CannotPullContainerError: toomanyrequests: You have reached your pull rate limit',
      },
      { fault: 'infrastructure' },
    ],
    [
      'an image without a login',
      {
        statusReason:
          'CannotPullContainerError: Error response from daemon: no basic auth credentials',
      },
      { fault: 'step' },
    ],
    [
      'an image of another platform',
      {
        statusReason:
          "CannotPullContainerError: image Manifest does not contain descriptor matching platform 'linux/amd64'",
      },
      { fault: 'step', reason: expect.stringMatching(/platform/) },
    ],
    [
      'an image without permission',
      { statusReason: 'CannotPullContainerError: pull access denied: unauthorized' },
      { fault: 'step' },
    ],
    [
      'a job that no queue can run',
      { statusReason: 'MISCONFIGURATION:JOB_RESOURCE_REQUIREMENT', attempts: [] },
      { fault: 'step', reason: expect.stringMatching(/could never start/) },
    ],
    [
      'a job without capacity for a day',
      { statusReason: 'CAPACITY:INSUFFICIENT_INSTANCE_CAPACITY', attempts: [] },
      { fault: 'infrastructure' },
    ],
    [
      'a container that could not be prepared',
      exited(79),
      { fault: 'infrastructure', exitCode: 79 },
    ],
    [
      'a job without a reason',
      { attempts: [] },
      { fault: 'infrastructure', exitCode: null, reason: 'did not run: no reason is known' },
    ],
    [
      'a job that stored its result',
      exited(80),
      { exitCode: 80, fault: 'infrastructure', reason: 'stored its result, which is missing' },
    ],
  ])('a completion event of Batch is read: %s', (_, detail, expected) => {
    expect(readJobCompletion(event(detail))).toMatchObject({
      run,
      job: { name, index: 0 },
      containerId: 'the-job.1',
      ...expected,
    });
  });

  test.each([
    [
      'its attempt',
      { attempts: [{ container: { exitCode: 79, logStreamName: 'step/default/a' } }] },
    ],
    ['the job', { ...exited(79), container: { logStreamName: 'step/default/a' } }],
    [
      'the step’s container',
      {
        attempts: [
          {
            taskProperties: [
              {
                containers: [
                  { name: 'agent', exitCode: 0, logStreamName: 'agent/default/b' },
                  { name: 'step', exitCode: 79, logStreamName: 'step/default/a' },
                ],
              },
            ],
          },
        ],
      },
    ],
  ])('the log of a failed job is that of %s', (_, detail) => {
    expect(readJobCompletion(event(detail))?.logStream).toBe('step/default/a');
  });

  test('a name of a log that is too long is ignored', () => {
    const container = { exitCode: 1, logStreamName: 'x'.repeat(513) };
    expect(readJobCompletion(event({ attempts: [{ container }] }))).not.toHaveProperty('logStream');
  });

  test('a job that succeeded is not read: its step has reported the result', () => {
    expect(readJobCompletion(event({ status: 'SUCCEEDED', ...exited(0) }))).toBeUndefined();
  });

  test.each([[0], [1], [2]])(
    'the outcome of a job with several containers is that of the step’s container, at position %s',
    (position) => {
      const others = [
        { name: 'runner', exitCode: 0, reason: 'CannotPullContainerError: of the runner' },
        { name: 'aws-guardduty-agent-1a2b', exitCode: 0 },
      ];
      const containers = others.toSpliced(position, 0, { name: 'step', exitCode: 5, reason: '' });
      const taskProperties = [{ containers }];
      for (const detail of [
        { attempts: [{ container: {}, taskProperties }] },
        { attempts: [], ecsProperties: { taskProperties } },
        { jobId: 'a:7', arrayProperties: { index: 7 }, attempts: [{ taskProperties }] },
      ])
        expect(readJobCompletion(event(detail))).toMatchObject({
          exitCode: 5,
          fault: 'step',
          reason: 'exited with code 5',
        });
    },
  );

  test('a container that is not the step’s has no outcome', () => {
    const containers = [{ name: 'runner', exitCode: 1 }, { name: 'agent' }];
    const detail = { attempts: [{ taskProperties: [{ containers }] }] };
    expect(readJobCompletion(event(detail))).toMatchObject({
      exitCode: null,
      fault: 'infrastructure',
    });
  });

  test('the outcome of a job with several attempts is that of the last one', () => {
    const detail = {
      attempts: [{ container: { exitCode: 1 } }, { container: { exitCode: 2 } }],
      stoppedAt: 77,
    };
    expect(readJobCompletion(event(detail))).toMatchObject({
      containerId: 'the-job.2',
      exitCode: 2,
      at: 77,
    });
  });

  test('an event of an array is for one member, or for the whole array', () => {
    expect(
      readJobCompletion(event({ jobId: 'a:7', arrayProperties: { index: 7, size: 9 } }))?.job,
    ).toEqual({ name, index: 7 });
    expect(readJobCompletion(event({ jobId: 'a:8' }))?.job).toEqual({ name, index: 8 });
    expect(
      readJobCompletion(event({ jobId: 'a', arrayProperties: { size: 9 } }))?.job,
    ).toBeUndefined();
  });

  test.each([
    ['a job of another program', event({ jobName: 'nightly-report' })],
    ['a running job', event({ status: 'RUNNING' })],
    ['another service', event({}, { source: 'aws.ecs' })],
    ['a queue', event({}, { 'detail-type': 'Batch Job Queue Blocked' })],
    ['no event', {}],
  ])('an event is ignored: %s', (_, other) => {
    expect(readJobCompletion(other)).toBeUndefined();
  });
});

test('an event with an object in the place of an id, whose length has no text, is none of Batch', () => {
  const jobId = { length: { toString: 1, valueOf: 1 } };
  expect(readJobCompletion(event({ jobId }))).toBeUndefined();
});
