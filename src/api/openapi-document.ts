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
      description: 'Machine-learning pipelines: versions, runs, steps, and what they leave behind.',
    },
    servers: [{ url: '.' }],
  });
  return JSON.parse(JSON.stringify(document), portablePattern);
}

/** Patterns as other languages read them: without flags, and without classes of Unicode that only some know. */
function portablePattern(this: unknown, key: string, value: unknown): unknown {
  if (key !== 'pattern' || typeof value !== 'string') return value;
  const pattern = value
    .replace(/\/[dgimsuvy]+$/, '')
    .replaceAll('\\p{Cc}', '\\u0000-\\u001f\\u007f-\\u009f');
  return pattern.includes('\\p{') ? undefined : pattern;
}
