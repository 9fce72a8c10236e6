/**
 * The API in this process on ports in memory. Every answer must be one that its OpenAPI document
 * has.
 *
 * @module
 */
import { createHash } from 'node:crypto';
import { expect } from 'vitest';
import { z } from 'zod';
import { createApi } from '../../../src/api/app.ts';
import type { ApiPorts } from '../../../src/api/ports.ts';
import { newHead } from '../../../src/controller/run/run-head.ts';
import { readCommands } from '../../../src/evaluator/read-commands.ts';
import { createEvaluationControl } from '../../../src/external-evaluation/evaluation-control.ts';
import type { Bundle, PipelineCode } from '../../../src/model/code.ts';
import { type RunId, runIdSchema } from '../../../src/model/ids.ts';
import { LogCursorError, type Logs } from '../../../src/ports/logs.ts';
import { completeArguments } from '../../../src/submit/arguments.ts';
import { newRunOf } from '../../../src/submit/prepare.ts';
import { problemSchema } from '../../../src/wire/service.ts';
import { createMemoryStorage, type MemoryStorage } from '../../conformance/memory.ts';

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: unknown;
}

export interface ApiBench {
  readonly storage: MemoryStorage;
  /** What was asked of runs, in order. */
  readonly asked: string[];
  readonly failures: unknown[];
  now: number;
  request(
    method: string,
    path: string,
    body?: unknown,
    headers?: Readonly<Record<string, string>>,
  ): Promise<Answer>;
  /** Sends text as it is. */
  raw(path: string, init: RequestInit): Promise<Answer>;
}

const documentSchema = z.object({
  paths: z.record(
    z.string(),
    z.record(
      z.string(),
      z.object({
        responses: z.record(
          z.string(),
          z.object({ content: z.record(z.string(), z.unknown()).optional() }),
        ),
      }),
    ),
  ),
});

/** The same for all. */
let documented: z.infer<typeof documentSchema> | undefined;

/** Lines of `log-1`: a log of three lines that ended. */
const LINES = ['one', 'two', 'three'];

const logs: Logs = {
  async read(stream, { from, limit }) {
    if (from !== null && !/^\d+$/.test(from)) throw new LogCursorError(from);
    const at = Number(from ?? 0);
    const lines = stream === 'log-1' ? LINES.slice(at, at + limit) : [];
    return {
      lines: lines.map((text) => ({ at: null, text })),
      next: String(at + lines.length),
      more: stream === 'log-1' && at + lines.length < LINES.length,
    };
  },
};

export async function anApi(over: Partial<ApiPorts> = {}): Promise<ApiBench> {
  const storage = createMemoryStorage();
  const asked: string[] = [];
  const failures: unknown[] = [];
  let ids = 0;
  const bench = { now: 1_000 };
  const clock = { now: () => bench.now };
  const create: ApiPorts['runs']['create'] = (info) => storage.tasks.createRun(info, newHead(info));
  const api = createApi({
    ...storage,
    queries: storage.tasks,
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
          void asked.push(...transitions.map((transition) => JSON.stringify(transition))),
      },
      token: (name) => `token of ${name}`,
      readCommands,
      jobs: true,
    }),
    runs: {
      newId: () => idOf(++ids),
      prepare: ({ version, content }, { id, args, tags, noCache, defaultQueue, evaluatedBy }) => {
        const complete = completeArguments(args, content.code.signature);
        return newRunOf(
          {
            version,
            content: { ...content, declaration: { ...content.declaration, tags: [...tags] } },
          },
          { id, args: complete, noCache, defaultQueue, evaluatedBy, now: clock.now() },
        );
      },
      create,
      resume: async ({ info }) => void asked.push(`resume ${info.id}`),
      rerun: async (source, { id, from }) => {
        asked.push(`rerun ${source.info.id} as ${id} from ${from}`);
        const { number: _, ...info } = source.info;
        return await create({ ...info, id, rerunOf: source.info.id });
      },
      abort: async ({ info }, reason) => void asked.push(`abort ${info.id}: ${reason}`),
      tag: async ({ info }, { add, remove }) =>
        void asked.push(`tag ${info.id} +${add} -${remove}`),
      remove: async ({ info }) => {
        asked.push(`remove ${info.id}`);
        await storage.tasks.remove(info.id);
      },
    },
    clock,
    service: { name: 'headrace', version: '1.0.0', stepExecutor: 'container' },
    queues: () => ({
      items: [{ name: 'default', platform: 'fargate', spot: false, gpu: false, concurrency: null }],
      acceptsAnyName: false,
    }),
    versionProblems: () => [],
    onError: (error) => void failures.push(error),
    ...over,
  });
  documented ??= documentSchema.parse(await (await api.request('/openapi.json')).json());
  const { paths } = documented;

  const raw: ApiBench['raw'] = async (path, init) => {
    const response = await api.request(path, init);
    const text = await response.text();
    const body: unknown = text === '' ? undefined : JSON.parse(text);
    const type = response.headers.get('content-type')?.split(';')[0];
    const method = (init.method ?? 'GET').toLowerCase();
    const route = Object.entries(paths).find(([each]) =>
      new RegExp(`^${each.replace(/\{\w+\}/g, '[^/]+')}$`).test(path.split('?')[0] ?? ''),
    )?.[1];
    const operation = route?.[method];
    if (operation !== undefined) {
      const answer = operation.responses[response.status];
      expect(
        answer,
        `${method} ${path} answers ${response.status}, which is not documented: ${text}`,
      ).toBeDefined();
      if (text !== '')
        expect(
          Object.keys(answer?.content ?? {}),
          `${method} ${path} answers with ${type}`,
        ).toContain(type);
    }
    if (response.status >= 400) {
      expect(type).toBe('application/problem+json');
      expect(problemSchema.parse(body)).toMatchObject({ status: response.status });
    }
    return { status: response.status, headers: response.headers, body };
  };

  return Object.assign(bench, {
    storage,
    asked,
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
 * The code of a pipeline with a component, and with the parameters `url: string` and `size = 3`.
 * `text` tells one from another.
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

/** Puts the code into the store, as uploads do. */
export async function uploaded({ storage }: ApiBench, code: PipelineCode): Promise<PipelineCode> {
  for (const { key } of [code.logic, ...code.components.map(({ bundle }) => bundle)])
    await storage.objects.putIfAbsent(key, Buffer.from('code'));
  return code;
}

/** Registers version 1.0.0 of pipeline iris in project examples. */
export async function registered(bench: ApiBench, text = 'logic'): Promise<void> {
  const code = await uploaded(bench, aCode(text));
  const { status, body } = await bench.request('POST', '/v1/versions', {
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
