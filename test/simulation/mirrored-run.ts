/**
 * The state of one run, built from its commits alone.
 *
 * @module
 */
import type { HistoryEvent } from '../../src/model/history.ts';
import type { ComponentDeclaration } from '../../src/model/options.ts';
import type { RunHead, RunInfo } from '../../src/model/run.ts';
import type { Step } from '../../src/model/step.ts';
import type { Group, Timer } from '../../src/ports/tasks.ts';

export interface MirroredRun {
  readonly info: Omit<RunInfo, 'number'>;
  /** Its place in the world's plan: a rerun has its own. */
  readonly index: number;
  head: RunHead;
  readonly steps: Map<number, Step>;
  readonly declarations: Map<string, ComponentDeclaration>;
  /** By child: the calls and names that gate it. */
  readonly gates: Map<number, Set<number | string>>;
  readonly children: Map<number | string, number>;
  events: HistoryEvent[];
  /** Number of the event that told a call's end. */
  readonly completionEvents: Map<number, number>;
  signatures: string[];
  endedSleepCount: number;
  readonly groups: Map<string, Group>;
  readonly timers: Map<string, Timer>;
  /** Kept aside by resumes and reruns, and not taken over yet. */
  readonly archived: Map<string, Step>;
  /** Calls that took a step over: they were executed elsewhere, or before. */
  readonly adoptedCalls: Set<number>;
  /** Calls that were over when the run was last resumed: what their parents did since does not matter to them. */
  readonly keptCalls: Set<number>;
}
