import { useQuery } from '@tanstack/react-query';
import { type ReactNode, useSyncExternalStore } from 'react';
import { isConnectionLost, onConnection, pausedMs } from '../api/connection.ts';
import { meQuery } from '../api/me.ts';
import { formatDuration } from '../format/durations.ts';

/** A page that requests nothing by itself sees that the server answers again. */
const PROBE_MS = 3_000;

/** States above every screen what limits all of them. */
export function Banners(): ReactNode {
  const isLost = useSyncExternalStore(onConnection, isConnectionLost);
  const paused = useSyncExternalStore(onConnection, pausedMs);
  const me = useQuery({ ...meQuery(), refetchInterval: isLost && PROBE_MS }).data;
  return (
    <div role="status">
      {isLost && (
        <Banner>
          Connection lost. Retrying; what is shown stays, and may be out of date until the server
          answers.
        </Banner>
      )}
      {paused > 0 && (
        <Banner>
          The service limits requests: the page waits {formatDuration(paused)}, and continues.
        </Banner>
      )}
      {me === null && (
        <Banner>
          The API is older than this console: some screens have no data. Update the deployment, or
          use the console of the installed version.
        </Banner>
      )}
      {me?.readOnly === true && <Banner>Read-only: actions that change something are off.</Banner>}
    </div>
  );
}

const Banner = (props: { readonly children: ReactNode }): ReactNode => (
  <p className="border-b border-line bg-selected px-4 py-1.5">{props.children}</p>
);
