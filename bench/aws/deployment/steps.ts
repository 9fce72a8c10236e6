/**
 * Containers of steps. They make the requests and send the messages of a runner: the spec, the
 * code, `started`, the work, `finished`.
 *
 * @module
 */
import { createHash } from 'node:crypto';
import { S3Client } from '@aws-sdk/client-s3';
import { SQSClient } from '@aws-sdk/client-sqs';
import { createSqsTransitions } from '../../../src/aws/messages/transition-queue.ts';
import { createS3Objects } from '../../../src/aws/storage/s3-objects.ts';
import type { Report } from '../../../src/model/artifacts.ts';
import { readGroupSpec, unpackSpec } from '../../../src/model/group-spec.ts';
import type { StepSpec } from '../../../src/model/spec.ts';
import { readContainerEnvironment } from '../../../src/runner/container/environment.ts';
import type { BatchMember } from '../../../testing/batch/memory-batch.ts';
import type { SimulatedTime } from './time.ts';

export interface Work {
  readonly durationMs: number;
  /** The number of reports that the step sends after its start. */
  readonly reports?: number;
  /** What each report contains. Default: one point of a metric. */
  readonly reportOf?: (spec: StepSpec, sequence: number) => Partial<Report>;
  /** Whether the step fails. Default: it returns a number. */
  readonly fails?: boolean;
  /** Whether the step never ends. */
  readonly endless?: boolean;
}

export type WorkOf = (spec: StepSpec) => Work;

export function stepRunner(time: SimulatedTime, workOf: WorkOf) {
  const s3 = new S3Client({ region: 'us-east-1' });
  const sqs = new SQSClient({ region: 'us-east-1' });

  return async ({
    jobId,
    index,
    isArray,
    environment,
  }: BatchMember): Promise<{ readonly at: number; readonly exitCode: number } | undefined> => {
    const variables = {
      ...environment,
      AWS_BATCH_JOB_ID: jobId,
      AWS_BATCH_JOB_ATTEMPT: '1',
      ...(isArray ? { AWS_BATCH_JOB_ARRAY_INDEX: String(index) } : {}),
    };
    const {
      bucket,
      specKey: key,
      specText,
      index: member,
      token,
      job,
      transitionsQueueUrl: transitions,
    } = readContainerEnvironment(variables);
    const objects = createS3Objects({ client: s3, bucket });
    const read =
      specText === undefined
        ? (start: number, length: number) => objects.slice(key, start, start + length)
        : unpackSpec(specText);
    const { spec } = await readGroupSpec(read, member, token);
    const queue = createSqsTransitions({ client: sqs, queueUrl: transitions });
    const attemptFields = () => ({
      run: spec.run,
      call: spec.call,
      attempt: spec.attempt,
      job,
      token,
      at: time.now(),
    });
    const logStream = `headrace/default/${createHash('sha256').update(job).digest('hex').slice(0, 32)}`;
    await queue.send([{ kind: 'started', ...attemptFields(), logStream }]);
    await objects.get(spec.codeKey, 1e8);
    const work = workOf(spec);
    const { durationMs, reports = 0, fails = false, endless = false } = work;
    const point = { title: 'loss', series: 'train', iteration: 1, value: 0.5, at: time.now() };
    const reportOf = work.reportOf ?? (() => ({ points: [point] }));
    const empty = {
      points: [],
      texts: [],
      artifacts: [],
      models: [],
      onRun: { artifacts: [], models: [] },
    };
    for (let sequence = 0; sequence < reports; sequence += 1) {
      await queue.send([
        {
          kind: 'reported',
          ...attemptFields(),
          sequence,
          report: { ...empty, ...reportOf(spec, sequence) },
        },
      ]);
    }
    if (endless) return undefined;
    const end = time.now() + durationMs;
    time.at(end, () =>
      queue.send([
        {
          kind: 'finished',
          ...attemptFields(),
          outcome: fails ? FAILURE : success(spec, time.now()),
        },
      ]),
    );
    return { at: end, exitCode: fails ? 1 : 0 };
  };
}

const FAILURE = {
  ok: false as const,
  error: { name: 'Error', message: 'the step of the benchmark fails' },
  exitCode: 1,
};

function success(spec: StepSpec, createdAt: number) {
  const text = String(spec.call + 1);
  const value = { format: 'json' as const, text };
  const described = {
    type: 'json',
    size: text.length,
    hash: createHash('sha256').update(text).digest('hex'),
    preview: text,
    createdAt,
  };
  return {
    ok: true as const,
    values: [value],
    artifacts: spec.returnValues.map((name) => ({ name, value, ...described })),
  };
}
