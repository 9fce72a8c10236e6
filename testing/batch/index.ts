/**
 * An AWS Batch for tests: it speaks Batch's REST protocol to the AWS SDK, and runs the jobs on this
 * machine.
 *
 * @module
 */
import { availableParallelism } from 'node:os';
import { Compute } from './compute.ts';
import { Definitions } from './definitions.ts';
import {
  type BatchEvent,
  type EventFaults,
  Events,
  type EventTarget,
  httpTarget,
} from './events.ts';
import type { Executor } from './executor.ts';
import { type Fault, Faults } from './faults.ts';
import {
  Injections,
  pretendedCredentials,
  type RoleCredentials,
  type SecretReader,
} from './injection.ts';
import { Jobs } from './jobs.ts';
import { Lifecycle } from './lifecycle.ts';
import { type LogLine, type LogSink, Logs } from './logs.ts';
import type { EventPattern } from './pattern.ts';
import type { Place } from './place.ts';
import { reclaim, routes } from './routes.ts';
import { makeServer } from './server.ts';

export { cloudWatchSink, secretsManagerReader } from './aws.ts';
export { dockerExecutor } from './docker.ts';
export type { BatchEvent, EventFaults, EventTarget } from './events.ts';
export type { ContainerEnd, ContainerPlan, Executor } from './executor.ts';
export { type SubprocessOptions, subprocessExecutor } from './subprocess.ts';

export interface BatchEmulatorOptions {
  /** Default: a free one. */
  readonly port?: number;
  /** Default: `127.0.0.1`. */
  readonly host?: string;
  /** Where containers reach the emulator. Default: its own address. */
  readonly urlForContainers?: string;
  readonly executor: Executor;
  readonly region?: string;
  readonly account?: string;
  /** Is given every event; one that it rejects is delivered again. */
  readonly onEvent?: (event: BatchEvent) => void | Promise<void>;
  /** Is POSTed every event as JSON. */
  readonly eventUrl?: string;
  /** What `onEvent` and `eventUrl` are told of. Default: everything. */
  readonly eventPattern?: EventPattern;
  readonly eventFaults?: EventFaults;
  /** Which of an array's jobs have events. Default: both. */
  readonly arrayEvents?: 'both' | 'parents' | 'children';
  /**
   * Variables of every container, such as `AWS_ENDPOINT_URL`; a container's own go before. A job
   * with a role gets none of the credentials in it.
   */
  readonly environment?: Readonly<Record<string, string>>;
  /** By the role's ARN. Default: pretended ones, another pair for every role. */
  readonly credentials?: (roleArn: string) => RoleCredentials;
  readonly secrets?: SecretReader;
  /** Where log lines go besides the emulator's memory. */
  readonly logs?: LogSink;
  /** Jobs that run at once whatever their queues allow. Default: 8 for each processor. */
  readonly maxRunning?: number;
  /** Milliseconds from SIGTERM to SIGKILL. Default: 30,000, as in ECS. */
  readonly stopGraceMs?: number;
  /** Milliseconds that count as one second of a timeout or time limit. Default: 1,000. */
  readonly secondMs?: number;
  /** Times that DescribeJobs leaves out a job that was just submitted. Default: 0. */
  readonly hiddenDescribes?: number;
  /** Default: a line to stderr. */
  readonly warn?: (sentence: string) => void;
}

export interface BatchEmulator {
  readonly url: string;
  /**
   * Takes away the host of a running job: SIGTERM, SIGKILL after the grace; with `kill` at once.
   * @throws Refusal when it does not run
   */
  reclaim(jobId: string, options?: { readonly kill?: boolean }): void;
  /** Forgets a job, as Batch does a day after its end. */
  forget(jobId: string): void;
  /** Lets the next requests of an operation fail. */
  fail(fault: Fault): void;
  /** Adds a target of events, or replaces the one of that id. */
  setTarget(id: string, target: EventTarget): void;
  /** A stream's lines; `undefined` if nothing was written to it. */
  log(stream: string): readonly LogLine[] | undefined;
  /** Resolves when every event so far was delivered or given up, and every log line handed on. */
  settled(): Promise<void>;
  /** Kills what runs and closes the port. */
  stop(): Promise<void>;
}

/**
 * Starts an emulator.
 *
 * @example const batch = await startBatchEmulator({ executor: subprocessExecutor() }); const client
 * = new BatchClient({ endpoint: batch.url, region: 'eu-central-1', credentials: { accessKeyId: 'x',
 * secretAccessKey: 'x' } });
 */
export async function startBatchEmulator(options: BatchEmulatorOptions): Promise<BatchEmulator> {
  const {
    host = '127.0.0.1',
    executor,
    warn = (sentence) => void process.stderr.write(`batch-emulator: ${sentence}\n`),
  } = options;
  const place: Place = {
    partition: 'aws',
    region: options.region ?? 'us-east-1',
    account: options.account ?? '000000000000',
  };
  let url = '';
  const compute = new Compute(place);
  const definitions = new Definitions(place);
  const jobs = new Jobs({ place, hiddenDescribes: options.hiddenDescribes ?? 0 });
  const events = new Events({
    place,
    arrays: options.arrayEvents ?? 'both',
    faults: options.eventFaults ?? {},
    warn,
  });
  const logs = new Logs(options.logs, warn);
  const faults = new Faults();
  const injections = new Injections({
    place,
    url: () => options.urlForContainers ?? url,
    environment: options.environment ?? {},
    credentials: options.credentials ?? pretendedCredentials,
    secrets: options.secrets,
  });
  const lifecycle = new Lifecycle({
    place,
    compute,
    executor,
    injector: injections,
    logs,
    stopGraceMs: options.stopGraceMs ?? 30_000,
    secondMs: options.secondMs ?? 1000,
    warn,
    maxRunning: options.maxRunning ?? availableParallelism() * 8,
    onStatus: (job) => events.tell(job),
    onBlocked: (job) => events.tell(job, 'Batch Job Queue Blocked'),
  });
  const { onEvent, eventUrl, eventPattern } = options;
  if (onEvent !== undefined)
    events.setTarget('onEvent', {
      pattern: eventPattern,
      deliver: async (event) => onEvent(event),
    });
  if (eventUrl !== undefined) events.setTarget('eventUrl', httpTarget(eventUrl, eventPattern));

  const parts = {
    compute,
    definitions,
    jobs,
    lifecycle,
    events,
    logs,
    injections,
    faults,
    executorName: executor.name,
  };
  const server = makeServer(routes(parts));
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port ?? 0, host, resolve);
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('The emulator has no port');
  url = `http://${host}:${address.port}`;

  return {
    url,
    reclaim: (jobId, { kill = false } = {}) => void reclaim(parts, jobId, kill),
    forget: (jobId) => jobs.forget(jobId),
    fail: (fault) => faults.add(fault),
    setTarget: (id, target) => events.setTarget(id, target),
    log: (stream) => logs.read(stream),
    settled: async () => {
      await events.settled();
      await logs.flush();
    },
    stop: async () => {
      // What the stop itself ends is nobody's event.
      events.close();
      await lifecycle.close();
      await logs.flush();
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      });
    },
  };
}
