/**
 * The output of the bundler for a pipeline's source: bundles, packages and parameters.
 *
 * @module
 */
import { z } from 'zod';
import { jsonSchema, recordOf } from './json.ts';
import {
  MAX_BUNDLE_BYTES,
  MAX_CHILD_PIPELINES,
  MAX_COMPONENTS,
  MAX_PARAMETERS,
  MAX_RUN_INPUTS,
} from './limits.ts';
import { repositoryIdentity, repositorySchema } from './repository.ts';

/**
 * The values that a parameter accepts, read from its type in the source. `any` if the type is
 * imported or too complex.
 */
export type ParameterType =
  | { readonly kind: 'any' | 'string' | 'number' | 'boolean' | 'null' }
  | { readonly kind: 'literal'; readonly value: string | number | boolean }
  | { readonly kind: 'union'; readonly of: readonly ParameterType[] }
  | { readonly kind: 'array'; readonly of: ParameterType }
  /** A list with these items, of which the first `required` ones must be given. */
  | {
      readonly kind: 'tuple';
      readonly of: readonly ParameterType[];
      readonly required: number;
      /** The type of further items; absent if there are none. */
      readonly rest?: ParameterType | undefined;
    }
  /** A type whose values have no form in JSON, as in `Date`: no argument can be given. */
  | { readonly kind: 'notJson'; readonly type: string }
  | {
      readonly kind: 'object';
      readonly properties: readonly {
        readonly name: string;
        readonly optional: boolean;
        readonly type: ParameterType;
      }[];
    };

export const parameterTypeSchema: z.ZodType<ParameterType> = z
  .lazy(() =>
    z.union([
      z.strictObject({ kind: z.enum(['any', 'string', 'number', 'boolean', 'null']) }),
      z.strictObject({
        kind: z.literal('literal'),
        value: z.union([z.string(), z.number(), z.boolean()]),
      }),
      z.strictObject({ kind: z.literal('union'), of: z.array(parameterTypeSchema) }),
      z.strictObject({ kind: z.literal('array'), of: parameterTypeSchema }),
      z.strictObject({
        kind: z.literal('tuple'),
        of: z.array(parameterTypeSchema),
        required: z.int().nonnegative(),
        rest: parameterTypeSchema.optional(),
      }),
      z.strictObject({ kind: z.literal('notJson'), type: z.string() }),
      z.strictObject({
        kind: z.literal('object'),
        properties: z.array(
          z.strictObject({ name: z.string(), optional: z.boolean(), type: parameterTypeSchema }),
        ),
      }),
    ]),
  )
  .meta({ id: 'ParameterType', description: 'The values that a parameter accepts.' });

export const parameterSchema = z.strictObject({
  name: z.string(),
  type: parameterTypeSchema,
  /** The type as written in the source, for display. Absent if the source has none. */
  typeText: z.string().optional(),
  /** True if a call may omit it: it has a default or a `?`. */
  optional: z.boolean(),
  /** The default as written in the source. */
  defaultText: z.string().optional(),
  /** The default's value, if it is a JSON literal. */
  defaultValue: jsonSchema.optional(),
  /** From the function's doc comment (`@param name …`) or the comment beside the parameter. */
  description: z.string().optional(),
  /** The logic gives the value to `inputFile`: it is the path of a file. */
  input: z.literal(true).optional(),
});
export type Parameter = z.infer<typeof parameterSchema>;

/**
 * `positional`: one argument for each parameter. `object`: one destructured object whose properties
 * are the parameters.
 */
export const signatureSchema = z.strictObject({
  style: z.enum(['positional', 'object']),
  parameters: z.array(parameterSchema).max(MAX_PARAMETERS),
  /** True if the last parameter is a rest parameter. */
  rest: z.boolean(),
});
export type Signature = z.infer<typeof signatureSchema>;

/**
 * An external package that a bundle imports, with the exact version that the importing file
 * resolves.
 */
export const packageSchema = z.strictObject({
  name: z.string(),
  version: z.string(),
  /**
   * The exact versions of everything that the package needs, directly and indirectly, by name. Where
   * one name has several versions, they are by `parent@version>name`, except for the one that the
   * package itself imports. Absent if it needs nothing, or if it is not installed on the machine
   * that bundled.
   */
  dependencies: recordOf(z.string(), z.string()).optional(),
});
export type Package = z.infer<typeof packageSchema>;

/**
 * One code bundle. `hash` is the SHA-256 (hex) of its text, which is the identity of the code.
 * `key` is the key of the text in the object store.
 */
export const bundleSchema = z.strictObject({
  hash: z.string(),
  key: z.string(),
  size: z.int(),
  packages: z.array(packageSchema),
  /**
   * The absolute file that each external import resolves to on the machine that bundled, by
   * specifier. A subprocess on that machine loads the bundle with them. A container installs
   * `packages` instead. They are not part of the hash.
   */
  resolvedImports: recordOf(z.string(), z.string()),
});
export type Bundle = z.infer<typeof bundleSchema>;

export const componentCodeSchema = z.strictObject({
  /**
   * The position of the declaration, as in `src/steps.ts#stepOne`, relative to the project's root,
   * with forward slashes, or to the `node_modules` that has its package. Unique in a pipeline's
   * code.
   */
  id: z.string(),
  /**
   * The name by the source: the function's, else the constant's. The option `name`, which is known
   * only when the code runs, has precedence.
   */
  name: z.string(),
  signature: signatureSchema,
  bundle: bundleSchema,
  /** The local checkout that the option `repo` names. */
  repository: repositorySchema.optional(),
});
export type ComponentCode = z.infer<typeof componentCodeSchema>;

/**
 * The document with the source maps of all bundles. It is no part of the identity of the code:
 * lines and comments of the source change it.
 */
export const sourceMapsRefSchema = z.strictObject({
  hash: z.string().regex(/^[0-9a-f]{64}$/),
  size: z.int().nonnegative().max(MAX_BUNDLE_BYTES),
});
export type SourceMapsRef = z.infer<typeof sourceMapsRefSchema>;

/** All code of one pipeline. */
/**
 * A pipeline that the logic calls. A call starts a run of this version.
 */
export const childPipelineSchema = z.strictObject({
  /** The position of its declaration, in the form of a component's `id`. */
  id: z.string(),
  name: z.string(),
  project: z.string(),
  version: z.string(),
  /** `PipelineCode.hash` of the version. */
  codeHash: z.string(),
  signature: signatureSchema,
});
export type ChildPipeline = z.infer<typeof childPipelineSchema>;

export const pipelineCodeSchema = z.strictObject({
  /** SHA-256 of `codeIdentity`. Versions are compared by it. */
  hash: z.string(),
  /** The position of the pipeline's declaration, in the form of a component's `id`. */
  id: z.string(),
  name: z.string(),
  signature: signatureSchema,
  /** The pipeline's logic without the bodies of components, for the evaluator. */
  logic: bundleSchema,
  components: z.array(componentCodeSchema).max(MAX_COMPONENTS),
  /** A module that exports `serializer` and `deserializer`, if the pipeline declares them. */
  serializers: bundleSchema.nullable(),
  sourceMaps: sourceMapsRefSchema.optional(),
  /** Other pipelines that the logic calls. Absent if there are none. */
  children: z.array(childPipelineSchema).max(MAX_CHILD_PIPELINES).optional(),
  /** The addresses that the logic gives to `inputFile` as literals. Absent if there are none. */
  inputs: z.array(z.string()).max(MAX_RUN_INPUTS).optional(),
  /** The project's directory (where `package.json` is) on the machine that bundled. */
  projectRoot: z.string(),
});
export type PipelineCode = z.infer<typeof pipelineCodeSchema>;

/**
 * The logic, the components, the serializers, the versions of their packages, the states of local
 * checkouts, and the code of called pipelines: another one of these makes another version of the
 * pipeline, because a run is started by version.
 */
export function codeIdentity({
  logic,
  components,
  serializers,
  children = [],
}: Pick<PipelineCode, 'logic' | 'components' | 'serializers'> & {
  readonly children?: readonly Pick<ChildPipeline, 'id' | 'codeHash'>[] | undefined;
}): string {
  const identity = [
    logic.hash,
    components.map(({ id, bundle, repository }) => [
      id,
      ...bundleIdentity(bundle),
      ...(repository === undefined ? [] : [repositoryIdentity(repository)]),
    ]),
    serializers === null ? null : bundleIdentity(serializers),
    ...(children.length === 0 ? [] : [children.map(({ id, codeHash }) => [id, codeHash])]),
  ];
  return JSON.stringify(identity);
}

const bundleIdentity = ({ hash, packages }: Bundle): unknown[] => [
  hash,
  ...packages.map(({ name, version, dependencies = {} }) => [
    name,
    version,
    Object.entries(dependencies).sort(([a], [b]) => (a < b ? -1 : 1)),
  ]),
];

/** The file that declares the pipeline, relative to the project's root. */
export const sourceFileOf = ({ id }: Pick<PipelineCode, 'id'>): string => id.replace(/#.*$/s, '');
