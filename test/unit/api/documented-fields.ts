/**
 * Compares the fields of a JSON value with a schema of the OpenAPI document.
 *
 * @module
 */
import { z } from 'zod';

const schemaShape = z.looseObject({
  $ref: z.string().optional(),
  anyOf: z.array(z.unknown()).optional(),
  oneOf: z.array(z.unknown()).optional(),
  allOf: z.array(z.unknown()).optional(),
  items: z.unknown().optional(),
  properties: z.record(z.string(), z.unknown()).optional(),
  required: z.array(z.string()).optional(),
  additionalProperties: z.unknown().optional(),
  type: z.union([z.string(), z.array(z.string())]).optional(),
  const: z.unknown().optional(),
  enum: z.array(z.unknown()).optional(),
});
export type Schemas = Readonly<Record<string, unknown>>;

const objectShape = z.record(z.string(), z.unknown());

/** What of the value the schema does not document, as `runs[0].parent: unknown field`. */
export function documentProblems(
  given: unknown,
  value: unknown,
  schemas: Schemas,
  path = 'body',
): readonly string[] {
  const schema = schemaShape.parse(given);
  const { $ref, anyOf, oneOf, allOf, items, properties, required = [] } = schema;
  if ($ref !== undefined)
    return documentProblems(schemas[$ref.split('/').at(-1) ?? ''], value, schemas, path);
  const check = (each: unknown): readonly string[] => documentProblems(each, value, schemas, path);
  const alternatives = anyOf ?? oneOf;
  if (alternatives !== undefined) {
    const problems = alternatives.map(check);
    return problems.some((each) => each.length === 0)
      ? []
      : (problems.toSorted((a, b) => a.length - b.length)[0] ?? []);
  }
  if (allOf !== undefined) return allOf.flatMap(check);
  const types = [schema.type ?? []].flat();
  if (types.length > 0 && !types.some((type) => isOfType(type, value)))
    return [`${path}: ${JSON.stringify(value)} is no ${types.join(' or ')}`];
  if (schema.const !== undefined && schema.const !== value)
    return [`${path}: ${JSON.stringify(value)} is not ${JSON.stringify(schema.const)}`];
  if (schema.enum !== undefined && !schema.enum.includes(value))
    return [`${path}: ${JSON.stringify(value)} is no documented value`];
  if (Array.isArray(value))
    return items === undefined
      ? []
      : value.flatMap((item, index) => documentProblems(items, item, schemas, `${path}[${index}]`));
  if (properties === undefined || value === null || typeof value !== 'object') return [];
  const fields = objectShape.parse(value);
  return [
    ...required.filter((name) => !(name in fields)).map((name) => `${path}.${name}: missing`),
    ...Object.entries(fields).flatMap(([name, field]) => {
      const type = properties[name];
      if (type !== undefined) return documentProblems(type, field, schemas, `${path}.${name}`);
      const rest = schema.additionalProperties;
      return rest === undefined || rest === false ? [`${path}.${name}: unknown field`] : [];
    }),
  ];
}

function isOfType(type: string, value: unknown): boolean {
  switch (type) {
    case 'null':
      return value === null;
    case 'array':
      return Array.isArray(value);
    case 'object':
      return value !== null && typeof value === 'object' && !Array.isArray(value);
    case 'integer':
      return Number.isInteger(value);
    default:
      return typeof value === type;
  }
}
