/**
 * The API in this process, on ports in memory. Each response must match the OpenAPI document.
 *
 * @module
 */
import { createHash } from 'node:crypto';
import { expect } from 'vitest';
import { z } from 'zod';
import { type ApiOptions, createApi } from '../../../src/api/app.ts';
import type { ApiPorts } from '../../../src/api/ports.ts';
import { createScheduleControl } from '../../../src/api/schedule-control.ts';
import { createModelControl } from '../../../src/controller/models/model-control.ts';
import { newHead } from '../../../src/controller/run/run-head.ts';
import { readCommands } from '../../../src/evaluator/read-commands.ts';
import { createEvaluationControl } from '../../../src/external-evaluation/evaluation-control.ts';
import type { Bundle, PipelineCode } from '../../../src/model/code.ts';
import { type RunId, runIdSchema } from '../../../src/model/ids.ts';
import { completeArguments } from '../../../src/submit/arguments.ts';
import { newRunOf } from '../../../src/submit/prepare.ts';
import { problemSchema } from '../../../src/wire/service.ts';
import { createMemoryStorage, type MemoryStorage } from '../../conformance/memory.ts';
import { createMemoryLogs } from '../../conformance/memory-logs.ts';
import { documentProblems } from './documented-fields.ts';

export interface ApiResponse {
  readonly status: number;
  readonly headers: Headers;
  readonly body: unknown;
}

export interface ApiHarness {
  readonly api: ReturnType<typeof createApi>;
  readonly storage: MemoryStorage;
  /** The requests about runs that the API passed on, in order. */
  readonly runRequests: string[];
  readonly failures: unknown[];
  now: number;
  request(
    method: string,
    path: string,
    body?: unknown,
    headers?: Readonly<Record<string, string>>,
  ): Promise<ApiResponse>;
  /** Sends the body unchanged. */
  raw(path: string, init: RequestInit): Promise<ApiResponse>;
}

const documentSchema = z.object({
  components: z.object({ schemas: z.record(z.string(), z.unknown()) }),
  paths: z.record(
    z.string(),
    z.record(
      z.string(),
      z.object({
        responses: z.record(
          z.string(),
          z.object({
            content: z
              .record(z.string(), z.looseObject({ schema: z.unknown().optional() }))
              .optional(),
          }),
        ),
      }),
    ),
  ),
});

const CALLER = {
  principal: 'arn:aws:sts::123456789012:assumed-role/Data/mina@example.com',
  name: 'mina@example.com',
};

/** Lambda's limit of the result of a function. */
const MAX_LAMBDA_RESULT_BYTES = 6_291_556;

/** The OpenAPI document, shared by all tests. */
let documented: z.infer<typeof documentSchema> | undefined;

/** The lines of `log-1`, a log that is complete. */
const LINES = ['one', 'two', 'three'];

const logs = createMemoryLogs({ 'log-1': LINES });

export async function anApi(
  over: Partial<ApiPorts> = {},
  options: ApiOptions = {},
): Promise<ApiHarness> {
  const storage = createMemoryStorage();
  const runRequests: string[] = [];
  const failures: unknown[] = [];
  let ids = 0;
  const harness = { now: 1_000 };
  const clock = { now: () => harness.now };
  const create: ApiPorts['runs']['create'] = (info) => storage.tasks.createRun(info, newHead(info));
  const ports: ApiPorts = {
    ...storage,
    queries: storage.tasks,
    models: createModelControl(
      { ...storage, queries: storage.tasks, removal: storage.tasks },
      clock,
    ),
    schedules: createScheduleControl({
      schedules: storage.schedules,
      registry: storage.registry,
      queues: () => ports.queues(),
      evaluations: { jobs: true, accepted: true },
      runs: {
        newId: () => ports.runs.newId(),
        prepare: (version, request) => ports.runs.prepare(version, request),
      },
      objectProblem: ({ bucket }) => (bucket === 'uploads' ? undefined : 'it is not declared'),
      clock: clock,
    }),
    links: {
      read: async (key) => ({
        url: `http://links/${key}`,
        method: 'GET',
        headers: {},
        expiresAt: 2_000,
      }),
      write: async (key, { hash }) => ({
        url: `http://links/${key}`,
        method: 'PUT',
        headers: { 'x-hash': hash },
        expiresAt: 2_000,
      }),
    },
    logs,
    evaluations: createEvaluationControl({
      objects: storage.objects,
      transitions: {
        send: async (transitions) =>
          void runRequests.push(...transitions.map((transition) => JSON.stringify(transition))),
      },
      token: (name) => `token of ${name}`,
      readCommands,
      jobs: true,
    }),
    runs: {
      newId: () => idOf(++ids),
      prepare: (
        { version, content },
        { id, args, tags, noCache, defaultQueue, evaluatedBy, createdBy },
      ) => {
        const complete = completeArguments(args, content.code.signature);
        return newRunOf(
          {
            version,
            content: { ...content, declaration: { ...content.declaration, tags: [...tags] } },
          },
          { id, args: complete, noCache, defaultQueue, evaluatedBy, createdBy, now: clock.now() },
        );
      },
      create,
      resume: async ({ info }) => void runRequests.push(`resume ${info.id}`),
      prepareRerun: ({ info: source }, { id, from, args, createdBy }) => {
        const { number: _, ...info } = source;
        const complete =
          args === undefined ? info.args : completeArguments(args, info.code.signature);
        runRequests.push(`rerun ${source.id} as ${id} from ${from}`);
        return { ...info, id, args: complete, rerunOf: source.id, createdBy };
      },
      abort: async ({ info }, reason) => void runRequests.push(`abort ${info.id}: ${reason}`),
      signal: async ({ info }, { id, name, value }) =>
        void runRequests.push(`signal ${info.id} ${name} ${value} as ${id}`),
      tag: async ({ info }, { add, remove }) =>
        void runRequests.push(`tag ${info.id} +${add} -${remove}`),
      annotate: async ({ info }, { note, archived }) =>
        void runRequests.push(`annotate ${info.id} ${note} ${archived}`),
      remove: async ({ info }) => {
        runRequests.push(`remove ${info.id}`);
        await storage.tasks.remove(info.id);
      },
    },
    clock,
    service: { name: 'headrace', version: '1.0.0', stepExecutor: 'container' },
    features: ['bulk'],
    callerOf: () => CALLER,
    queues: () => ({
      items: [{ name: 'default', platform: 'fargate', spot: false, gpu: false, concurrency: null }],
      acceptsAnyName: false,
    }),
    versionProblems: () => [],
    onError: (error) => void failures.push(error),
    ...over,
  };
  const api = createApi(ports, options);
  documented ??= documentSchema.parse(
    await (await createApi(ports).request('/openapi.json')).json(),
  );
  const { paths, components } = documented;

  const raw: ApiHarness['raw'] = async (path, init) => {
    const response = await api.request(path, init);
    const text = await response.text();
    // Lambda returns the body as a text in JSON, beside the headers.
    expect(Buffer.byteLength(JSON.stringify(text)), `${path} is too large for Lambda`).toBeLessThan(
      MAX_LAMBDA_RESULT_BYTES - 10_000,
    );
    const body: unknown = text === '' ? undefined : JSON.parse(text);
    const type = response.headers.get('content-type')?.split(';')[0];
    const method = (init.method ?? 'GET').toLowerCase();
    const [pathname = ''] = path.split('?');
    const route =
      paths[pathname] ??
      Object.entries(paths).find(([each]) =>
        new RegExp(`^${each.replace(/\{\w+\}/g, '[^/]+')}$`).test(pathname),
      )?.[1];
    const operation = route?.[method];
    if (operation !== undefined) {
      const documentedResponse = operation.responses[response.status];
      expect(
        documentedResponse,
        `${method} ${path} returns ${response.status}, which is not documented: ${text}`,
      ).toBeDefined();
      if (text !== '')
        expect(
          Object.keys(documentedResponse?.content ?? {}),
          `${method} ${path} returns ${type}`,
        ).toContain(type);
      const schema = documentedResponse?.content?.[type ?? '']?.schema;
      if (schema !== undefined)
        expect(
          documentProblems(schema, body, components.schemas),
          `${method} ${path} returns what its schema does not document`,
        ).toEqual([]);
    }
    if (response.status >= 400) {
      expect(type).toBe('application/problem+json');
      expect(problemSchema.parse(body)).toMatchObject({ status: response.status });
    }
    return { status: response.status, headers: response.headers, body };
  };

  return Object.assign(harness, {
    api,
    storage,
    runRequests,
    failures,
    raw,
    request: (
      method: string,
      path: string,
      body?: unknown,
      headers: Readonly<Record<string, string>> = {},
    ) =>
      raw(path, {
        method,
        headers: {
          ...headers,
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      }),
  });
}

/** The header of the process that evaluates run `n`. */
export const evaluatorOf = (n: number) => ({
  authorization: `Bearer token of ${idOf(n)}`,
});

export const idOf = (n: number): RunId => runIdSchema.parse(`01api${String(n).padStart(21, '0')}`);

export const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

const bundleOf = (text: string, type: 'js' | 'mjs'): Bundle => ({
  hash: sha256(text),
  key: `code/${sha256(text)}.${type}`,
  size: text.length,
  packages: [],
  resolvedImports: {},
});

/**
 * The code of a pipeline with one component and the parameters `url: string` and `size = 3`.
 * Another `text` is other code.
 */
export function aCode(text = 'logic'): PipelineCode {
  const logic = bundleOf(text, 'js');
  const component = bundleOf(`component of ${text}`, 'mjs');
  return {
    hash: sha256(JSON.stringify([logic.hash, [['a.ts#one', component.hash]], null])),
    id: 'a.ts#main',
    name: 'main',
    signature: {
      style: 'positional',
      parameters: [
        { name: 'url', type: { kind: 'string' }, optional: false },
        { name: 'size', type: { kind: 'number' }, optional: true, defaultValue: 3 },
      ],
      rest: false,
    },
    logic,
    components: [
      {
        id: 'a.ts#one',
        name: 'one',
        signature: { style: 'positional', parameters: [], rest: false },
        bundle: component,
      },
    ],
    serializers: null,
    projectRoot: '/somewhere',
  };
}

/** Stores the code as objects, like an upload. */
export async function uploaded({ storage }: ApiHarness, code: PipelineCode): Promise<PipelineCode> {
  for (const { key } of [code.logic, ...code.components.map(({ bundle }) => bundle)])
    await storage.objects.putIfAbsent(key, Buffer.from('code'));
  return code;
}

/** Registers version 1.0.0 of pipeline iris in project examples. */
export async function registered(harness: ApiHarness, text = 'logic'): Promise<void> {
  const code = await uploaded(harness, aCode(text));
  const { status, body } = await harness.request('POST', '/v1/versions', {
    code,
    declaration: { name: 'iris', project: 'examples' },
  });
  expect({ status, body }).toMatchObject({
    status: 201,
    body: { pipeline: 'iris', project: 'examples' },
  });
}

export const A_RUN = {
  pipeline: 'iris',
  project: 'examples',
  args: { url: 'https://example.org' },
};
