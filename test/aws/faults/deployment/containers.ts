/**
 * The container of a step, in this process: runs the runner's own modules. Its spec, messages,
 * values and uploads use the same requests as in AWS.
 *
 * @module
 */

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { S3Client } from '@aws-sdk/client-s3';
import { SQSClient } from '@aws-sdk/client-sqs';
import { createSqsTransitions } from '../../../../src/aws/messages/transition-queue.ts';
import { s3Options } from '../../../../src/aws/storage/s3-client-options.ts';
import { createS3Objects, type S3Objects } from '../../../../src/aws/storage/s3-objects.ts';
import { EXIT_PREPARATION_FAILED } from '../../../../src/model/container.ts';
import { readGroupSpec, unpackSpec } from '../../../../src/model/group-spec.ts';
import { reportsKey, resultKey } from '../../../../src/model/object-layout.ts';
import type { RunnerMessage, StepSpec } from '../../../../src/model/spec.ts';
import type { Transitions } from '../../../../src/ports/transitions.ts';
import { readContainerEnvironment } from '../../../../src/runner/container/environment.ts';
import {
  createPersistentDelivery,
  DEFAULT_RETRY_POLICY,
  type PersistentDelivery,
} from '../../../../src/runner/container/persistent-delivery.ts';
import { createModules } from '../../../../src/runner/modules.ts';
import { runStep } from '../../../../src/runner/run-step.ts';
import type { BatchMember } from '../../../../testing/batch/memory-batch.ts';

export interface ContainerContext {
  readonly url: string;
  now(): number;
  /** Called before each execution of the step's function. */
  onExecution(spec: StepSpec, job: string): void;
  /** Whether the step runs until its container is stopped. */
  isHeld(spec: StepSpec): boolean;
}

/** The attempts of the runner's store client (`src/programs/step-container.ts`). */
const STORE_ATTEMPTS = 10;

/** Returns the exit code, or undefined for a held step: it runs until it is stopped. */
export async function runContainer(
  { jobId, index, isArray, environment }: BatchMember,
  signer: string,
  context: ContainerContext,
): Promise<number | undefined> {
  const client = {
    endpoint: context.url,
    region: 'us-east-1',
    credentials: { accessKeyId: signer, secretAccessKey: 'secret' },
  };
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
  const objects = createS3Objects({
    client: new S3Client({ ...client, ...s3Options(), maxAttempts: STORE_ATTEMPTS }),
    bucket,
  });
  const read =
    specText === undefined
      ? (start: number, length: number) => objects.slice(key, start, start + length)
      : unpackSpec(specText);
  const loaded = await readGroupSpec(read, member, token).catch((error: unknown) =>
    console.error(error),
  );
  if (loaded === undefined) return EXIT_PREPARATION_FAILED;
  const { spec } = loaded;
  const queue = createSqsTransitions({ client: new SQSClient(client), queueUrl: transitions });
  const delivery = runnerDelivery(queue, context);
  if (context.isHeld(spec)) {
    const { run, call, attempt } = spec;
    await delivery.send({ kind: 'started', run, call, attempt, job, token, at: context.now() });
    return undefined;
  }
  const code = await executeStep(spec, job, { objects, context, delivery, isStartSent: false });
  return (await storeUndelivered(spec, job, delivery, objects)) ? 0 : code;
}

/** Sends messages as the supervisor does, without its waits. */
export const runnerDelivery = (
  queue: Transitions,
  { now }: Pick<ContainerContext, 'now'>,
): PersistentDelivery =>
  createPersistentDelivery(queue, {
    ...DEFAULT_RETRY_POLICY,
    now,
    log: () => undefined,
    delay: async () => undefined,
  });

interface Execution {
  readonly objects: S3Objects;
  readonly context: ContainerContext;
  readonly delivery: PersistentDelivery;
  /** `started` was sent before. */
  readonly isStartSent: boolean;
}

/** Executes the code of a step. Returns the exit code of its process. */
export async function executeStep(
  spec: StepSpec,
  job: string,
  { objects, context, delivery, isStartSent }: Execution,
): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), 'headrace-faults-'));
  const modules = createModules(objects, folder, async () => (text) => text);
  try {
    return await runStep(spec, {
      ...modules,
      objects,
      async loadCode(one) {
        const step = await modules.loadCode(one);
        context.onExecution(spec, job);
        return step;
      },
      async send(message: RunnerMessage) {
        if (message.kind !== 'started' || !isStartSent)
          await delivery.send({ ...message, token: spec.token, job });
      },
      jobId: job,
      logStream: `log/${job}`,
      signal: new AbortController().signal,
      stopGraceMs: 1000,
      temporaryDirectory: folder,
      downloadsFolder: folder,
      clock: { now: context.now },
    });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Stores messages that the queue did not accept. Returns whether an outcome is among them. */
export async function storeUndelivered(
  spec: StepSpec,
  job: string,
  delivery: PersistentDelivery,
  objects: S3Objects,
): Promise<boolean> {
  const undelivered = delivery.undelivered();
  const finished = undelivered.find(({ kind }) => kind === 'finished');
  const reports = undelivered.filter(({ kind }) => kind === 'reported');
  if (reports.length > 0)
    await objects.put(reportsKey(spec.outputPrefix, job), Buffer.from(JSON.stringify(reports)));
  if (finished === undefined) return false;
  await objects.put(resultKey(spec.outputPrefix, job), Buffer.from(JSON.stringify(finished)));
  return true;
}
