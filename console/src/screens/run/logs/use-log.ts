/**
 * The reader of a log in components.
 *
 * @module
 */
import { useEffect, useMemo, useSyncExternalStore } from 'react';
import { type LogSource, readLog } from '../../../api/logs.ts';
import { type LogFilter, LogReader, type LogSnapshot, type LogStart } from './log-reader.ts';

/** A reader of a log, which starts anew when the log, the filter or the start changes. */
export function useLog(options: {
  readonly source: LogSource;
  readonly filter: LogFilter;
  readonly start: LogStart;
  readonly follows: boolean;
}): LogSnapshot & { readonly reader: LogReader } {
  const { source, filter, start, follows } = options;
  const key = JSON.stringify([source, filter, start]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the key has all of them
  const reader = useMemo(
    () => new LogReader((read, signal) => readLog(source, read, signal), filter),
    [key],
  );
  // biome-ignore lint/correctness/useExhaustiveDependencies: the key has the start
  useEffect(() => {
    void reader.start(start);
    return () => reader.close();
  }, [reader]);
  useEffect(() => reader.follow(follows), [reader, follows]);
  const snapshot = useSyncExternalStore(
    (listener) => reader.subscribe(listener),
    () => reader.snapshot(),
  );
  return { ...snapshot, reader };
}
