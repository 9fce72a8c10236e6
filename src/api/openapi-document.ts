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
  return JSON.parse(JSON.stringify(document), portablePattern);
}

/** Patterns in a form that other languages read: without flags and Unicode property classes. */
function portablePattern(this: unknown, key: string, value: unknown): unknown {
  if (key !== 'pattern' || typeof value !== 'string') return value;
  const pattern = value
    .replace(/\/[dgimsuvy]+$/, '')
    .replaceAll('\\p{Cc}', '\\u0000-\\u001f\\u007f-\\u009f');
  return pattern.includes('\\p{') ? undefined : pattern;
}
