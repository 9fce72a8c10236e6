import type { ReactNode } from 'react';
import type { LiveRun } from '../../live/use-live-run.ts';
import { Button } from '../../ui/button.tsx';

/** States why a page may show an old state of the run. */
export function ConnectionBanner({ live }: { readonly live: LiveRun }): ReactNode {
  const { feed, error, isLost, mode, run } = live;
  const text =
    error !== null && run !== null
      ? `This page no longer follows the run: ${error instanceof Error ? error.message : String(error)}`
      : isLost
        ? 'The connection is lost. This page shows the last known state and tries again.'
        : mode === 'outdated'
          ? 'This service is older than the console: the graph, the timeline and the steps need a newer one. `headrace runs show` prints the steps.'
          : null;
  if (text === null) return null;
  return (
    <div
      role="status"
      className="flex shrink-0 items-center gap-3 border-b border-line bg-raised px-4 py-1.5"
    >
      <span className="min-w-0 flex-1 break-words">{text}</span>
      {(isLost || error !== null) && <Button onClick={() => feed.retry()}>Try now</Button>}
    </div>
  );
}
