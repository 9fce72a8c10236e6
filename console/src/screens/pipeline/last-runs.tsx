import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import type { RunSummary } from '../../../../src/wire/runs.ts';
import { formatDuration } from '../../format/durations.ts';
import { statusStyle } from '../../ui/statuses.ts';
import { durationMs, runStatistics } from './run-statistics.ts';

const HEIGHT = 28;
const MIN_HEIGHT = 4;

/** A bar for each of the last runs, the newest at the end: its duration as height, its status. */
export function LastRuns({ runs }: { readonly runs: readonly RunSummary[] }): ReactNode {
  const longest = Math.max(1, ...runs.map((run) => durationMs(run) ?? 0));
  const { successRate, medianMs } = runStatistics(runs);
  return (
    <div className="flex items-end gap-4">
      <ol className="flex items-end gap-0.5" aria-label="Last runs, the newest last">
        {[...runs].reverse().map((run) => {
          const duration = durationMs(run);
          const { fill, glyph } = statusStyle(run.status);
          const height = Math.max(MIN_HEIGHT, ((duration ?? 0) / longest) * HEIGHT);
          const title = `#${run.number} ${run.status}${duration === undefined ? '' : `, ${formatDuration(duration)}`}`;
          return (
            <li key={run.id}>
              <Link
                to="/runs/$run"
                params={{ run: run.id }}
                title={title}
                aria-label={title}
                className="flex w-3 flex-col items-center justify-end hover:opacity-70"
              >
                {run.status === 'failed' && (
                  <span aria-hidden="true" className="text-xs leading-3 text-failed">
                    {glyph}
                  </span>
                )}
                <span className={`block w-2 rounded-sm ${fill}`} style={{ height }} />
              </Link>
            </li>
          );
        })}
      </ol>
      <p className="text-muted">
        {successRate === undefined
          ? 'no run has ended yet'
          : `${Math.round(successRate * 100)} % of the last ${runs.length} completed`}
        {medianMs !== undefined && ` · median ${formatDuration(medianMs)}`}
      </p>
    </div>
  );
}
