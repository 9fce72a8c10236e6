/**
 * Why the steps of a run that is being stopped end. One text for all ways in which a step ends then.
 *
 * @module
 */
import type { Turn } from '../turn/turn.ts';

export const reasonToStop = ({ head }: Turn): string =>
  head.abortOutcome?.status === 'failed' ? 'the run failed' : 'the run is being aborted';
