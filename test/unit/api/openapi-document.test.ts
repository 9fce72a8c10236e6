import { expect, it } from 'vitest';
import { z } from 'zod';
import * as bulk from '../../../src/wire/bulk.ts';
import * as code from '../../../src/wire/code.ts';
import * as consoleDocuments from '../../../src/wire/console.ts';
import * as costs from '../../../src/wire/costs.ts';
import * as evaluations from '../../../src/wire/evaluations.ts';
import * as events from '../../../src/wire/events.ts';
import * as inputs from '../../../src/wire/inputs.ts';
import * as logs from '../../../src/wire/logs.ts';
import * as models from '../../../src/wire/models.ts';
import * as pipelines from '../../../src/wire/pipelines.ts';
import * as plots from '../../../src/wire/plots.ts';
import * as previews from '../../../src/wire/previews.ts';
import * as printed from '../../../src/wire/printed.ts';
import * as runState from '../../../src/wire/run-state.ts';
import * as runs from '../../../src/wire/runs.ts';
import * as schedules from '../../../src/wire/schedules.ts';
import * as series from '../../../src/wire/series.ts';
import * as service from '../../../src/wire/service.ts';
import * as stepCounts from '../../../src/wire/step-counts.ts';
import * as steps from '../../../src/wire/steps.ts';
import * as summaries from '../../../src/wire/summaries.ts';
import * as uploads from '../../../src/wire/uploads.ts';
import * as values from '../../../src/wire/values.ts';
import { anApi } from './harness.ts';

const schemaShape = z.looseObject({
  $ref: z.string().optional(),
  type: z.union([z.string(), z.array(z.string())]).optional(),
  anyOf: z.array(z.unknown()).optional(),
  oneOf: z.array(z.unknown()).optional(),
  allOf: z.array(z.unknown()).optional(),
  enum: z.array(z.unknown()).optional(),
  properties: z.record(z.string(), z.unknown()).optional(),
});
const documentShape = z.looseObject({
  components: z.looseObject({ schemas: z.record(z.string(), schemaShape) }),
});

const { components } = documentShape.parse(
  (await (await anApi()).request('GET', '/openapi.json')).body,
);

function acceptsNull(given: unknown): boolean {
  const { $ref, type, anyOf, oneOf, allOf, enum: values } = schemaShape.parse(given);
  if ($ref !== undefined) return acceptsNull(components.schemas[$ref.split('/').at(-1) ?? '']);
  const alternatives = anyOf ?? oneOf;
  return (
    (type === undefined || [type].flat().includes('null')) &&
    (values === undefined || values.includes(null)) &&
    (alternatives === undefined || alternatives.some(acceptsNull)) &&
    (allOf ?? []).every(acceptsNull)
  );
}

it('a field that may be null may be null in the OpenAPI document', () => {
  const checked: string[] = [];
  const missing: string[] = [];
  for (const schema of Object.values({
    ...bulk,
    ...code,
    ...consoleDocuments,
    ...costs,
    ...evaluations,
    ...events,
    ...inputs,
    ...logs,
    ...models,
    ...pipelines,
    ...plots,
    ...previews,
    ...printed,
    ...runState,
    ...runs,
    ...schedules,
    ...series,
    ...service,
    ...stepCounts,
    ...steps,
    ...summaries,
    ...uploads,
    ...values,
  })) {
    if (!(schema instanceof z.ZodObject)) continue;
    const name = schema.meta()?.id;
    const documented = name === undefined ? undefined : components.schemas[name]?.properties;
    if (documented === undefined) continue;
    for (const [field, type] of Object.entries<z.ZodType>(schema.shape)) {
      if (!type.safeParse(null).success) continue;
      checked.push(`${name}.${field}`);
      if (!acceptsNull(documented[field])) missing.push(`${name}.${field}`);
    }
  }
  expect(missing).toEqual([]);
  expect(checked).toContain('ArtifactEntry.metadata');
});

it('a tuple is an array of its length, which readers of any version understand', () => {
  expect(JSON.stringify(components)).not.toContain('prefixItems');
  expect(components.schemas.RunGraph?.properties?.names).toMatchObject({
    items: {
      items: { anyOf: [{ type: 'integer' }, { type: 'string' }] },
      minItems: 2,
      maxItems: 2,
    },
  });
});
