/**
 * Every limit in the OpenAPI document: a value at the limit is accepted; a value one beyond it is
 * refused with 400 and the field's name, and nothing is written.
 *
 * @module
 */
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { Json } from '../../../src/model/json.ts';
import { MAX_BODY_BYTES } from '../../../src/model/limits.ts';
import { problemSchema } from '../../../src/wire/service.ts';
import {
  A_RUN,
  type ApiHarness,
  aCode,
  anApi,
  evaluatorOf,
  idOf,
  registered,
  sha256,
  uploaded,
} from './harness.ts';

const schemaShape = z.looseObject({
  $ref: z.string().optional(),
  type: z.union([z.string(), z.array(z.string())]).optional(),
  pattern: z.string().optional(),
  maxLength: z.int().optional(),
  minLength: z.int().optional(),
  maximum: z.number().optional(),
  minimum: z.number().optional(),
  maxItems: z.int().optional(),
  minItems: z.int().optional(),
  properties: z.record(z.string(), z.unknown()).optional(),
  items: z.unknown().optional(),
});
type Schema = z.infer<typeof schemaShape>;

const parameterShape = z.object({
  name: z.string(),
  in: z.enum(['query', 'path', 'header']),
  required: z.boolean().optional(),
  schema: z.unknown(),
});
const operationShape = z.object({
  operationId: z.string(),
  parameters: z.array(parameterShape).default([]),
  requestBody: z
    .object({ content: z.record(z.string(), z.object({ schema: z.unknown() })) })
    .optional(),
});
const documentShape = z.object({
  paths: z.record(z.string(), z.record(z.string(), operationShape)),
  components: z.object({ schemas: z.record(z.string(), z.unknown()) }),
});

type FieldPath = readonly (string | number)[];
interface Case {
  readonly operation: string;
  readonly method: string;
  readonly path: string;
  readonly in: 'query' | 'path' | 'header' | 'body';
  readonly fieldPath: FieldPath;
  readonly limit: string;
  readonly at: Json;
  readonly over: Json;
}

/**
 * A valid body of each operation with a body. The limits of its fields and of optional fields
 * beside them are tested.
 */
const BODIES: Readonly<Record<string, Json>> = {
  createRun: { ...A_RUN, tags: ['a'] },
  rerunRun: {},
  abortRun: {},
  sendSignal: { value: 'x' },
  changeTags: { add: ['a'], remove: ['b'] },
  changeRun: { note: 'a', archived: false },
  abortRuns: { runs: [idOf(1)] },
  changeTagsOfRuns: { runs: [idOf(1)], add: ['a'], remove: ['b'] },
  archiveRuns: { runs: [idOf(1)], archived: false },
  removeRuns: { runs: [idOf(1)] },
  publishModel: { run: idOf(1), call: 0, model: 'model', name: 'iris', tags: ['a'] },
  changeModelVersion: { published: true, addTags: ['a'], removeTags: ['b'] },
  putSchedule: {
    spec: {
      project: 'examples',
      pipeline: 'iris',
      name: 'nightly',
      tags: ['a'],
      cron: '0 3 * * *',
    },
  },
  changeSchedule: { paused: true },
  createUploads: { code: [{ hash: sha256('x'), type: 'js', size: 1 }] },
  createInputUploads: { project: 'examples', inputs: [{ hash: sha256('x'), size: 1 }] },
  registerVersion: JSON.parse(
    JSON.stringify({
      code: aCode(),
      declaration: { name: 'iris', project: 'examples', version: '1.0.0', tags: ['a'] },
    }),
  ),
};
const PARAMETERS: Readonly<Record<string, string>> = {
  run: idOf(1),
  call: '0',
  version: '1.0.0',
  hash: 'ab'.repeat(32),
  modelVersion: '1',
  schedule: 'nightly',
  name: 'iris',
  project: 'examples',
  pipeline: 'iris',
};

const { paths, components } = documentShape.parse(
  (await (await anApi()).request('GET', '/openapi.json')).body,
);

const resolved = (given: unknown): Schema => {
  const schema = schemaShape.parse(given ?? {});
  return schema.$ref === undefined
    ? schema
    : resolved(components.schemas[schema.$ref.split('/').at(-1) ?? '']);
};

type Limit = Pick<Case, 'limit' | 'at' | 'over'>;

function* limitsOf(
  { pattern, maxLength, minLength, maximum, minimum, maxItems, minItems }: Schema,
  base: Json | undefined,
): Generator<Limit> {
  // A text of x does not match a pattern.
  if (maxLength !== undefined && pattern === undefined)
    yield {
      limit: `maxLength ${maxLength}`,
      at: 'x'.repeat(maxLength),
      over: 'x'.repeat(maxLength + 1),
    };
  if (minLength !== undefined && minLength > 0 && pattern === undefined)
    yield {
      limit: `minLength ${minLength}`,
      at: 'x'.repeat(minLength),
      over: 'x'.repeat(minLength - 1),
    };
  const isSafe = (value: number | undefined): value is number =>
    value !== undefined && Math.abs(value) < Number.MAX_SAFE_INTEGER;
  if (isSafe(maximum)) yield { limit: `maximum ${maximum}`, at: maximum, over: maximum + 1 };
  if (isSafe(minimum)) yield { limit: `minimum ${minimum}`, at: minimum, over: minimum - 1 };
  const element = Array.isArray(base) ? (base[0] ?? 'a') : 'a';
  const items = (count: number): Json => Array.from({ length: count }, () => element);
  if (maxItems !== undefined)
    yield { limit: `maxItems ${maxItems}`, at: items(maxItems), over: items(maxItems + 1) };
  if (minItems !== undefined && minItems > 0)
    yield { limit: `minItems ${minItems}`, at: items(minItems), over: items(minItems - 1) };
}

const isRecord = (value: Json | undefined): value is { readonly [name: string]: Json } =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function* bodyLimits(
  given: unknown,
  fieldPath: FieldPath,
  base: Json | undefined,
): Generator<Limit & { readonly fieldPath: FieldPath }> {
  const schema = resolved(given);
  for (const limit of limitsOf(schema, base)) yield { ...limit, fieldPath };
  for (const [name, property] of Object.entries(schema.properties ?? {})) {
    const own = isRecord(base) ? base[name] : undefined;
    const isLeaf = resolved(property).properties === undefined;
    if (own !== undefined || isLeaf) yield* bodyLimits(property, [...fieldPath, name], own);
  }
  const first = Array.isArray(base) ? base[0] : undefined;
  if (schema.items !== undefined && first !== undefined)
    yield* bodyLimits(schema.items, [...fieldPath, 0], first);
}

const cases: Case[] = [];
const unknown: string[] = [];
for (const [path, operations] of Object.entries(paths)) {
  for (const [method, { operationId: operation, parameters, requestBody }] of Object.entries(
    operations,
  )) {
    const of = { operation, method: method.toUpperCase(), path };
    for (const parameter of parameters) {
      for (const limit of limitsOf(resolved(parameter.schema), undefined))
        cases.push({ ...of, ...limit, in: parameter.in, fieldPath: [parameter.name] });
    }
    const schema = requestBody?.content['application/json']?.schema;
    if (schema === undefined) continue;
    const base = BODIES[operation];
    if (base === undefined) unknown.push(operation);
    else
      for (const limit of bodyLimits(schema, [], base)) cases.push({ ...of, ...limit, in: 'body' });
  }
}

function put(base: Json | undefined, [first, ...rest]: FieldPath, value: Json): Json {
  if (first === undefined) return value;
  if (typeof first === 'number')
    return (Array.isArray(base) ? base : [null]).map((each, index) =>
      index === first ? put(each, rest, value) : each,
    );
  return {
    ...(isRecord(base) ? base : {}),
    [first]: put(isRecord(base) ? base[first] : undefined, rest, value),
  };
}

const fieldOf = (fieldPath: FieldPath): string =>
  fieldPath
    .map((part, n) => (typeof part === 'number' ? `[${part}]` : `${n === 0 ? '' : '.'}${part}`))
    .join('');

/** The field in the problem: one of a schedule's spec has the name that its user wrote. */
const reportedField = ({ operation, fieldPath }: Pick<Case, 'operation' | 'fieldPath'>): string =>
  fieldOf(operation === 'putSchedule' && fieldPath[0] === 'spec' ? fieldPath.slice(1) : fieldPath);

async function sendCase(
  harness: ApiHarness,
  { operation, method, path, in: where, fieldPath }: Case,
  value: Json,
) {
  const name = fieldOf(fieldPath);
  const filled = path.replaceAll(/\{(\w+)\}/g, (_, each: string) =>
    encodeURIComponent(
      where === 'path' && each === name ? String(value) : (PARAMETERS[each] ?? ''),
    ),
  );
  const required = (paths[path]?.[method.toLowerCase()]?.parameters ?? []).filter(
    (each) => each.in === 'query' && each.required === true,
  );
  const query = new URLSearchParams(
    Object.fromEntries(required.map((each) => [each.name, PARAMETERS[each.name] ?? 'x'])),
  );
  if (where === 'query') query.set(name, String(value));
  const base = BODIES[operation];
  const body = where === 'body' ? put(base, fieldPath, value) : base;
  const { status, body: response } = await harness.request(method, `${filled}?${query}`, body, {
    ...evaluatorOf(1),
    ...(where === 'header' ? { [name]: String(value) } : {}),
  });
  const errors = status < 400 ? [] : (problemSchema.parse(response).errors ?? []);
  return {
    status,
    wrong: errors.map((each) => `${each.in} ${each.field}`),
    details: errors.map(({ detail }) => detail),
  };
}

describe('the limits of the API', () => {
  it('each operation with a body has an example here, except those of external evaluation', () => {
    expect(
      unknown.filter((operation) => !/evaluat|decisions|answer|claim/i.test(operation)),
    ).toEqual([]);
    expect(cases.length).toBeGreaterThan(60);
    expect(
      Object.keys(BODIES).filter(
        // The value of a signal has a limit in bytes, which a schema cannot state.
        (operation) =>
          operation !== 'sendSignal' && !cases.some((each) => each.operation === operation),
      ),
    ).toEqual([]);
  });

  it.each(
    cases.map(
      (each) =>
        [`${each.operation}: ${each.in} ${fieldOf(each.fieldPath)}, ${each.limit}`, each] as const,
    ),
  )('%s is enforced', async (_, each) => {
    const harness = await anApi();
    await uploaded(harness, aCode());
    const over = await sendCase(harness, each, each.over);
    // An empty path parameter makes the path of another operation.
    if (each.in !== 'path' || each.over !== '') {
      expect(over.status).toBe(400);
      expect(over.wrong).toContain(`${each.in} ${reportedField(each)}`);
    }
    expect([
      await harness.storage.tasks.runs({ limit: 1 }),
      harness.runRequests,
      harness.failures,
    ]).toEqual([[], [], []]);
    const at = await sendCase(harness, each, each.at);
    // The object may be missing (404, 422). A cursor is valid only if the API issued it.
    if (at.status === 400) expect(at.details).not.toEqual(over.details);
    if (at.status === 400 && fieldOf(each.fieldPath) !== 'cursor')
      expect(at.wrong).not.toContain(`${each.in} ${reportedField(each)}`);
    expect([200, 201, 202, 204, 400, 401, 404, 409, 422]).toContain(at.status);
    expect(harness.failures).toEqual([]);
  });

  it('the body is limited to 4 MiB, with or without a Content-Length', async () => {
    const harness = await anApi();
    await registered(harness);
    const around = JSON.stringify({ ...A_RUN, args: { url: '' } }).length;
    const body = (bytes: number) =>
      JSON.stringify({ ...A_RUN, args: { url: 'x'.repeat(bytes - around) } });
    const post = (text: string, headers: Readonly<Record<string, string>>) =>
      harness.raw('/v1/runs', {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: text,
      });
    for (const headers of [{}, { 'transfer-encoding': 'chunked' }]) {
      expect((await post(body(MAX_BODY_BYTES + 1), headers)).status).toBe(413);
    }
    expect(await harness.storage.tasks.runs({ limit: 1 })).toEqual([]);
    // It is read, and its arguments are too large.
    expect((await post(body(MAX_BODY_BYTES), {})).status).toBe(422);
  });
});
