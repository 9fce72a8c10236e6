/**
 * The entries of the navigation: screens that are registered in `routes.ts`.
 *
 * @module
 */
import type { LinkProps } from '@tanstack/react-router';

export interface NavigationEntry {
  readonly to: NonNullable<LinkProps['to']>;
  readonly label: string;
  /** The key after `G` that opens it. */
  readonly key: string;
}

export const NAVIGATION: readonly NavigationEntry[] = [
  { to: '/runs', label: 'Runs', key: 'r' },
  { to: '/pipelines', label: 'Pipelines', key: 'p' },
  { to: '/compare', label: 'Compare', key: 'c' },
  { to: '/models', label: 'Models', key: 'm' },
  { to: '/queues', label: 'Queues', key: 'q' },
  { to: '/cache', label: 'Cache', key: 'k' },
  { to: '/schedules', label: 'Schedules', key: 's' },
  { to: '/settings', label: 'Settings', key: ',' },
];
