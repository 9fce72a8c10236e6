/**
 * Versions of registered models: a model that a run stored, under a name of its own, with what is
 * known about its origin.
 *
 * @module
 */
import { z } from 'zod';
import type { ArgumentPreview } from './argument-previews.ts';
import type { Point } from './artifacts.ts';
import { nameSchema, projectSchema, type RunId } from './ids.ts';
import { issueSentence } from './issue-sentences.ts';
import type { Json } from './json.ts';
import type { StoredValue } from './value.ts';

/** A registered model has a name in its project. The characters separate it in a reference. */
export const modelNameSchema = nameSchema.regex(
  /^[^@/]*$/,
  'the name of a registered model may not hold "@" or "/"',
);

export interface ModelName {
  readonly project: string;
  readonly name: string;
}

/** The last point of each series, for comparisons of versions. */
export type ModelMetric = Pick<Point, 'title' | 'series' | 'iteration' | 'value'>;

/** Where a model comes from. */
export interface ModelSource {
  readonly run: RunId;
  readonly pipeline: string;
  /** The number of the run among those of its pipeline. */
  readonly number: number;
  readonly pipelineVersion: string;
  /** The hash of the pipeline's code. */
  readonly codeHash: string;
  /** The name with which it was uploaded. */
  readonly model: string;
  /** The step that uploaded it; null if that step is not known. */
  readonly step: {
    readonly call: number;
    readonly name: string;
    readonly component: string;
    readonly attempt: number;
    /** The hash of the component's code; null if the run has no such component. */
    readonly codeHash: string | null;
    readonly arguments: readonly ArgumentPreview[];
  } | null;
}

export interface NewModelVersion extends ModelName {
  readonly tags: readonly string[];
  readonly framework: string | null;
  readonly metadata: Readonly<Record<string, Json>> | null;
  readonly metrics: readonly ModelMetric[];
  /** Its file or folder. */
  readonly value: StoredValue;
  readonly source: ModelSource;
  readonly registeredAt: number;
  /** When it was published; null: it is not. A published version keeps its object. */
  readonly publishedAt: number | null;
}

export interface ModelVersion extends NewModelVersion {
  /** From 1, without gaps. */
  readonly version: number;
}

/** Which version of a model: a number, or the highest one that is published, or that exists. */
export type ModelSelector = number | 'published' | 'latest';

export interface ModelReference {
  /** Undefined: the project of the run, or the only one that has the model. */
  readonly project: string | undefined;
  readonly name: string;
  readonly version: ModelSelector;
}

export const modelSelectorSchema = z
  .string()
  .regex(
    /^(?:published|latest|[1-9]\d{0,8})$/,
    'the version of a model is a number from 1 on, "published" or "latest"',
  )
  .transform(
    (text): ModelSelector => (text === 'published' || text === 'latest' ? text : Number(text)),
  );

/**
 * Reads `iris@published`, `iris@3`, `team/forecasts/iris@latest` (a model of another project) and
 * `iris`, which means `iris@published`. Returns a sentence if the text is none of these.
 */
export function parseModelReference(text: string): ModelReference | string {
  const at = text.lastIndexOf('@');
  const path = at === -1 ? text : text.slice(0, at);
  const slash = path.lastIndexOf('/');
  const parsed = z
    .object({
      project: projectSchema.optional(),
      name: modelNameSchema,
      version: modelSelectorSchema,
    })
    .safeParse({
      project: slash === -1 ? undefined : path.slice(0, slash),
      name: path.slice(slash + 1),
      version: at === -1 ? 'published' : text.slice(at + 1),
    });
  if (parsed.success) return { ...parsed.data, project: parsed.data.project };
  const [issue] = parsed.error.issues;
  return issue === undefined ? 'it is no reference to a model' : issueSentence(issue);
}

export const modelReferenceText = ({ project, name, version }: ModelReference): string =>
  `${project === undefined ? '' : `${project}/`}${name}@${version}`;
