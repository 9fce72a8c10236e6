import { useQuery } from '@tanstack/react-query';
import { type ReactNode, useSyncExternalStore } from 'react';
import { isConnectionLost, onConnection } from '../api/connection.ts';
import { meQuery } from '../api/me.ts';

/** States above every screen what limits all of them. */
export function Banners(): ReactNode {
  const isLost = useSyncExternalStore(onConnection, isConnectionLost);
  const me = useQuery(meQuery()).data;
  return (
    <div role="status">
      {isLost && (
        <Banner>
          Connection lost. Retrying; what is shown stays, and may be out of date until the server
          answers.
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
