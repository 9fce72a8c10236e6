/**
 * Valid messages, commands and events, which the generators put mistakes into.
 *
 * @module
 */
import type { Json } from '../../../src/model/json.ts';
import { runId } from '../../conformance/records.ts';

export const RUN = runId(1);

/** A step, its attempt and the token that its messages carry. */
const SENDER = {
  run: RUN,
  call: 0,
  attempt: 1,
  job: 'job-1',
  token: 'token',
  at: 1_700_000_000_000,
};

const HASH = 'ab'.repeat(32);
const VALUE = { format: 'json', key: 'p/examples/data/0/1/job-1/a', size: 5, hash: HASH };
const ARTIFACT = {
  name: 'a',
  type: 'json',
  size: 5,
  hash: HASH,
  preview: '12345',
  value: VALUE,
  metadata: { rows: 5, nested: { a: [1] } },
  createdAt: 1_700_000_000_000,
};
const ERROR = {
  name: 'Error',
  message: 'failed',
  stack: 'at a',
  cause: { name: 'TypeError', message: 'inner' },
};

export const STARTED: Json = { kind: 'started', ...SENDER, logStream: 'log-1' };
export const REPORTED: Json = {
  kind: 'reported',
  ...SENDER,
  sequence: 0,
  report: {
    points: [{ title: 'loss', series: 'train', iteration: 1, value: 0.5, at: 1_700_000_000_000 }],
    texts: [{ text: 'a line', at: 1_700_000_000_000 }],
    artifacts: [ARTIFACT],
    models: [
      {
        name: 'm',
        value: VALUE,
        size: 5,
        hash: HASH,
        framework: 'f',
        createdAt: 1_700_000_000_000,
      },
    ],
    onRun: { artifacts: [ARTIFACT], models: [] },
  },
};
export const FINISHED: Json = {
  kind: 'finished',
  ...SENDER,
  outcome: { ok: true, values: [VALUE, { format: 'json', text: '1' }], artifacts: [ARTIFACT] },
};
export const FAILED: Json = {
  kind: 'finished',
  ...SENDER,
  outcome: { ok: false, error: ERROR, stopReason: 'abort', exitCode: 1 },
};
export const MESSAGES: readonly Json[] = [STARTED, REPORTED, FINISHED, FAILED];

export const JOB_ENDED: Json = {
  kind: 'job.ended',
  run: RUN,
  call: 0,
  attempt: 1,
  job: 'job-1',
  submittedAs: { name: `${RUN}-0-0`, index: 0 },
  exitCode: 1,
  signal: null,
  fault: 'step',
  reason: 'exited',
  at: 1_700_000_000_000,
};
export const CONTROLS: readonly Json[] = [
  { kind: 'run.created', run: RUN },
  { kind: 'run.abort', run: RUN, reason: 'because', generation: 0 },
  { kind: 'run.tags', run: RUN, add: ['a'], remove: [] },
  { kind: 'run.annotations', run: RUN, note: 'the best', archived: true },
  { kind: 'run.continue', run: RUN, cursor: 'c' },
  { kind: 'timer.fired', run: RUN, timer: 'sleep', subject: 0, generation: 0 },
  { kind: 'logic.claimed', run: RUN, epoch: 1, process: 'p' },
  JOB_ENDED,
];

const DATA = { data: { format: 'json', text: '[1]' }, refs: [] };
const withRefs = {
  data: { format: 'cbor', text: 'gfY=' },
  refs: [{ path: [0, 'a'], call: 0, value: null }],
};

export const COMMANDS: readonly Json[] = [
  {
    command: { kind: 'call', component: 'a', args: DATA, digest: 'd', awaited: true },
    signature: 's',
  },
  {
    command: { kind: 'call', component: 'a', args: withRefs, digest: 'd', awaited: false },
    signature: 's',
  },
  {
    command: {
      kind: 'declare',
      component: { id: 'a.ts#a', name: 'a', returnValues: ['v'], tags: ['t'] },
    },
    signature: 's',
  },
  { command: { kind: 'await', call: 0 }, signature: 's' },
  { command: { kind: 'sleep', durationMs: 1000 }, signature: 's' },
  { command: { kind: 'addTags', tags: ['a'] }, signature: 's' },
  {
    command: {
      kind: 'artifact',
      name: 'a',
      value: { format: 'json', text: '1' },
      metadata: { a: 1 },
    },
    signature: 's',
  },
  { command: { kind: 'point', title: 't', series: 's', value: 1, iteration: 0 }, signature: 's' },
  {
    command: { kind: 'outcome', event: 0, outcome: { kind: 'retry', retry: true } },
    signature: 's',
  },
  { command: { kind: 'threw', error: ERROR }, signature: 's' },
];

export const BATCH_EVENT: Json = {
  source: 'aws.batch',
  'detail-type': 'Batch Job State Change',
  time: '2026-11-22T12:00:00Z',
  detail: {
    jobName: `${RUN}-0-0`,
    jobId: 'the-job:0',
    status: 'FAILED',
    statusReason: 'Host EC2 (instance i-0) terminated.',
    stoppedAt: 1_700_000_000_000,
    container: { exitCode: 137, reason: 'OutOfMemoryError: killed' },
    attempts: [{ container: { exitCode: 1 }, statusReason: 'Essential container in task exited' }],
    ecsProperties: { taskProperties: [{ containers: [{ name: 'step', exitCode: 3 }] }] },
    arrayProperties: { index: 0 },
  },
};
