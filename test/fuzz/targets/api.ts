/**
 * The API: requests to every route, and links to objects of a home.
 *
 * @module
 */
import { inspect } from 'node:util';
import { createApi } from '../../../src/api/app.ts';
import { createCursorCodec } from '../../../src/api/cursors.ts';
import { modelPositionSchema } from '../../../src/api/model-search.ts';
import { offsetCursors } from '../../../src/api/offset-pages.ts';
import type { ApiPorts } from '../../../src/api/ports.ts';
import { ProblemError } from '../../../src/api/problems.ts';
import { createScheduleControl } from '../../../src/api/schedule-control.ts';
import { createModelControl } from '../../../src/controller/models/model-control.ts';
import { newHead } from '../../../src/controller/run/run-head.ts';
import { readCommands } from '../../../src/evaluator/read-commands.ts';
import { createEvaluationControl } from '../../../src/external-evaluation/evaluation-control.ts';
import { createFileLinks, LINKS_PATH } from '../../../src/local/file-links.ts';
import type { Json } from '../../../src/model/json.ts';
import { LogCursorError } from '../../../src/ports/logs.ts';
import { completeArguments } from '../../../src/submit/arguments.ts';
import { newRunOf } from '../../../src/submit/prepare.ts';
import { createMemoryStorage, type MemoryStorage } from '../../conformance/memory.ts';
import { MemoryObjects } from '../../conformance/memory-objects.ts';
import { aCommit, aCompletedStep, anInfo, runId } from '../../conformance/records.ts';
import type { Random } from '../../simulation/random.ts';
import { mutatedText, randomText } from '../generate/bytes.ts';
import { hostileJson } from '../generate/json.ts';
import { refusedWith, requireEqual, requireThat, type Target } from '../target.ts';
import { COMMANDS, RUN } from './records.ts';

const CLOCK = { now: () => 1_700_000_000_000 };

let storage: MemoryStorage = createMemoryStorage();
/** The storage of the current input, behind ports that the application was created with. */
const port = <K extends keyof MemoryStorage>(name: K): MemoryStorage[K] =>
  new Proxy(storage[name], {
    get(_, method) {
      const found: unknown = Reflect.get(storage[name], method);
      return typeof found === 'function' ? found.bind(storage[name]) : found;
    },
  });

const failures: unknown[] = [];
const objects = port('objects');
const tasks = port('tasks');
const link = (method: 'GET' | 'PUT') => async (key: string) => ({
  url: `http://links/${encodeURIComponent(key)}`,
  method,
  headers: {},
  expiresAt: CLOCK.now(),
});
const done = async (): Promise<void> => undefined;

const ports: ApiPorts = {
  tasks,
  queries: tasks,
  cache: port('cache'),
  limits: port('limits'),
  registry: port('registry'),
  models: createModelControl(
    { tasks, queries: tasks, removal: tasks, objects, models: port('models') },
    CLOCK,
  ),
  schedules: createScheduleControl({
    schedules: port('schedules'),
    registry: port('registry'),
    queues: () => ports.queues(),
    evaluations: { jobs: true, accepted: true },
    runs: {
      newId: () => runId(2),
      prepare: (version, request) => ports.runs.prepare(version, request),
    },
    objectProblem: () => undefined,
    clock: CLOCK,
  }),
  objects,
  idempotencyKeys: port('idempotencyKeys'),
  links: { read: link('GET'), write: link('PUT') },
  logs: {
    async read(_, { from, ended }) {
      if (from !== null && !/^\d+$/.test(from)) throw new LogCursorError(from);
      return {
        lines: [{ position: '0', at: null, text: 'a line' }],
        next: '1',
        previous: null,
        more: false,
        complete: ended,
        size: 7,
      };
    },
    pagesPerSearch: 3,
    callsPerRunLog: 9,
  },
  evaluations: createEvaluationControl({
    objects,
    transitions: { send: done },
    token: (run) => `token of ${run}`,
    readCommands,
    jobs: true,
  }),
  runs: {
    newId: () => runId(2),
    prepare: ({ version, content }, { id, args, noCache, defaultQueue, evaluatedBy }) =>
      newRunOf(
        { version, content },
        {
          id,
          args: completeArguments(args, content.code.signature),
          noCache,
          defaultQueue,
          evaluatedBy,
          now: CLOCK.now(),
        },
      ),
    create: (info) => tasks.createRun(info, newHead(info)),
    resume: done,
    signal: done,
    prepareRerun: ({ info: { number: _, ...info } }) => info,
    abort: done,
    tag: done,
    annotate: done,
    remove: done,
  },
  clock: CLOCK,
  service: { name: 'headrace', version: '1.0.0', stepExecutor: 'container' },
  features: ['bulk'],
  callerOf: () => ({ principal: 'mina', name: 'mina' }),
  queues: () => ({
    items: [{ name: 'default', platform: 'fargate', spot: false, gpu: false, concurrency: null }],
    acceptsAnyName: false,
  }),
  queueLoads: {
    loads: async () => new Map(),
    waiters: async () => ({ items: [], partial: false, measuredAt: CLOCK.now() }),
  },
  versionProblems: () => [],
  onError: (error) => void failures.push(error),
};
const api = createApi(ports);

/** A run that another process evaluates, with two steps, and a version. */
async function prepareStorage(): Promise<void> {
  storage = createMemoryStorage();
  failures.length = 0;
  const info = anInfo(RUN, { evaluatedBy: 'caller' });
  const { head } = await storage.tasks.createRun(info, newHead(info));
  await storage.tasks.commit(
    RUN,
    aCommit(
      head,
      { created: [aCompletedStep(0), aCompletedStep(1)] },
      {
        callCount: 2,
        externalEvaluator: { epoch: 1, process: 'p', answerPending: true, lostJobs: 0 },
      },
    ),
  );
}

interface ApiRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | undefined;
}

const ROUTES = [
  ...new Map(
    api.routes
      .filter(({ method, path }) => method !== 'ALL' && path.includes('/v1'))
      .map(({ method, path }) => [`${method} ${path}`, { method, path }]),
  ).values(),
];

const HASH = 'ab'.repeat(32);
const BUNDLE = { hash: HASH, key: `code/${HASH}.js`, size: 5, packages: [], resolvedImports: {} };
const SIGNATURE = {
  style: 'positional',
  parameters: [{ name: 'url', type: { kind: 'string' }, optional: false, defaultValue: 'x' }],
  rest: false,
};
/** Bodies of all routes. Most requests have that of their own route, because it is sent often. */
const BODIES: readonly Json[] = [
  { pipeline: 'iris', project: 'examples', args: { url: 'x' }, tags: ['a'], noCache: true },
  { from: 'step', version: '1.0.0' },
  { reason: 'because' },
  { add: ['a'], remove: ['b'] },
  { code: [{ hash: HASH, type: 'js', size: 1 }] },
  {
    code: {
      hash: HASH,
      id: 'a.ts#main',
      name: 'main',
      signature: SIGNATURE,
      logic: BUNDLE,
      components: [{ id: 'a.ts#one', name: 'one', signature: SIGNATURE, bundle: BUNDLE }],
      serializers: null,
      projectRoot: '/a',
    },
    declaration: { name: 'iris', project: 'examples', version: '1.0.0', tags: ['a'] },
  },
  { process: 'p' },
  {
    kind: 'page',
    process: 'p',
    epoch: 1,
    generation: 0,
    position: 0,
    fromCommand: 0,
    commands: [...COMMANDS],
    hasMore: false,
  },
  {
    kind: 'broken',
    process: 'p',
    epoch: 1,
    generation: 0,
    position: 0,
    fromCommand: 0,
    error: { name: 'E', message: 'm', cause: { name: 'E', message: 'm' } },
  },
];

const PARAMETERS = [
  'limit',
  'cursor',
  'project',
  'pipeline',
  'name',
  'status',
  'tag',
  'key',
  'from',
];
const MORE_PARAMETERS = ['attempt', 'component', 'version', 'step', 'call', 'a', '__proto__'];

const cursorText = (random: Random): string =>
  Buffer.from(
    hostileJson(random, [
      ['runs', 'null', RUN],
      ['steps', '{}', 1],
      ['models', '{}', { before: RUN, after: 'a', steps: 1, skip: 0 }],
    ]),
  ).toString('base64url');

/** Without lone surrogates, which no request can contain. */
const wellFormed = (text: string): string => Buffer.from(text).toString();

function parameterValue(random: Random): string {
  const kind = random.int(0, 5);
  if (kind === 0) return randomText(random, 20);
  if (kind === 1) return cursorText(random).slice(0, 3000);
  return random.pick(['1', '0', '200', '201', '-1', '1e3', 'examples', 'iris', 'running', RUN]);
}

function pathOf(random: Random, route: string): string {
  const path = route
    .replace(
      ':run',
      random.chance(0.9) ? RUN : encodeURIComponent(wellFormed(randomText(random, 30))),
    )
    .replace(':call', random.pick(['0', '1', '2', '-1', 'x', '999999999', '00']))
    .replace(':version', random.pick(['1.0.0', '1', 'x', '1.0.0.0']));
  const query = Array.from({ length: random.int(0, 3) }, () => {
    const name = random.pick([...PARAMETERS, ...MORE_PARAMETERS]);
    const value = parameterValue(random);
    return `${name}=${random.chance(0.1) ? value.replaceAll('#', '') : encodeURIComponent(wellFormed(value))}`;
  });
  return query.length === 0 ? path : `${path}?${query.join('&')}`;
}

const apiRequests: Target<ApiRequest> = {
  name: 'api-requests',
  share: 6,
  generate(random) {
    const route = random.pick(ROUTES);
    const hasBody = route.method !== 'GET' && random.chance(0.95);
    return {
      method: random.chance(0.97) ? route.method : random.pick(['PUT', 'PATCH', 'OPTIONS', 'HEAD']),
      path: pathOf(random, route.path),
      headers: {
        ...(random.chance(0.95) ? { authorization: `Bearer token of ${RUN}` } : {}),
        ...(hasBody && random.chance(0.97) ? { 'content-type': 'application/json' } : {}),
        ...(random.chance(0.3)
          ? { 'idempotency-key': random.pick(['key', '\u00e9', 'x'.repeat(201), '{"a":1}']) }
          : {}),
      },
      body: hasBody ? hostileJson(random, BODIES) : undefined,
    };
  },
  async check({ method, path, headers, body }) {
    await prepareStorage();
    const isBodyless = method === 'GET' || method === 'HEAD' || body === undefined;
    const response = await api.request(path, {
      method,
      headers,
      ...(isBodyless ? {} : { body: wellFormed(body) }),
    });
    const text = await response.text();
    requireThat(response.status < 500, `status ${response.status}: ${inspect(failures)}`);
    if (text !== '') JSON.parse(text);
  },
};

const models = createCursorCodec('models', modelPositionSchema);
const steps = offsetCursors('steps');

const cursors: Target<string> = {
  name: 'cursors',
  share: 4,
  generate: (random) =>
    random.chance(0.3)
      ? mutatedText(random, models.encode({ before: RUN, after: null, steps: 3, skip: 0 }, {}))
      : cursorText(random),
  check(cursor) {
    for (const codec of [models, steps]) {
      const position = refusedWith([ProblemError], () => codec.decode(cursor, {}));
      if (position === undefined) continue;
      const again = Reflect.apply(codec.encode, codec, [position, {}]);
      requireEqual(codec.decode(again, {}), position, 'the position');
    }
  },
};

const linkObjects = new MemoryObjects();
const KEY = 'p/examples/data/0/1/a b';
await linkObjects.put(KEY, Buffer.from('content'));
const links = createFileLinks({
  objects: linkObjects,
  secret: Buffer.from('secret'),
  clock: CLOCK,
  baseUrl: () => 'http://127.0.0.1:1',
});
const validLink = (await links.read(KEY, { filename: 'a.json' })).url.slice(
  'http://127.0.0.1:1'.length,
);

const signedLinks: Target<string> = {
  name: 'signed-links',
  share: 2,
  generate: (random) =>
    random.chance(0.1) ? `${LINKS_PATH}${randomText(random, 40)}` : mutatedText(random, validLink),
  async check(path) {
    const url = refusedWith([TypeError], () => new URL(path, 'http://127.0.0.1:1'));
    if (url === undefined || url.host !== '127.0.0.1:1') return;
    for (const method of ['GET', 'PUT']) {
      const response = await links.handle(new Request(url, { method }));
      const text = await response.text();
      // The same link in another spelling is the same link.
      requireThat(
        response.status === 403 || (method === 'GET' && text === 'content'),
        `${method} has the status ${response.status}`,
      );
    }
  },
};

export const API_TARGETS: readonly Target[] = [apiRequests, cursors, signedLinks];
