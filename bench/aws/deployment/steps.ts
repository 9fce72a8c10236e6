/**
 * Containers of steps. They make the requests and send the messages of a runner: the spec, the
 * code, `started`, the work, `finished`.
 *
 * @module
 */
import { createHash } from 'node:crypto';
import { S3Client } from '@aws-sdk/client-s3';
import { SQSClient } from '@aws-sdk/client-sqs';
import {
  createSqsTransitions,
  type SqsTransitions,
} from '../../../src/aws/messages/transition-queue.ts';
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

/** More than the code of any step of the benchmark has. */
export const MAX_CODE_BYTES = 1e8;

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
    const work = workOf(spec);
    const messages = new StepMessages({ time, queue, spec, work, job, token });
    await messages.sendStarted();
    await objects.get(spec.codeKey, MAX_CODE_BYTES);
    await messages.sendReports();
    if (work.endless === true) return undefined;
    const end = time.now() + work.durationMs;
    time.at(end, () => messages.sendFinished());
    return { at: end, exitCode: work.fails === true ? 1 : 0 };
  };
}

export interface StepMessagesOptions {
  readonly time: SimulatedTime;
  readonly queue: SqsTransitions;
  readonly spec: StepSpec;
  readonly work: Work;
  readonly job: string;
  readonly token: string;
}

/** Sends the messages of one attempt, each at the current time. */
export class StepMessages {
  readonly #options: StepMessagesOptions;

  constructor(options: StepMessagesOptions) {
    this.#options = options;
  }

  sendStarted(): Promise<void> {
    const { queue, job } = this.#options;
    const logStream = `headrace/default/${createHash('sha256').update(job).digest('hex').slice(0, 32)}`;
    return queue.send([{ kind: 'started', ...this.#fields(), logStream }]);
  }

  async sendReports(): Promise<void> {
    const { queue, spec, work, time } = this.#options;
    const point = { title: 'loss', series: 'train', iteration: 1, value: 0.5, at: time.now() };
    const { reports = 0, reportOf = () => ({ points: [point] }) } = work;
    for (let sequence = 0; sequence < reports; sequence += 1) {
      const report = { ...EMPTY_REPORT, ...reportOf(spec, sequence) };
      await queue.send([{ kind: 'reported', ...this.#fields(), sequence, report }]);
    }
  }

  sendFinished(): Promise<void> {
    const { queue, spec, work, time } = this.#options;
    const outcome = work.fails === true ? FAILURE : success(spec, time.now());
    return queue.send([{ kind: 'finished', ...this.#fields(), outcome }]);
  }

  #fields() {
    const { spec, job, token, time } = this.#options;
    const { run, call, attempt } = spec;
    return { run, call, attempt, job, token, at: time.now() };
  }
}

const EMPTY_REPORT: Report = {
  points: [],
  texts: [],
  artifacts: [],
  models: [],
  onRun: { artifacts: [], models: [] },
};

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
