/**
 * Results that are too large to be inline in an event.
 *
 * @module
 */
import type { HistoryEvent } from '../../model/history.ts';
import { isStored, type StoredValue, type Value, valuesOfArguments } from '../../model/value.ts';

/** Keys of the stored results that the logic can read. */
export function storedKeysIn(events: readonly HistoryEvent[]): readonly string[] {
  return events
    .flatMap(valuesOf)
    .flatMap((value) => (isStored(value) && isFetchable(value) ? [value.key] : []));
}

function valuesOf(event: HistoryEvent): readonly Value[] {
  if (event.kind === 'completed') return event.values;
  return event.kind === 'callback' && event.input.kind === 'preExecute'
    ? valuesOfArguments(event.input.args)
    : [];
}

const isFetchable = ({ format }: StoredValue): boolean => format !== 'file' && format !== 'folder';
