/**
 * The function of a queue on Lambda, in this process: handles a message with the modules of
 * `lambda/step`, and executes the step with the runner's own. Its process and the supervisor are not
 * simulated, so that this module repeats the supervisor's rules for functions.
 *
 * 1. The step's code starts only once the queue of transitions has `started`, and no object stops
 *    the attempt.
 * 2. A result that the queue did not accept is stored, and the handling fails: the next delivery of
 *    the message makes the controller read it.
 *
 * @module
 */
import { S3Client } from '@aws-sdk/client-s3';
import { SQSClient } from '@aws-sdk/client-sqs';
import { changeVisibility } from '../../../../lambda/step/heartbeat.ts';
import { handleStepMessage } from '../../../../lambda/step/step-message.ts';
import { isStopped } from '../../../../lambda/step/stop-objects.ts';
import type { StepInvocation } from '../../../../src/aws/jobs/step-invocation.ts';
import type { SqsRecord } from '../../../../src/aws/lambda/sqs-event.ts';
import { createSqsTransitions } from '../../../../src/aws/messages/transition-queue.ts';
import { s3Options } from '../../../../src/aws/storage/s3-client-options.ts';
import { createS3Objects, type S3Objects } from '../../../../src/aws/storage/s3-objects.ts';
import type { StepSpec } from '../../../../src/model/spec.ts';
import type { Transitions } from '../../../../src/ports/transitions.ts';
import {
  type ContainerContext,
  executeStep,
  runnerDelivery,
  storeUndelivered,
} from './containers.ts';
import { BUCKET, STEP_QUEUE_URL_PATH, TRANSITIONS_URL_PATH } from './settings.ts';

interface Services {
  readonly objects: S3Objects;
  readonly transitions: Transitions;
}

/** @throws if the handling failed: the message is delivered again */
export async function runStepFunction(
  record: SqsRecord,
  signer: string,
  context: ContainerContext,
): Promise<void> {
  const client = {
    endpoint: context.url,
    region: 'us-east-1',
    credentials: { accessKeyId: signer, secretAccessKey: 'secret' },
  };
  const sqs = new SQSClient(client);
  const services = {
    objects: createS3Objects({
      client: new S3Client({ ...client, ...s3Options() }),
      bucket: BUCKET,
    }),
    transitions: createSqsTransitions({
      client: sqs,
      queueUrl: `${context.url}${TRANSITIONS_URL_PATH}`,
    }),
  };
  const queue = { sqs, queueUrl: `${context.url}${STEP_QUEUE_URL_PATH}` };
  await handleStepMessage(record, {
    services,
    heartbeat: {
      setVisibility: (seconds) => changeVisibility(queue, record, seconds),
      stop: () => undefined,
    },
    execute: ({ spec }, invocation, job) => execute(spec, invocation, job, services, context),
  });
}

async function execute(
  spec: StepSpec,
  { job: submittedAs, project }: StepInvocation,
  job: string,
  { objects, transitions }: Services,
  context: ContainerContext,
): Promise<void> {
  const delivery = runnerDelivery(transitions, context);
  const { run, call, attempt, token } = spec;
  const [stopped] = await Promise.all([
    isStopped(objects, { project, run, job: submittedAs, execution: job }),
    delivery.send({ kind: 'started', run, call, attempt, job, token, at: context.now() }),
  ]);
  if (stopped) return;
  if (delivery.undelivered().length > 0) throw new Error('the start was not accepted');
  await executeStep(spec, job, { objects, context, delivery, isStartSent: true });
  if (await storeUndelivered(spec, job, delivery, objects))
    throw new Error('the result was not accepted, and is stored');
}
