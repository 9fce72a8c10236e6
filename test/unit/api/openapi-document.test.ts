import { expect, it } from 'vitest';
import { z } from 'zod';
import * as evaluations from '../../../src/wire/evaluations.ts';
import * as inputs from '../../../src/wire/inputs.ts';
import * as models from '../../../src/wire/models.ts';
import * as pipelines from '../../../src/wire/pipelines.ts';
import * as plots from '../../../src/wire/plots.ts';
import * as runs from '../../../src/wire/runs.ts';
import * as schedules from '../../../src/wire/schedules.ts';
import * as service from '../../../src/wire/service.ts';
import * as steps from '../../../src/wire/steps.ts';
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
    ...evaluations,
    ...inputs,
    ...models,
    ...pipelines,
    ...plots,
    ...runs,
    ...schedules,
    ...service,
    ...steps,
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
