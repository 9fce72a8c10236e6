/**
 * The status of each call of a run, and the totals of its components.
 *
 * @module
 */
import {
  componentsOf,
  type RunStateRecord,
  runStateOf,
  statusIndex,
} from '../../ports/run-state.ts';
import type { Table } from '../dynamodb/table.ts';
import type { RunState } from './run-state.ts';
import { readStepRange } from './steps.ts';

export async function readRunState(table: Table, state: RunState): Promise<RunStateRecord> {
  const steps = await readStepRange(table, state, 0, state.head.callCount);
  const statuses = Uint8Array.from(steps, ({ status }) => statusIndex(status));
  return runStateOf(state.head, statuses, componentsOf(steps));
}
