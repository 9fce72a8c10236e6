/**
 * Publishes status changes on an EventBridge bus, for rules of users.
 *
 * Delivery is best effort, as the port defines it: an event that the bus does not accept is logged,
 * and nothing waits for it.
 *
 * @module
 */
import {
  type EventBridgeClient,
  PutEventsCommand,
  type PutEventsRequestEntry,
} from '@aws-sdk/client-eventbridge';
import { EVENTBRIDGE_REQUEST_BYTES } from '../../model/service-limits.ts';
import type { Events, StatusEvent } from '../../ports/events.ts';
import { batchesWithin } from '../batches.ts';
import { DETAIL_TYPES, EVENT_SOURCE } from '../deployment/bus-events.ts';
import { errorData, type Log } from './log.ts';

export interface BusEventsOptions {
  readonly client: EventBridgeClient;
  readonly bus: string;
  /** Publishes the changes of steps, too. AWS charges for each event. */
  readonly stepEvents: boolean;
  readonly log: Log;
}

/** Raised when a field of a run's event changes its meaning or is removed. */
const DETAIL_SCHEMA = 1;

const MAX_ENTRIES_PER_REQUEST = 10;
/** What EventBridge counts for the time of an entry. */
const TIME_BYTES = 14;

export function createBusEvents({ client, bus, stepEvents, log }: BusEventsOptions): Events {
  const entryOf = (event: StatusEvent): readonly PutEventsRequestEntry[] => {
    if (event.kind === 'log' || (event.kind === 'step' && !stepEvents)) return [];
    const { kind, ...detail } = detailOf(event);
    return [
      {
        EventBusName: bus,
        Source: EVENT_SOURCE,
        DetailType: DETAIL_TYPES[kind],
        Time: new Date(event.at),
        Detail: JSON.stringify(detail),
      },
    ];
  };

  async function put(entries: readonly PutEventsRequestEntry[]): Promise<void> {
    try {
      const { FailedEntryCount = 0, Entries = [] } = await client.send(
        new PutEventsCommand({ Entries: [...entries] }),
      );
      if (FailedEntryCount > 0)
        log.warn('events not accepted', {
          count: FailedEntryCount,
          reason: Entries.find(({ ErrorCode }) => ErrorCode)?.ErrorMessage,
        });
    } catch (error) {
      log.warn('events not accepted', { count: entries.length, ...errorData(error) });
    }
  }

  return {
    async publish(events) {
      for (const { kind, ...data } of events) if (kind === 'log') log.info('logic', data);
      const entries = events.flatMap(entryOf);
      for (const batch of batchesWithin(entries, {
        maxItems: MAX_ENTRIES_PER_REQUEST,
        maxBytes: EVENTBRIDGE_REQUEST_BYTES,
        bytesOf: entryBytes,
      }))
        await put(batch);
    },
  };
}

/** The facts of a run are fields of the detail, so that patterns of rules are short. */
function detailOf(event: Exclude<StatusEvent, { readonly kind: 'log' }>) {
  if (event.kind === 'step') return { ...event, arguments: undefined, childRun: undefined };
  const { facts, ...own } = event;
  return { schema: DETAIL_SCHEMA, ...own, ...facts };
}

/** The size of an entry, as EventBridge documents it. */
const entryBytes = ({ Source = '', DetailType = '', Detail = '' }: PutEventsRequestEntry): number =>
  TIME_BYTES + Buffer.byteLength(Source + DetailType + Detail);
