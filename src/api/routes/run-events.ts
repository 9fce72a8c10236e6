/**
 * The history of a run: the events that its logic observed, in both directions.
 *
 * @module
 */
import { createRoute, type OpenAPIHono } from '@hono/zod-openapi';
import { z } from 'zod';
import type { HistoryEvent } from '../../model/history.ts';
import { toIsoTime } from '../../model/iso-time.ts';
import { truncate } from '../../model/truncate.ts';
import { isStored, type Value } from '../../model/value.ts';
import { RUN_EVENT_KINDS, type RunEventDocument, runEventPageSchema } from '../../wire/events.ts';
import { createCursorCodec, itemsWithinPage, positionNumberSchema } from '../cursors.ts';
import type { ApiPorts } from '../ports.ts';
import { ProblemError } from '../problems.ts';
import {
  commonProblems,
  jsonResponse,
  notFoundProblem,
  numberParam,
  pageLimitOf,
  pageParams,
  runParams,
} from '../route-schemas.ts';
import { findRunOrThrow } from './lookups.ts';

const eventCursors = createCursorCodec('events', positionNumberSchema);

/** Events that one request reads to find those of some kinds. */
const MAX_READ_EVENTS = 5000;
const READ_EVENTS = 500;
const MAX_PREVIEW_LENGTH = 200;

const kindSchema = z.enum(RUN_EVENT_KINDS);

export function runEventsRoute(api: OpenAPIHono, ports: ApiPorts): void {
  api.openapi(
    createRoute({
      method: 'get',
      path: '/v1/runs/{run}/events',
      operationId: 'listRunEvents',
      summary: 'The history of a run, with previews of values',
      description:
        'A page may have fewer events than `limit`, also none, while `next` is not null: one request reads a part of a long history. A resume removes the events behind its first failure.',
      request: {
        params: runParams,
        query: z.strictObject({
          ...pageParams,
          from: numberParam('from', { minimum: 0, maximum: 999_999_999 })
            .optional()
            .meta({ description: 'The number of an event, at which reading starts.' }),
          direction: z.enum(['forward', 'backward']).optional().meta({
            description:
              '`backward`: the last events first. Default: `forward`, from the first event.',
          }),
          kind: z
            .string()
            .max(200)
            .transform((text) => text.split(','))
            .pipe(z.array(kindSchema))
            .optional()
            .meta({
              type: 'string',
              description: `Only events of these kinds, with commas between them: ${RUN_EVENT_KINDS.join(', ')}.`,
            }),
        }),
      },
      responses: {
        200: jsonResponse(runEventPageSchema, 'A page of events.'),
        ...commonProblems,
        ...notFoundProblem,
      },
    }),
    async (c) => {
      const { run } = c.req.valid('param');
      const query = c.req.valid('query');
      const { direction = 'forward', kind, cursor, from } = query;
      if (cursor !== undefined && from !== undefined)
        throw new ProblemError(400, 'from: not together with cursor', [
          { in: 'query', field: 'from', detail: 'not together with cursor' },
        ]);
      const { head } = await findRunOrThrow(ports, run);
      const count = head.eventCount;
      const filters = [run, direction, kind ?? null];
      const isBackward = direction === 'backward';
      const start = eventCursors.decode(cursor, filters) ?? from ?? (isBackward ? count - 1 : 0);
      const limit = pageLimitOf(query);
      const found: { readonly number: number; readonly event: HistoryEvent }[] = [];
      let at = Math.min(start, isBackward ? count - 1 : start);
      const isEnd = () => (isBackward ? at < 0 : at >= count);
      for (let read = 0; !isEnd() && found.length < limit && read < MAX_READ_EVENTS; ) {
        const length = Math.min(kind === undefined ? limit : READ_EVENTS, READ_EVENTS);
        const first = isBackward ? Math.max(0, at - length + 1) : at;
        const wanted = isBackward ? at - first + 1 : Math.min(length, count - at);
        const events = await ports.tasks.events(run, first, wanted);
        if (events.length === 0) break;
        const numbered = events.map((event, index) => ({ number: first + index, event }));
        for (const each of isBackward ? numbered.toReversed() : numbered) {
          at = isBackward ? each.number - 1 : each.number + 1;
          if (kind !== undefined && !kind.includes(each.event.kind)) continue;
          found.push(each);
          if (found.length === limit) break;
        }
        read += events.length;
      }
      const documents = itemsWithinPage(
        found.map(({ number, event }) => eventDocument(number, event)),
      );
      const last = documents.at(-1)?.number;
      if (documents.length < found.length && last !== undefined)
        at = isBackward ? last - 1 : last + 1;
      return c.json(
        {
          items: documents,
          next: isEnd() ? null : eventCursors.encode(at, filters),
          count,
        },
        200,
      );
    },
  );
}

function eventDocument(number: number, event: HistoryEvent): RunEventDocument {
  const common = { number, at: toIsoTime(event.at) };
  switch (event.kind) {
    case 'completed':
      return { ...common, kind: event.kind, call: event.call, values: event.values.map(preview) };
    case 'failed': {
      const { kind, call, step, error, attempts } = event;
      return { ...common, kind, call, step, error, attempts };
    }
    case 'skipped': {
      const { kind, call, step, cause } = event;
      return { ...common, kind, call, step, cause };
    }
    case 'aborted':
      return { ...common, kind: event.kind, call: event.call, step: event.step };
    case 'sleepEnded':
      return { ...common, kind: event.kind, sleep: event.sleep };
    case 'signal':
      return {
        ...common,
        kind: event.kind,
        name: event.name,
        value: preview({ format: 'json', text: event.value }),
      };
    case 'callback': {
      const { kind, call, component, node, input } = event;
      return {
        ...common,
        ...{ kind, call, component, step: node.name, status: node.status, attempt: node.attempt },
        callback: input.kind,
        previousStatus: input.kind === 'statusChange' ? input.previousStatus : null,
      };
    }
  }
}

const preview = (value: Value) =>
  isStored(value)
    ? { format: value.format, size: value.size, preview: null }
    : {
        format: value.format,
        size: Buffer.byteLength(value.text, value.format === 'cbor' ? 'base64' : 'utf8'),
        preview: value.format === 'json' ? truncate(value.text, MAX_PREVIEW_LENGTH) : null,
      };
