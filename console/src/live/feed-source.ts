/**
 * The requests of a run's feed.
 *
 * @module
 */
import type {
  RunChangesDocument,
  RunGraphDocument,
  RunStateDocument,
  RunTimingsDocument,
} from '../../../src/wire/run-state.ts';
import type { RunDocument } from '../../../src/wire/runs.ts';
import { request, send } from '../api/client.ts';
import { readEventStream } from './event-stream.ts';

/** One document of changes, or a stream of them until the connection ends. */
export type ChangesAnswer =
  | { readonly kind: 'document'; readonly document: RunChangesDocument }
  | { readonly kind: 'stream'; readonly documents: AsyncIterable<RunChangesDocument> };

/** What a feed reads. */
export interface FeedSource {
  run(signal: AbortSignal): Promise<RunDocument>;
  state(signal: AbortSignal): Promise<RunStateDocument>;
  graph(from: number, signal: AbortSignal): Promise<RunGraphDocument>;
  timings(from: number, signal: AbortSignal): Promise<RunTimingsDocument>;
  /** `mayStream`: the answer may be a stream, which stays open while the run changes. */
  changes(
    since: number,
    options: { readonly mayStream: boolean; readonly signal: AbortSignal },
  ): Promise<ChangesAnswer>;
}

/** Reads from the API. A server that streams changes does so; all others answer one document. */
export function apiSource(run: string): FeedSource {
  const path = `v1/runs/${encodeURIComponent(run)}`;
  return {
    run: (signal) => request(path, { signal }),
    state: (signal) => request(`${path}/state`, { signal }),
    graph: (from, signal) => request(`${path}/graph`, { query: { from }, signal }),
    timings: (from, signal) => request(`${path}/timings`, { query: { from }, signal }),
    async changes(since, { mayStream, signal }) {
      const response = await send(`${path}/changes`, {
        query: { since },
        headers: { accept: mayStream ? 'text/event-stream, application/json' : 'application/json' },
        signal,
      });
      const isStream = response.headers.get('content-type')?.startsWith('text/event-stream');
      if (isStream !== true || response.body === null)
        return { kind: 'document', document: await response.json() };
      return { kind: 'stream', documents: documentsOf(response.body) };
    },
  };
}

async function* documentsOf(body: ReadableStream<Uint8Array>): AsyncGenerator<RunChangesDocument> {
  for await (const event of readEventStream(body)) yield JSON.parse(event);
}
