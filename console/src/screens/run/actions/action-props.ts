/**
 * What a dialog of an action receives.
 *
 * @module
 */
import type { RunDocument } from '../../../../../src/wire/runs.ts';
import type { RunFeed } from '../../../live/run-feed.ts';

export interface ActionProps {
  readonly run: RunDocument;
  readonly feed: RunFeed;
  readonly onClose: () => void;
}
