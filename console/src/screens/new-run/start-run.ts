/**
 * The request that a form sends.
 *
 * @module
 */
import type { JsonObject } from '../../../../src/model/json.ts';
import type { CreateRun, Rerun, RunSummary } from '../../../../src/wire/runs.ts';
import { request } from '../../api/client.ts';

export type RunRequest =
  | { readonly kind: 'new'; readonly body: CreateRun }
  | { readonly kind: 'rerun'; readonly run: string; readonly body: Rerun };

/**
 * Starts the run. A repeated request with the same key starts no second run.
 *
 * @param key a random text that belongs to the content of the form
 */
export const startRun = (start: RunRequest, key: string): Promise<RunSummary> =>
  request<RunSummary>(
    start.kind === 'new' ? 'v1/runs' : `v1/runs/${encodeURIComponent(start.run)}/rerun`,
    { method: 'POST', body: start.body, headers: { 'idempotency-key': key } },
  );

export interface FormContent {
  readonly project: string;
  readonly pipeline: string;
  /** The version that is chosen; undefined: the highest. */
  readonly version: string | undefined;
  /** In a rerun: those that replace arguments of the earlier run. */
  readonly args: JsonObject;
  readonly tags: readonly string[];
  readonly noCache: boolean;
  readonly defaultQueue: string | undefined;
  /** The run that is rerun; undefined: a new run. */
  readonly rerunOf: string | undefined;
  /** In a rerun: the first step that is executed again. */
  readonly step: string | undefined;
}

/**
 * The request for the content of a form. A rerun without another version keeps the code of the run;
 * without other arguments it keeps the seed, too, so that its logic makes the same calls.
 */
export function requestOf(content: FormContent): RunRequest {
  const { rerunOf, version, args, tags, noCache, defaultQueue, step } = content;
  const common = {
    ...((rerunOf === undefined || Object.keys(args).length > 0) && { args }),
    ...(tags.length > 0 && { tags: [...tags] }),
    ...(version !== undefined && { version }),
  };
  if (rerunOf !== undefined)
    return {
      kind: 'rerun',
      run: rerunOf,
      body: { ...common, noCache, ...(step !== undefined && { from: step }) },
    };
  return {
    kind: 'new',
    body: {
      ...common,
      project: content.project,
      pipeline: content.pipeline,
      ...(noCache && { noCache }),
      ...(defaultQueue !== undefined && { defaultQueue }),
    },
  };
}
