/**
 * Events of a run as text.
 *
 * @module
 */
import type { RunEventDocument } from '../../../../../src/wire/events.ts';

/** The kinds of events, in the order in which they are offered. */
export const EVENT_KINDS = [
  'completed',
  'failed',
  'skipped',
  'aborted',
  'sleepEnded',
  'signal',
  'callback',
] as const satisfies readonly RunEventDocument['kind'][];

/** What happened, without the step. */
export function eventText(event: RunEventDocument): string {
  switch (event.kind) {
    case 'completed':
      return event.values
        .map(({ preview, format, size }) => preview ?? `${format}, ${size} bytes`)
        .join(', ');
    case 'failed':
      return `${event.error.name}: ${event.error.message} (attempts: ${event.attempts})`;
    case 'skipped':
      return event.cause === null
        ? 'its pre-execute callback returned false'
        : `because of ${event.cause}`;
    case 'aborted':
      return '';
    case 'sleepEnded':
      return `sleep ${event.sleep}`;
    case 'signal':
      return `${event.name}: ${event.value.preview ?? `${event.value.format}, ${event.value.size} bytes`}`;
    case 'callback':
      return `${event.callback}: ${event.previousStatus === null ? '' : `${event.previousStatus} → `}${event.status}, attempt ${event.attempt}`;
  }
}
