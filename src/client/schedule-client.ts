/**
 * The routes of schedules, as the client calls them.
 *
 * @module
 */
import { z } from 'zod';
import { type PutSchedule, schedulePageSchema, scheduleSchema } from '../wire/schedules.ts';
import type { Transport } from './transport.ts';

interface ProjectQuery {
  readonly project: string;
}

export class ScheduleClient {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  list(query: {
    readonly project?: string | undefined;
    readonly limit?: number;
    readonly cursor?: string;
  }) {
    const path = '/v1/schedules';
    return this.#transport.call({ method: 'GET', path, query, schema: schedulePageSchema });
  }

  get(name: string, query: ProjectQuery) {
    return this.#transport.call({
      method: 'GET',
      path: pathOf(name),
      query: { ...query },
      schema: scheduleSchema,
    });
  }

  /** Adds or replaces a schedule. Repeated, nothing changes. */
  put(body: PutSchedule) {
    const path = '/v1/schedules';
    return this.#transport.call({ method: 'POST', path, body, schema: scheduleSchema });
  }

  change(name: string, query: ProjectQuery, body: { readonly paused: boolean }) {
    return this.#transport.call({
      method: 'PATCH',
      path: pathOf(name),
      query: { ...query },
      body,
      schema: scheduleSchema,
    });
  }

  remove(name: string, query: ProjectQuery): Promise<undefined> {
    return this.#transport.call({
      method: 'DELETE',
      path: pathOf(name),
      query: { ...query },
      schema: z.undefined(),
    });
  }
}

const pathOf = (name: string): string => `/v1/schedules/${name}`;
