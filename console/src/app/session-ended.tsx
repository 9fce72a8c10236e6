import type { ReactNode } from 'react';
import { signInProblem } from '../api/session.ts';

/** Replaces every screen when the server does not accept the page's token. */
export function SessionEnded(): ReactNode {
  return (
    <main className="mx-auto max-w-150 p-6">
      <h1 className="text-lg font-semibold">This session has ended</h1>
      {signInProblem !== undefined && <p className="mt-2">{signInProblem.message}</p>}
      <p className="mt-2">
        A session lasts as long as the server that started it. Start <code>headrace dev</code>{' '}
        again, or open the console of one that is running with <code>headrace open</code>: the
        address that it prints signs this browser in.
      </p>
    </main>
  );
}
