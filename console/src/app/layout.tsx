import { Link, Outlet } from '@tanstack/react-router';
import { type ReactNode, useSyncExternalStore } from 'react';
import { isSessionEnded, onSession, signOut } from '../api/session.ts';
import { Button } from '../ui/button.tsx';
import { MessageList } from '../ui/message-list.tsx';
import { BASE_PATH } from './base-path.ts';
import { NAVIGATION } from './navigation.ts';
import { SessionEnded } from './session-ended.tsx';

/** The frame of all screens: navigation at the left, the screen beside it. */
export function Layout(): ReactNode {
  const ended = useSyncExternalStore(onSession, isSessionEnded);
  if (ended) return <SessionEnded />;
  return (
    <div className="flex h-dvh flex-col md:flex-row">
      <nav
        aria-label="Screens"
        className="flex shrink-0 items-center gap-1 border-b border-line bg-raised p-2 md:w-46 md:flex-col md:items-stretch md:border-r md:border-b-0"
      >
        <span className="px-2 py-1 font-semibold">Headrace</span>
        {NAVIGATION.map(({ to, label }) => (
          <Link
            key={to}
            to={to}
            className="rounded-sm px-2 py-1 hover:bg-surface aria-[current=page]:bg-surface aria-[current=page]:font-semibold"
          >
            {label}
          </Link>
        ))}
        <Button
          kind="quiet"
          className="ml-auto md:mt-auto md:ml-0 md:justify-start"
          onClick={() => void signOut(BASE_PATH)}
        >
          Sign out
        </Button>
      </nav>
      <main className="flex min-h-0 min-w-0 flex-1 flex-col">
        <Outlet />
      </main>
      <MessageList />
    </div>
  );
}
