/**
 * An AWS Batch emulator for tests: it implements Batch's REST protocol for the AWS SDK, and runs
 * the jobs on this machine.
 *
 * @module
 */
import { availableParallelism } from 'node:os';
import type { ArnScope } from './arns.ts';
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
  fakeCredentials,
  Injections,
  type RoleCredentials,
  type SecretReader,
} from './injection.ts';
import { Jobs } from './jobs.ts';
import { Lifecycle } from './lifecycle.ts';
import { type LogLine, type LogSink, Logs } from './logs.ts';
import type { EventPattern } from './pattern.ts';
import { reclaim, routes } from './routes.ts';
import { makeServer } from './server.ts';

export { cloudWatchSink, secretsManagerReader } from './aws.ts';
export { dockerExecutor } from './docker.ts';
export type { BatchEvent, EventFaults, EventTarget } from './events.ts';
export type { ContainerExit, ContainerPlan, Executor } from './executor.ts';
export { type SubprocessOptions, subprocessExecutor } from './subprocess.ts';

export interface BatchEmulatorOptions {
  /** Default: a free port. */
  readonly port?: number;
  /** Default: `127.0.0.1`. */
  readonly host?: string;
  /** The emulator's URL for containers. Default: its own URL. */
  readonly urlForContainers?: string;
  readonly executor: Executor;
  readonly region?: string;
  readonly account?: string;
  /** Receives every event; a rejected event is delivered again. */
  readonly onEvent?: (event: BatchEvent) => void | Promise<void>;
  /** Receives every event as JSON by POST. */
  readonly eventUrl?: string;
  /** The events for `onEvent` and `eventUrl`. Default: all. */
  readonly eventPattern?: EventPattern;
  readonly eventFaults?: EventFaults;
  /** Which of an array's jobs have events. Default: both. */
  readonly arrayEvents?: 'both' | 'parents' | 'children';
  /**
   * Variables of every container, such as `AWS_ENDPOINT_URL`. A container's own variables override
   * them. A job with a role receives none of their credentials.
   */
  readonly environment?: Readonly<Record<string, string>>;
  /** Returns credentials for a role's ARN. Default: fake ones, a different pair for every role. */
  readonly credentials?: (roleArn: string) => RoleCredentials;
  readonly secrets?: SecretReader;
  /** Receives the log lines, in addition to the emulator's memory. */
  readonly logs?: LogSink;
  /** Maximum number of running jobs over all queues. Default: 8 per processor. */
  readonly maxRunning?: number;
  /** Milliseconds from SIGTERM to SIGKILL. Default: 30,000, as in ECS. */
  readonly stopGraceMs?: number;
  /** Milliseconds that count as one second of a timeout or time limit. Default: 1,000. */
  readonly secondMs?: number;
  /** How often DescribeJobs omits a new job. Default: 0. */
  readonly hiddenDescribes?: number;
  /** Default: prints to stderr. */
  readonly warn?: (message: string) => void;
}

export interface BatchEmulator {
  readonly url: string;
  /**
   * Reclaims the host of a running job: SIGTERM, then SIGKILL after the grace period; with `kill`,
   * SIGKILL at once. @throws Refusal if the job does not run
   */
  reclaim(jobId: string, options?: { readonly kill?: boolean }): void;
  /** Removes a job, as Batch does a day after its end. */
  forget(jobId: string): void;
  /** The tags of a job. A child of an array, and an unknown job, have none. */
  tags(jobId: string): Readonly<Record<string, string>>;
  /** Fails the next requests of an operation. */
  fail(fault: Fault): void;
  /** Adds a target of events, or replaces the target with that id. */
  setTarget(id: string, target: EventTarget): void;
  /** The lines of a stream; `undefined` if it has none. */
  log(stream: string): readonly LogLine[] | undefined;
  /** Resolves when every event so far was delivered or dropped, and the sink has all log lines. */
  settled(): Promise<void>;
  /** Kills the running jobs and closes the port. */
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
    warn = (message) => void process.stderr.write(`batch-emulator: ${message}\n`),
  } = options;
  const scope: ArnScope = {
    partition: 'aws',
    region: options.region ?? 'us-east-1',
    account: options.account ?? '000000000000',
  };
  let url = '';
  const compute = new Compute(scope);
  const definitions = new Definitions(scope);
  const jobs = new Jobs({ scope, hiddenDescribes: options.hiddenDescribes ?? 0 });
  const events = new Events({
    scope,
    arrays: options.arrayEvents ?? 'both',
    faults: options.eventFaults ?? {},
    warn,
  });
  const logs = new Logs(options.logs, warn);
  const faults = new Faults();
  const injections = new Injections({
    scope,
    url: () => options.urlForContainers ?? url,
    environment: options.environment ?? {},
    credentials: options.credentials ?? fakeCredentials,
    secrets: options.secrets,
  });
  const lifecycle = new Lifecycle({
    scope,
    compute,
    executor,
    injector: injections,
    logs,
    stopGraceMs: options.stopGraceMs ?? 30_000,
    secondMs: options.secondMs ?? 1000,
    warn,
    maxRunning: options.maxRunning ?? availableParallelism() * 8,
    onStatus: (job) => events.emit(job),
    onBlocked: (job) => events.emit(job, 'Batch Job Queue Blocked'),
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
    tags: (jobId) => jobs.get(jobId)?.tags ?? {},
    fail: (fault) => faults.add(fault),
    setTarget: (id, target) => events.setTarget(id, target),
    log: (stream) => logs.read(stream),
    settled: async () => {
      await events.settled();
      await logs.flush();
    },
    stop: async () => {
      // The jobs that are killed by the stop have no events.
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
