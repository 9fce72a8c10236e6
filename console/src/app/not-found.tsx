import type { ReactNode } from 'react';
import { AppLink } from '../ui/app-link.tsx';

/** The page of an address that no screen has. */
export function NotFound(): ReactNode {
  return (
    <div className="p-6">
      <h1 className="text-lg font-semibold">No such page</h1>
      <p className="mt-2 text-muted">
        This console has no page at this address.{' '}
        <AppLink path="runs" className="text-accent underline">
          All runs
        </AppLink>
      </p>
    </div>
  );
}
