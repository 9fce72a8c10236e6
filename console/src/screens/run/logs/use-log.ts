/**
 * The reader of a log in components.
 *
 * @module
 */
import { useEffect, useState, useSyncExternalStore } from 'react';
import { type LogSource, readLog } from '../../../api/logs.ts';
import {
  type LogFilter,
  LogReader,
  type LogSnapshot,
  type LogStart,
  NOTHING_READ,
} from './log-reader.ts';

/** A reader of a log, which starts anew when the log, the filter or the start changes. */
export function useLog(options: {
  readonly source: LogSource;
  readonly filter: LogFilter;
  readonly start: LogStart;
  readonly follows: boolean;
}): LogSnapshot & { readonly reader: LogReader | null } {
  const { source, filter, start, follows } = options;
  const [reader, setReader] = useState<LogReader | null>(null);
  const key = JSON.stringify([source, filter, start]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the key has all of them
  useEffect(() => {
    const next = new LogReader((read, signal) => readLog(source, read, signal), filter);
    setReader(next);
    void next.start(start);
    return () => next.close();
  }, [key]);
  useEffect(() => reader?.follow(follows), [reader, follows]);
  const snapshot = useSyncExternalStore(
    (listener) => reader?.subscribe(listener) ?? (() => undefined),
    () => reader?.snapshot() ?? NOTHING_READ,
  );
  return { ...snapshot, reader };
}
