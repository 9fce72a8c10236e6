/**
 * The part of the client for runs as a whole: graph, state, times and changes.
 *
 * @module
 */
import {
  runChangesSchema,
  runGraphSchema,
  runStateSchema,
  runTimingsSchema,
} from '../wire/run-state.ts';
import type { Transport } from './transport.ts';

/** A page of calls. */
export interface CallQuery {
  readonly from?: number;
  readonly limit?: number;
}

export class RunStateClient {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  graph(id: string, query: CallQuery = {}) {
    const path = `/v1/runs/${id}/graph`;
    return this.#transport.call({
      method: 'GET',
      path,
      query: { ...query },
      schema: runGraphSchema,
    });
  }

  state(id: string) {
    const path = `/v1/runs/${id}/state`;
    return this.#transport.call({ method: 'GET', path, schema: runStateSchema });
  }

  timings(id: string, query: CallQuery = {}) {
    const path = `/v1/runs/${id}/timings`;
    return this.#transport.call({
      method: 'GET',
      path,
      query: { ...query },
      schema: runTimingsSchema,
    });
  }

  /** What changed after revision `since`. */
  changes(id: string, query: { readonly since: number; readonly limit?: number }) {
    const path = `/v1/runs/${id}/changes`;
    return this.#transport.call({
      method: 'GET',
      path,
      query: { ...query },
      schema: runChangesSchema,
    });
  }
}
