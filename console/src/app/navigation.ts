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

export const NAVIGATION: readonly NavigationEntry[] = [{ to: '/runs', label: 'Runs', key: 'r' }];
