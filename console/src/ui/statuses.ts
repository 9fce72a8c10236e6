/**
 * How the statuses of runs and steps are shown: a glyph, a word and a colour, never a colour alone.
 *
 * @module
 */
import type { RunStatus } from '../../../src/model/run.ts';
import type { StepStatus } from '../../../src/model/step.ts';

/** Statuses of runs and of steps. */
export type Status = StepStatus | RunStatus;

export interface StatusStyle {
  readonly glyph: string;
  /** The class of its text. */
  readonly text: string;
  /** The class of its bars and cells. */
  readonly fill: string;
  /** What distinguishes bars and cells besides the colour. */
  readonly pattern: 'solid' | 'hollow' | 'dotted' | 'half' | 'hatch';
}

const STYLES: Readonly<Record<Status, StatusStyle>> = {
  pending: { glyph: '○', text: 'text-pending', fill: 'bg-pending-fill', pattern: 'dotted' },
  queued: { glyph: '◔', text: 'text-queued', fill: 'bg-queued-fill', pattern: 'half' },
  running: { glyph: '◐', text: 'text-running', fill: 'bg-running-fill', pattern: 'solid' },
  aborting: { glyph: '◧', text: 'text-aborted', fill: 'bg-aborted-fill', pattern: 'hatch' },
  completed: { glyph: '✓', text: 'text-completed', fill: 'bg-completed-fill', pattern: 'solid' },
  cached: { glyph: '⟲', text: 'text-cached', fill: 'bg-cached-fill', pattern: 'solid' },
  failed: { glyph: '✕', text: 'text-failed', fill: 'bg-failed-fill', pattern: 'solid' },
  aborted: { glyph: '■', text: 'text-aborted', fill: 'bg-aborted-fill', pattern: 'hatch' },
  skipped: { glyph: '⤼', text: 'text-skipped', fill: 'bg-skipped-fill', pattern: 'hollow' },
  superseded: {
    glyph: '·',
    text: 'text-superseded',
    fill: 'bg-superseded-fill',
    pattern: 'hollow',
  },
};

const UNKNOWN: StatusStyle = {
  glyph: '?',
  text: 'text-muted',
  fill: 'bg-pending-fill',
  pattern: 'hollow',
};

/** The style of a status; a newer service may have others. */
export const statusStyle = (status: string): StatusStyle =>
  Object.entries(STYLES).find(([name]) => name === status)?.[1] ?? UNKNOWN;

/** The order of statuses in strips: what is done first, failures last, so that they stay visible. */
export const STRIP_ORDER = [
  'completed',
  'cached',
  'skipped',
  'superseded',
  'running',
  'queued',
  'pending',
  'aborted',
  'failed',
] as const satisfies readonly StepStatus[];
