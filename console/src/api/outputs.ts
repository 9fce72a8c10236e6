/**
 * Queries of artifacts and models, and of what they contain.
 *
 * @module
 */
import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query';
import type { PreviewDocument } from '../../../src/wire/previews.ts';
import type { ArtifactDocument, ModelDocument } from '../../../src/wire/runs.ts';
import type { StepDocument } from '../../../src/wire/steps.ts';
import type { Page } from '../../../src/wire/values.ts';
import { request } from './client.ts';

/** An artifact or model of a step, or of the run itself. */
export interface OutputId {
  readonly run: string;
  /** Null: the run. */
  readonly call: number | null;
  readonly kind: 'artifact' | 'model' | 'result';
  readonly name: string;
}

const runPath = (run: string): string => `v1/runs/${encodeURIComponent(run)}`;
const ownerPath = (run: string, call: number | null): string =>
  call === null ? runPath(run) : `${runPath(run)}/steps/${call}`;

/** The steps of a run with their outputs, by pages. */
export const stepOutputsQuery = (run: string, stamp: string) =>
  infiniteQueryOptions({
    queryKey: ['step-outputs', run, stamp],
    queryFn: ({ pageParam, signal }) =>
      request<Page<StepDocument>>(`${runPath(run)}/steps`, {
        query: { limit: 100, cursor: pageParam },
        signal,
      }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next ?? undefined,
    placeholderData: (previous) => previous,
  });

/** Artifacts or models of a step or of the run, by pages. */
export const outputsQuery = (run: string, call: number | null, kind: 'artifacts' | 'models') =>
  infiniteQueryOptions({
    queryKey: ['outputs', run, call, kind],
    queryFn: ({ pageParam, signal }) =>
      request<Page<ArtifactDocument | ModelDocument>>(`${ownerPath(run, call)}/${kind}`, {
        query: { limit: 100, cursor: pageParam },
        signal,
      }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next ?? undefined,
  });

/** The start of an output, or of the value at a path inside it. */
export const previewQuery = (
  { run, call, kind, name }: OutputId,
  part: { readonly path: string; readonly from: number },
) =>
  queryOptions({
    queryKey: ['preview', run, call, kind, name, part],
    queryFn: ({ signal }) =>
      request<PreviewDocument>(`${ownerPath(run, call)}/preview`, {
        query: {
          ...(kind === 'result' ? { result: 'true' } : { [kind]: name }),
          path: part.path === '' ? undefined : part.path,
          from: part.from === 0 ? undefined : part.from,
        },
        signal,
      }),
    staleTime: 60_000,
  });
