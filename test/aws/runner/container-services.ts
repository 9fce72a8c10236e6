/**
 * The services that a container uses, on an emulator: a bucket with the specs and code that the
 * engine would store, the transition queue, and secrets.
 *
 * @module
 */
import { createHash, randomUUID } from 'node:crypto';
import { CreateBucketCommand, ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3';
import { CreateSecretCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import {
  CreateQueueCommand,
  DeleteMessageCommand,
  ReceiveMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { s3Options } from '../../../src/aws/storage/s3-client-options.ts';
import { createS3Objects, type S3Objects } from '../../../src/aws/storage/s3-objects.ts';
import { decode, fromInline } from '../../../src/codec/index.ts';
import { CONTAINER_VARIABLES, containerJobId } from '../../../src/model/container.ts';
import type { Preparation } from '../../../src/model/container-settings.ts';
import { encodeGroupSpec } from '../../../src/model/group-spec.ts';
import { type RunnerMessage, runnerMessageSchema, type StepSpec } from '../../../src/model/spec.ts';
import { isStored, type Value } from '../../../src/model/value.ts';
import { stepSpec } from '../../support/step-spec.ts';
import { clientOptions } from '../harness/connection.ts';
import { startEmulator } from '../harness/emulator.ts';

export interface JobOptions {
  /** The step's bundle: statements and a default export. */
  readonly code: string;
  readonly spec?: Partial<StepSpec>;
  readonly preparation?: Preparation;
  /** The number of members of the group. The container executes the middle one. */
  readonly members?: number;
}

/** A submitted job, with the environment of its container. */
export interface SubmittedJob {
  readonly job: string;
  readonly spec: StepSpec;
  readonly environment: Readonly<Record<string, string>>;
}

export interface ContainerServices {
  readonly endpoint: string;
  readonly objects: S3Objects;
  submit(options: JobOptions): Promise<SubmittedJob>;
  createSecret(name: string, value: string): Promise<void>;
  /** The keys of the objects below the prefix. */
  keys(prefix: string): Promise<readonly string[]>;
  /** All messages of the job so far, each once. */
  messages(job: string): Promise<readonly RunnerMessage[]>;
  stop(): Promise<void>;
}

export async function startContainerServices(): Promise<ContainerServices> {
  const emulator = await startEmulator();
  const options = clientOptions(emulator);
  const s3 = new S3Client({ ...options, ...s3Options(emulator.environment) });
  const sqs = new SQSClient(options);
  const bucket = `headrace-${randomUUID()}`;
  await s3.send(new CreateBucketCommand({ Bucket: bucket }));
  const { QueueUrl = '' } = await sqs.send(
    new CreateQueueCommand({
      QueueName: `${randomUUID()}.fifo`,
      Attributes: {
        FifoQueue: 'true',
        DeduplicationScope: 'messageGroup',
        FifoThroughputLimit: 'perMessageGroupId',
      },
    }),
  );
  const objects = createS3Objects({ client: s3, bucket });
  const received: RunnerMessage[] = [];

  async function drain(): Promise<void> {
    while (true) {
      const { Messages = [] } = await sqs.send(
        new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10 }),
      );
      if (Messages.length === 0) return;
      for (const { Body = '', ReceiptHandle } of Messages) {
        const envelope: { readonly v: unknown; readonly transition: unknown } = JSON.parse(Body);
        if (envelope.v !== 1) throw new Error(`a message of version ${envelope.v}`);
        received.push(runnerMessageSchema.parse(envelope.transition));
        await sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }));
      }
    }
  }

  return {
    endpoint: emulator.endpoint,
    objects,
    async submit({ code, spec: overrides, preparation = {}, members = 1 }) {
      const batchJob = randomUUID();
      const codeKey = `code/${batchJob}`;
      await objects.put(codeKey, Buffer.from(code));
      const output = `p/default/data/${batchJob}`;
      const specs = Array.from({ length: members }, (_, call) =>
        stepSpec({
          call,
          codeKey: codeKey,
          codeHash: createHash('sha256').update(code).digest('hex'),
          outputPrefix: `${output}/${call}/1`,
          ...overrides,
        }),
      );
      const key = `p/default/spec/${batchJob}`;
      await objects.put(key, encodeGroupSpec(specs, preparation));
      const index = Math.floor(members / 2);
      const spec = specs[index];
      if (spec === undefined) throw new Error('the group has no members');
      return {
        job: containerJobId(members === 1 ? batchJob : `${batchJob}:${index}`, 1),
        spec,
        environment: {
          ...emulator.environment,
          [CONTAINER_VARIABLES.spec]: `s3://${bucket}/${key}`,
          [CONTAINER_VARIABLES.token]: `token-of-${batchJob}`,
          [CONTAINER_VARIABLES.transitions]: QueueUrl,
          AWS_BATCH_JOB_ID: members === 1 ? batchJob : `${batchJob}:${index}`,
          AWS_BATCH_JOB_ATTEMPT: '1',
          ...(members === 1 ? {} : { AWS_BATCH_JOB_ARRAY_INDEX: String(index) }),
        },
      };
    },
    async createSecret(name, value) {
      await new SecretsManagerClient(options).send(
        new CreateSecretCommand({ Name: name, SecretString: value }),
      );
    },
    async keys(prefix) {
      const { Contents = [] } = await s3.send(
        new ListObjectsV2Command({ Bucket: bucket, Prefix: prefix }),
      );
      return Contents.flatMap(({ Key }) => Key ?? []);
    },
    async messages(job) {
      await drain();
      return received.filter((message) => message.job === job);
    },
    stop: () => emulator.stop(),
  };
}

/** The outcome in a job's messages. */
export function outcomeOf(
  messages: readonly RunnerMessage[],
): Extract<RunnerMessage, { kind: 'finished' }>['outcome'] {
  const finished = messages.filter((message) => message.kind === 'finished');
  const [only] = finished;
  if (only === undefined || finished.length > 1)
    throw new Error(`${finished.length} outcomes: ${JSON.stringify(messages)}`);
  return only.outcome;
}

/** The value of a step that completed, decoded. */
export function resultOf(messages: readonly RunnerMessage[], index = 0): unknown {
  const value = storedOrInline(messages, index);
  if (isStored(value)) throw new Error(`the value is an object: ${value.key}`);
  return decode(fromInline(value));
}

export function storedOrInline(messages: readonly RunnerMessage[], index = 0): Value {
  const outcome = outcomeOf(messages);
  if (!outcome.ok)
    throw new Error(`the step failed: ${outcome.error.stack ?? outcome.error.message}`);
  const value = outcome.values[index];
  if (value === undefined) throw new Error(`there is no value ${index}`);
  return value;
}

/** The error of a step that failed. */
export function failureOf(
  messages: readonly RunnerMessage[],
): Extract<Extract<RunnerMessage, { kind: 'finished' }>['outcome'], { ok: false }> {
  const outcome = outcomeOf(messages);
  if (outcome.ok) throw new Error('the step completed');
  return outcome;
}
