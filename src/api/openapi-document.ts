/**
 * The OpenAPI document of the API.
 *
 * @module
 */
import type { OpenAPIHono } from '@hono/zod-openapi';

export type OpenApiDocument = ReturnType<OpenAPIHono['getOpenAPI31Document']>;

export function createOpenApiDocument(api: OpenAPIHono, version: string): OpenApiDocument {
  const document = api.getOpenAPI31Document({
    openapi: '3.1.0',
    info: {
      title: 'Headrace',
      version,
      description:
        'Machine-learning pipelines: versions, runs, steps, artifacts, models and metrics.',
    },
    servers: [{ url: '.' }],
  });
  return JSON.parse(JSON.stringify(document), portable);
}

function portable(this: unknown, key: string, value: unknown): unknown {
  if (key === 'pattern' && typeof value === 'string') return portablePattern(value);
  return isTuple(value) ? portableTuple(value) : value;
}

/** Patterns in a form that other languages read: without flags and Unicode property classes. */
function portablePattern(value: string): string | undefined {
  const pattern = value
    .replace(/\/[dgimsuvy]+$/, '')
    .replaceAll('\\p{Cc}', '\\u0000-\\u001f\\u007f-\\u009f');
  return pattern.includes('\\p{') ? undefined : pattern;
}

interface Tuple {
  readonly prefixItems: readonly unknown[];
}

const isTuple = (value: unknown): value is Tuple =>
  typeof value === 'object' &&
  value !== null &&
  'prefixItems' in value &&
  Array.isArray(value.prefixItems);

/**
 * Tuples as arrays of a length. Schemathesis 4.32 rejects `prefixItems`, although OpenAPI 3.1 has
 * it; and `prefixItems` alone would permit further items.
 */
function portableTuple({ prefixItems, ...rest }: Tuple): unknown {
  const kinds = [...new Map(prefixItems.map((item) => [JSON.stringify(item), item])).values()];
  const { length } = prefixItems;
  const items = kinds.length === 1 ? kinds[0] : { anyOf: kinds };
  return { ...rest, items, minItems: length, maxItems: length };
}
