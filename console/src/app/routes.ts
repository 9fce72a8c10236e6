/**
 * All screens by address. A screen is a chunk of its own, loaded when it is opened; a screen exports
 * `Screen`, and its search parameters are validated by `search.ts` beside it.
 *
 * @module
 */
import { createRootRoute, createRoute, lazyRouteComponent, redirect } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { newRunSearch } from '../screens/new-run/search.ts';
import { runsSearch } from '../screens/runs/search.ts';
import { Layout } from './layout.tsx';
import { NotFound } from './not-found.tsx';

const screen = (load: () => Promise<{ readonly Screen: () => ReactNode }>) =>
  lazyRouteComponent(load, 'Screen');

const root = createRootRoute({ component: Layout, notFoundComponent: NotFound });
const getParentRoute = () => root;

const home = createRoute({
  getParentRoute,
  path: '/',
  beforeLoad: () => {
    throw redirect({ to: '/runs', replace: true });
  },
});

const runs = createRoute({
  getParentRoute,
  path: '/runs',
  validateSearch: runsSearch,
  component: screen(() => import('../screens/runs/screen.tsx')),
});

const newRun = createRoute({
  getParentRoute,
  path: '/new',
  validateSearch: newRunSearch,
  component: screen(() => import('../screens/new-run/screen.tsx')),
});

export const routeTree = root.addChildren([home, runs, newRun]);
