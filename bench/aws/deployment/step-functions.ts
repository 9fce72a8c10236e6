/**
 * Functions of a queue on Lambda. They make the requests and send the messages of `lambda/step`, at
 * the times at which a function makes them: `started` and the reads of the stop objects while the
 * step's process starts, then the code, the work, `finished`.
 *
 * 1. Functions are warm: the start of a new environment is not counted, as for all functions.
 * 2. A function is billed without the step's own work, as Batch's compute is not counted.
 *
 * @module
 */
import { S3Client } from '@aws-sdk/client-s3';
import { SQSClient } from '@aws-sdk/client-sqs';
import { isStopped } from '../../../lambda/step/stop-objects.ts';
import {
  siblingQueueUrl,
  stepFunctionName,
  stepQueueVisibilitySeconds,
} from '../../../src/aws/deployment/lambda-queues.ts';
import type { LambdaQueueSettings } from '../../../src/aws/deployment/settings.ts';
import { stepInvocationSchema } from '../../../src/aws/jobs/step-invocation.ts';
import { readSqsRecords } from '../../../src/aws/lambda/sqs-event.ts';
import { createSqsTransitions } from '../../../src/aws/messages/transition-queue.ts';
import { createS3Objects } from '../../../src/aws/storage/s3-objects.ts';
import { readGroupSpec, unpackSpec } from '../../../src/model/group-spec.ts';
import { STEP_FUNCTION_GB } from '../comparison.ts';
import type { Ledger } from '../ledger.ts';
import { invocation as invocationUnits } from '../prices.ts';
import { NOMINAL_MS } from './nominal.ts';
import { type BatchResult, CountedQueue, type NewMessage } from './queue.ts';
import { BUCKET, PREFIX, URLS } from './settings.ts';
import { MAX_CODE_BYTES, StepMessages, type WorkOf } from './steps.ts';
import type { SimulatedTime } from './time.ts';

export interface StepFunctionsOptions {
  readonly time: SimulatedTime;
  readonly ledger: Ledger;
  readonly workOf: WorkOf;
  readonly settings: LambdaQueueSettings;
}

const NONE: ReadonlySet<string> = new Set();

/** The URL of the queue that starts the steps of the queue `default`. */
export const STEP_QUEUE_URL = siblingQueueUrl(
  URLS.transitions,
  stepFunctionName(PREFIX, 'default', 'default'),
);

export class StepFunctions {
  readonly queue: CountedQueue;
  /**
   * Milliseconds from the start of the invocation that launched a step, with the result that the step
   * waited for, until the step's code starts. In the order of the starts.
   */
  readonly edges: number[] = [];
  readonly #options: StepFunctionsOptions;
  readonly #launches = new Map<string, number>();
  readonly #objects = createS3Objects({
    client: new S3Client({ region: 'us-east-1' }),
    bucket: BUCKET,
  });
  readonly #transitions = createSqsTransitions({
    client: new SQSClient({ region: 'us-east-1' }),
    queueUrl: URLS.transitions,
  });

  constructor(options: StepFunctionsOptions) {
    this.#options = options;
    const { time, ledger, settings } = options;
    this.queue = new CountedQueue({
      time,
      ledger,
      fifo: false,
      batchSize: 1,
      // The event source receives the message, and invokes the function.
      windowMs: 2 * NOMINAL_MS.roundTrip,
      maxConcurrency: settings.maxConcurrency,
      visibilityMs: stepQueueVisibilitySeconds(settings.timeoutSeconds) * 1000,
      handle: (event) => this.#handle(event),
    });
  }

  /** @param receivedAt the start of the invocation that sends the message */
  send(message: NewMessage, receivedAt: number): void {
    this.#launches.set(message.body, receivedAt);
    this.queue.send(message);
  }

  async #handle(event: object): Promise<BatchResult> {
    const { time, ledger, workOf } = this.#options;
    const [record] = readSqsRecords(event) ?? [];
    if (record === undefined) throw new Error('the event of a step function has no message');
    const invocation = stepInvocationSchema.parse(JSON.parse(record.body));
    const { spec: location, token, job: jobIndex, project } = invocation;
    const { spec } = await ('text' in location
      ? readGroupSpec(unpackSpec(location.text), 0, token)
      : readGroupSpec(
          (start, length) => this.#objects.slice(location.key, start, start + length),
          location.index,
          token,
        ));
    const job = `lambda-${record.messageId}`;
    const work = workOf(spec);
    const messages = new StepMessages({
      time,
      queue: this.#transitions,
      spec,
      work,
      job,
      token,
    });
    const startedAt = time.now();
    const processAt = startedAt + Math.max(NOMINAL_MS.stepProcess, NOMINAL_MS.roundTrip);
    const codeAt = processAt + NOMINAL_MS.roundTrip;
    const workedUntil = codeAt + work.durationMs;
    const endedAt = workedUntil + NOMINAL_MS.roundTrip;
    await messages.sendStarted();
    if (await isStopped(this.#objects, { project, run: spec.run, job: jobIndex, execution: job }))
      throw new Error('no attempt of the benchmark is stopped');
    time.at(processAt, async () => void (await this.#objects.get(spec.codeKey, MAX_CODE_BYTES)));
    time.at(codeAt, async () => {
      this.edges.push(codeAt - (this.#launches.get(record.body) ?? Number.NaN));
      await messages.sendReports();
    });
    time.at(workedUntil, () => messages.sendFinished());
    ledger.add(
      'Lambda',
      'invocation',
      'step function',
      invocationUnits(endedAt - startedAt - work.durationMs, STEP_FUNCTION_GB, 'x86_64'),
    );
    return { at: endedAt, failed: NONE };
  }
}
