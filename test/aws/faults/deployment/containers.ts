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
import { createS3Objects } from '../../../../src/aws/storage/s3-objects.ts';
import { EXIT_PREPARATION_FAILED } from '../../../../src/model/container.ts';
import { readGroupSpec, unpackSpec } from '../../../../src/model/group-spec.ts';
import { reportsKey, resultKey } from '../../../../src/model/object-layout.ts';
import type { RunnerMessage, StepSpec } from '../../../../src/model/spec.ts';
import { readContainerEnvironment } from '../../../../src/runner/container/environment.ts';
import {
  createPersistentDelivery,
  DEFAULT_RETRY_POLICY,
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
  const delivery = createPersistentDelivery(queue, {
    ...DEFAULT_RETRY_POLICY,
    now: context.now,
    log: () => undefined,
    delay: async () => undefined,
  });
  const send = (message: RunnerMessage) => delivery.send({ ...message, token: spec.token, job });
  const folder = await mkdtemp(join(tmpdir(), 'headrace-faults-'));
  try {
    if (context.isHeld(spec)) {
      await send({
        kind: 'started',
        run: spec.run,
        call: spec.call,
        attempt: spec.attempt,
        job,
        token: spec.token,
        at: context.now(),
      });
      return undefined;
    }
    const modules = createModules(objects, folder, async () => (text) => text);
    const code = await runStep(spec, {
      ...modules,
      objects,
      async loadCode(one) {
        const step = await modules.loadCode(one);
        context.onExecution(spec, job);
        return step;
      },
      send,
      jobId: job,
      logStream: `log/${job}`,
      signal: new AbortController().signal,
      stopGraceMs: 1000,
      temporaryDirectory: folder,
      clock: { now: context.now },
    });
    const undelivered = delivery.undelivered();
    const finished = undelivered.find(({ kind }) => kind === 'finished');
    const reports = undelivered.filter(({ kind }) => kind === 'reported');
    if (reports.length > 0)
      await objects.put(reportsKey(spec.outputPrefix, job), Buffer.from(JSON.stringify(reports)));
    if (finished === undefined) return code;
    await objects.put(resultKey(spec.outputPrefix, job), Buffer.from(JSON.stringify(finished)));
    return 0;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
