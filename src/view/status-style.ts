/**
 * Symbols and colours of statuses.
 *
 * @module
 */
import type { RunStatus } from '../model/run.ts';
import type { Colors } from './output.ts';
import type { ShownStatus } from './step-origin.ts';

const SYMBOLS: Readonly<Record<ShownStatus, string>> = {
  pending: '·',
  queued: '◦',
  running: '▸',
  completed: '✔',
  cached: '✔',
  adopted: '✔',
  failed: '✖',
  aborted: '■',
  skipped: '○',
  superseded: '↺',
};

export const statusSymbol = (status: ShownStatus): string => SYMBOLS[status];

export function paintStatus(text: string, status: ShownStatus | RunStatus, colors: Colors): string {
  switch (status) {
    case 'completed':
      return colors.green(text);
    case 'cached':
    case 'adopted':
      return colors.cyan(text);
    case 'failed':
      return colors.red(text);
    case 'aborted':
    case 'aborting':
      return colors.yellow(text);
    case 'running':
      return colors.blue(text);
    case 'pending':
    case 'queued':
    case 'skipped':
    case 'superseded':
      return colors.dim(text);
  }
}
