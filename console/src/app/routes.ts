/**
 * All screens by address. A screen is a chunk of its own, loaded when it is opened; a screen exports
 * `Screen`, and its search parameters are validated by `search.ts` beside it.
 *
 * @module
 */
import { createRootRoute, createRoute, lazyRouteComponent, redirect } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { newRunSearch } from '../screens/new-run/search.ts';
import { runSearch } from '../screens/run/search.ts';
import { runsSearch } from '../screens/runs/search.ts';
import { stepSearch } from '../screens/step/search.ts';
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

const run = createRoute({
  getParentRoute,
  path: '/runs/$run',
  validateSearch: runSearch,
  component: screen(() => import('../screens/run/screen.tsx')),
});

const step = createRoute({
  getParentRoute,
  path: '/runs/$run/steps/$call',
  validateSearch: stepSearch,
  component: screen(() => import('../screens/step/screen.tsx')),
});

export const routeTree = root.addChildren([home, runs, newRun, run, step]);
