/**
 * Symbols and colours of statuses.
 *
 * @module
 */
import type { RunStatus } from '../model/run.ts';
import type { StepStatus } from '../model/step.ts';
import type { Colors } from './output.ts';

const SYMBOLS: Readonly<Record<StepStatus, string>> = {
  pending: '·',
  queued: '◦',
  running: '▸',
  completed: '✔',
  cached: '✔',
  failed: '✖',
  aborted: '■',
  skipped: '○',
  superseded: '↺',
};

export const statusSymbol = (status: StepStatus): string => SYMBOLS[status];

export function paintStatus(text: string, status: StepStatus | RunStatus, colors: Colors): string {
  switch (status) {
    case 'completed':
      return colors.green(text);
    case 'cached':
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
