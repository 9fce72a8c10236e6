/**
 * The resources of a template that CloudFormation replaces when it deploys the next template.
 *
 * 1. A resource is replaced if a create-only property changes: one for which AWS's specification of
 *    resources says that a change causes a replacement. The command of the CDK has a copy of it.
 * 2. The new resource is created before the old one is deleted. With the same name of its own, that
 *    fails: "CloudFormation cannot update a stack when a custom-named resource requires replacing".
 *
 * @module
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { gunzipSync } from 'node:zlib';
import { z } from 'zod';

export type Resources = Readonly<
  Record<string, { readonly Type: string; readonly Properties: Readonly<Record<string, unknown>> }>
>;

export interface Replacement {
  readonly id: string;
  /** The changed properties that cause it. */
  readonly properties: readonly string[];
  /** The name that the template gives to the resource before and after the change. */
  readonly customName: string | undefined;
}

/** The resources of a template that the next one replaces. */
export function replacedBy(before: Resources, after: Resources): readonly Replacement[] {
  return Object.entries(before).flatMap(([id, { Type, Properties: old }]) => {
    const next = after[id];
    if (next === undefined || next.Type !== Type) return [];
    const createOnly = createOnlyProperties(Type);
    const properties = createOnly.filter(
      (property) => !isDeepStrictEqual(old[property], next.Properties[property]),
    );
    if (properties.length === 0) return [];
    const customName = createOnly
      .filter((property) => property.endsWith('Name') && !properties.includes(property))
      .flatMap((property) => (old[property] === undefined ? [] : [JSON.stringify(old[property])]))
      .at(0);
    return [{ id, properties, customName }];
  });
}

const specificationSchema = z.object({
  schema: z.object({
    resource: z.object({
      entities: z.array(
        z.object({
          cloudFormationType: z.string(),
          properties: z.record(z.string(), z.object({ causesReplacement: z.string().optional() })),
        }),
      ),
    }),
  }),
});

let specification: ReadonlyMap<string, readonly string[]> | undefined;

/** Rule 1. @throws Error for a type that the specification does not have */
function createOnlyProperties(type: string): readonly string[] {
  specification ??= new Map(
    specificationSchema
      .parse(JSON.parse(gunzipSync(readFileSync(SPECIFICATION)).toString()))
      .schema.resource.entities.map(({ cloudFormationType, properties }) => [
        cloudFormationType,
        Object.entries(properties).flatMap(([name, { causesReplacement }]) =>
          causesReplacement === 'yes' ? [name] : [],
        ),
      ]),
  );
  const found = specification.get(type);
  if (found === undefined) throw new Error(`the specification has no type ${type}`);
  return found;
}

const SPECIFICATION = join(
  dirname(createRequire(import.meta.url).resolve('aws-cdk/package.json')),
  'db.json.gz',
);
