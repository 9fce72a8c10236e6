import { Outlet, useLocation } from '@tanstack/react-router';
import { lazy, type ReactNode, Suspense, useState, useSyncExternalStore } from 'react';
import { isSessionEnded, onSession, signOut } from '../api/session.ts';
import { AppLink, useOpen } from '../ui/app-link.tsx';
import { keyLabel, useCommands } from '../ui/keyboard.ts';
import { changeSettings, settings } from '../ui/settings.ts';
import { BASE_PATH } from './base-path.ts';
import { NAVIGATION } from './navigation.ts';

const later = () => import('./later.ts');
const Banners = lazy(async () => ({ default: (await later()).Banners }));
const HelpDialog = lazy(async () => ({ default: (await later()).HelpDialog }));
const MessageList = lazy(async () => ({ default: (await later()).MessageList }));
const Palette = lazy(async () => ({ default: (await later()).Palette }));
const SessionEnded = lazy(async () => ({ default: (await later()).SessionEnded }));

const GROUP = 'Everywhere';

/** The frame of all screens: navigation at the left, or above on a telephone, and the screen. */
export function Layout(): ReactNode {
  const ended = useSyncExternalStore(onSession, isSessionEnded);
  if (!ended) return <Frame />;
  return (
    <Suspense>
      <SessionEnded />
    </Suspense>
  );
}

function Frame(): ReactNode {
  const [dialog, setDialog] = useState<'help' | 'palette'>();
  const open = useOpen();
  const { pathname } = useLocation();
  useCommands([
    {
      label: 'Find runs, pages and commands',
      group: GROUP,
      keys: ['Mod+K'],
      run: () => setDialog('palette'),
      inPalette: false,
    },
    { label: 'Show the keyboard help', group: GROUP, keys: ['?'], run: () => setDialog('help') },
    ...NAVIGATION.map(({ to, label, key }) => ({
      label: `Go to ${label}`,
      group: GROUP,
      keys: [`g ${key}`],
      run: () => open(to),
    })),
    { label: 'Start a new run', group: GROUP, keys: ['n'], run: () => open('new') },
    {
      label: 'Filter the list',
      group: GROUP,
      keys: ['/'],
      run: () => document.querySelector<HTMLElement>('[data-filter]')?.focus(),
    },
    {
      label: 'Switch between light and dark',
      group: GROUP,
      run: () => changeSettings({ theme: settings().theme === 'dark' ? 'light' : 'dark' }),
    },
  ]);
  const close = () => setDialog(undefined);
  return (
    <div className="flex h-dvh flex-col md:flex-row">
      <a
        href="#main"
        className="absolute -top-20 left-2 z-30 rounded-sm bg-accent px-3 py-1 text-accent-ink focus:top-2"
      >
        Skip the navigation
      </a>
      <nav
        aria-label="Screens"
        className="flex shrink-0 items-center gap-0.5 overflow-x-auto border-b border-line bg-raised p-2 md:w-46 md:flex-col md:items-stretch md:border-r md:border-b-0"
      >
        <span className="px-2 py-1 text-lg font-semibold md:mb-2">Headrace</span>
        {NAVIGATION.map(({ to, label, key }) => (
          <AppLink
            key={to}
            path={to}
            aria-current={pathname === to || pathname.startsWith(`${to}/`) ? 'page' : undefined}
            className="flex items-center justify-between gap-2 whitespace-nowrap rounded-sm px-2 py-1 hover:bg-surface aria-[current=page]:bg-surface aria-[current=page]:font-semibold"
          >
            {label}
            <kbd className="hidden text-xs text-muted md:inline">{keyLabel(`g ${key}`)}</kbd>
          </AppLink>
        ))}
        <span className="flex-1" />
        <button
          type="button"
          className="flex items-center justify-between gap-2 whitespace-nowrap rounded-sm px-2 py-1 text-left text-muted hover:bg-surface"
          onClick={() => setDialog('palette')}
        >
          Find
          <kbd className="hidden text-xs md:inline">{keyLabel('Mod+K')}</kbd>
        </button>
        <button
          type="button"
          className="hidden items-center justify-between gap-2 rounded-sm px-2 py-1 text-left text-muted hover:bg-surface md:flex"
          onClick={() => setDialog('help')}
        >
          Keyboard
          <kbd className="text-xs">?</kbd>
        </button>
        <button
          type="button"
          className="whitespace-nowrap rounded-sm px-2 py-1 text-left text-muted hover:bg-surface"
          onClick={() => void signOut(BASE_PATH)}
        >
          Sign out
        </button>
      </nav>
      <main
        id="main"
        tabIndex={-1}
        className="flex min-h-0 min-w-0 flex-1 flex-col -outline-offset-2"
      >
        <Suspense>
          <Banners />
        </Suspense>
        <Outlet />
      </main>
      <Suspense>
        <MessageList />
        {dialog === 'help' && <HelpDialog onClose={close} />}
        {dialog === 'palette' && <Palette onClose={close} />}
      </Suspense>
    </div>
  );
}
