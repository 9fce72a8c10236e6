/**
 * The API on this machine: the engine on a home folder, served over HTTP.
 *
 * 1. It listens on loopback by default and rejects requests for other hosts and requests without the
 *    home's token. Links carry signatures of their own.
 * 2. At its start it continues the runs that were unfinished when it stopped.
 *
 * @module
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import type { Server } from 'node:http';
import { createApi } from '../../api/app.ts';
import type { ApiPorts } from '../../api/ports.ts';
import { createScheduleControl } from '../../api/schedule-control.ts';
import { createModelControl } from '../../controller/models/model-control.ts';
import type { LocalEngine } from '../../engine/engine-interface.ts';
import { homeTarget } from '../../launch/home.ts';
import { type EngineOptions, loadEngine } from '../../launch/load-engine.ts';
import { localUser } from '../../launch/local-user.ts';
import { createNotifier } from '../../launch/notifications.ts';
import { createFileLinks } from '../../local/file-links.ts';
import { createFileLogs } from '../../local/file-logs.ts';
import { newServerToken, recordServer } from '../../local/server-records.ts';
import { watchedFolders } from '../../local/watched-folders.ts';
import { isTerminalRun } from '../../model/run.ts';
import { headraceVersion } from '../../submit/package-version.ts';
import { signInUrl } from '../console/addresses.ts';
import { queueDocuments } from '../local-queues.ts';
import { localScheduleChecks } from '../local-schedules.ts';
import { createChangeSignals, type LocalChangeSignals } from './change-signals.ts';
import { createDevConsole } from './dev-console.ts';
import { createHttpServer } from './http-server.ts';
import { closeServer, listen } from './local-server.ts';
import { LocalRunControl } from './run-control.ts';
import { ScheduleRunner } from './schedule-runner.ts';
import { openServedRuns, type ServedRuns } from './served-runs.ts';
import { createTokenCheck } from './token-check.ts';

export interface DevServerOptions
  extends Pick<EngineOptions, 'home' | 'queueConcurrency' | 'containers' | 'onEvent'> {
  readonly host: string;
  /** Further hosts under which clients reach the server. */
  readonly allowedHosts: readonly string[];
  /** 0: any free port. */
  readonly port: number;
  /** Whether the console is served. */
  readonly console: boolean;
  readonly note: (line: string) => void;
}

export interface DevServer {
  /** Its URL, as in `http://127.0.0.1:4750`. */
  readonly endpoint: string;
  /** The private file that holds its token. */
  readonly tokenFile: string;
  /** A new address that signs in to the console; undefined if none is served. */
  signInUrl(): string | undefined;
  /** Stops serving and requests running steps to stop. Their runs stay resumable. */
  close(): Promise<void>;
}

export async function startDevServer({
  home,
  host,
  allowedHosts,
  port,
  console: servesConsole,
  queueConcurrency,
  containers,
  onEvent,
  note,
}: DevServerOptions): Promise<DevServer> {
  const token = newServerToken();
  const checkToken = createTokenCheck(token);
  const served = openServedRuns(home);
  const notifier = createNotifier({ home, note });
  const scheduler: { runner?: ScheduleRunner } = {};
  let signals: LocalChangeSignals | undefined;
  const engine = await loadEngine({
    home,
    queueConcurrency,
    containers,
    onEvent: (event) => {
      onEvent?.(event);
      notifier.event(event);
      signals?.changed(event.run);
      if (event.kind === 'run' && isTerminalRun(event.status)) {
        served.remove(event.run);
        void scheduler.runner?.runEnded(event.run);
      }
    },
  });
  const { store, objects, clock } = engine;
  signals = createChangeSignals(async (run) => (await store.tasks.run(run))?.head.revision);
  notifier.attach(store.tasks);
  const address = { endpoint: '' };
  const origins = new AsyncLocalStorage<string>();
  const links = createFileLinks({
    objects,
    secret: store.secret(),
    clock,
    baseUrl: () => origins.getStore() ?? address.endpoint,
  });
  const console = servesConsole
    ? createDevConsole({
        clock,
        hintTarget: homeTarget(home),
        checkToken,
        origin: () => origins.getStore() ?? address.endpoint,
      })
    : undefined;
  const runs = new LocalRunControl(engine, home, served, note);
  const schedulePorts = {
    ...localScheduleChecks,
    schedules: store.schedules,
    registry: store.registry,
    queries: store.queries,
    tasks: store.tasks,
    folders: watchedFolders,
    runs,
    clock,
    hintTarget: homeTarget(home),
    note,
  };
  const api = createApi(
    {
      tasks: store.tasks,
      queries: store.queries,
      cache: store.cache,
      limits: store.limits,
      registry: store.registry,
      models: createModelControl({ ...store, objects }, clock),
      schedules: createScheduleControl(schedulePorts),
      idempotencyKeys: store.idempotencyKeys,
      objects,
      links,
      logs: createFileLogs(home),
      runs,
      evaluations: engine.evaluations,
      clock,
      changeSignals: signals,
      ...serviceOf({ queueConcurrency, containers, note }, engine),
    },
    { authorize: console?.authorize ?? checkToken },
  );
  const server = createHttpServer({
    api,
    links,
    origins,
    console: console?.app,
    host,
    allowedHosts,
  });
  try {
    address.endpoint = await listen(server, host, port);
  } catch (error) {
    await engine.close();
    throw error;
  }
  const record = recordServer(home, { endpoint: boundUrl(server), token });
  await resumeServedRuns(engine, served, note);
  const scheduleRunner = new ScheduleRunner(schedulePorts);
  scheduler.runner = scheduleRunner;
  await scheduleRunner.check();
  return {
    endpoint: address.endpoint,
    tokenFile: record.file,
    signInUrl: () =>
      console?.isBuilt ? signInUrl(address.endpoint, console.newCode()) : undefined,
    async close() {
      record.remove();
      await scheduleRunner.stop();
      await closeServer(server);
      signals?.close();
      await notifier.settled();
      await engine.close({ interrupted: true });
    },
  };
}

/** The URL of the address on which the server listens, which `localhost` does not name. */
function boundUrl(server: Server): string {
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('the server has no address');
  const host = address.family === 'IPv6' ? `[${address.address}]` : address.address;
  return `http://${host}:${address.port}`;
}

/** The ports that describe this service and report its errors. */
function serviceOf(
  {
    queueConcurrency = {},
    containers,
    note,
  }: Pick<DevServerOptions, 'queueConcurrency' | 'containers' | 'note'>,
  { queueLoads }: Pick<LocalEngine, 'queueLoads'>,
): Pick<
  ApiPorts,
  'service' | 'features' | 'callerOf' | 'queues' | 'queueLoads' | 'versionProblems' | 'onError'
> {
  const user = localUser() ?? 'unknown';
  const caller = { principal: user, name: user };
  const stepExecutor = containers === undefined ? 'subprocess' : 'container';
  return {
    service: { name: 'headrace', version: headraceVersion(), stepExecutor },
    features: ['bulk', 'previews', 'stream', ...(queueLoads === undefined ? [] : ['queues'])],
    callerOf: () => caller,
    queues: () => ({
      items: queueDocuments(queueConcurrency, queueLoads?.busyQueues()),
      acceptsAnyName: true,
    }),
    queueLoads,
    versionProblems: () => [],
    onError: (error, { method, path }) =>
      note(
        `${method} ${path} failed: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
      ),
  };
}

/** Continues the runs that were unfinished when the server stopped (2). */
async function resumeServedRuns(
  engine: LocalEngine,
  served: ServedRuns,
  note: (line: string) => void,
): Promise<void> {
  const { store } = engine;
  for (const id of served.list()) {
    const run = await store.tasks.run(id);
    if (run === undefined || isTerminalRun(run.head.status)) served.remove(id);
    else if (!(await store.owners.isAlive(id)))
      await engine
        .resume(id)
        .catch((error: unknown) =>
          note(
            `run ${id} cannot continue: ${error instanceof Error ? error.message : String(error)}`,
          ),
        );
  }
}
