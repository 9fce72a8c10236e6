/**
 * All screens by address. A screen is a chunk of its own, loaded when it is opened; a screen exports
 * `Screen`, and its search parameters are validated by `search.ts` beside it.
 *
 * @module
 */
import { createRootRoute, createRoute, lazyRouteComponent, redirect } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { cacheSearch } from '../screens/cache/search.ts';
import { compareSearch } from '../screens/compare/search.ts';
import { modelsSearch } from '../screens/models/search.ts';
import { newRunSearch } from '../screens/new-run/search.ts';
import { pipelineSearch } from '../screens/pipeline/search.ts';
import { pipelinesSearch } from '../screens/pipelines/search.ts';
import { queuesSearch } from '../screens/queues/search.ts';
import { runSearch } from '../screens/run/search.ts';
import { runsSearch } from '../screens/runs/search.ts';
import { schedulesSearch } from '../screens/schedules/search.ts';
import { stepSearch } from '../screens/step/search.ts';
import { BASE_PATH } from './base-path.ts';
import { Layout } from './layout.tsx';
import { signIn } from './sign-in.ts';

const screen = (load: () => Promise<{ readonly Screen: () => ReactNode }>) =>
  lazyRouteComponent(load, 'Screen');

async function preloadRun(run: string): Promise<void> {
  if (await signIn(BASE_PATH)) (await import('../live/use-live-run.ts')).preloadRun(run);
}

const root = createRootRoute({
  component: Layout,
  notFoundComponent: lazyRouteComponent(() => import('./not-found.tsx'), 'NotFound'),
});
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
  // Nothing waits for it: the screen's code is loaded meanwhile.
  loader: ({ params, preload }) => void (preload || preloadRun(params.run)),
  component: screen(() => import('../screens/run/screen.tsx')),
});

const step = createRoute({
  getParentRoute,
  path: '/runs/$run/steps/$call',
  validateSearch: stepSearch,
  component: screen(() => import('../screens/step/screen.tsx')),
});

const compare = createRoute({
  getParentRoute,
  path: '/compare',
  validateSearch: compareSearch,
  component: screen(() => import('../screens/compare/screen.tsx')),
});

const pipelines = createRoute({
  getParentRoute,
  path: '/pipelines',
  validateSearch: pipelinesSearch,
  component: screen(() => import('../screens/pipelines/screen.tsx')),
});

const pipeline = createRoute({
  getParentRoute,
  path: '/pipelines/$project/$name',
  validateSearch: pipelineSearch,
  component: screen(() => import('../screens/pipeline/screen.tsx')),
});

const models = createRoute({
  getParentRoute,
  path: '/models',
  validateSearch: modelsSearch,
  component: screen(() => import('../screens/models/screen.tsx')),
});

const queues = createRoute({
  getParentRoute,
  path: '/queues',
  validateSearch: queuesSearch,
  component: screen(() => import('../screens/queues/screen.tsx')),
});

const cache = createRoute({
  getParentRoute,
  path: '/cache',
  validateSearch: cacheSearch,
  component: screen(() => import('../screens/cache/screen.tsx')),
});

const schedules = createRoute({
  getParentRoute,
  path: '/schedules',
  validateSearch: schedulesSearch,
  component: screen(() => import('../screens/schedules/screen.tsx')),
});

const settings = createRoute({
  getParentRoute,
  path: '/settings',
  component: screen(() => import('../screens/settings/screen.tsx')),
});

export const routeTree = root.addChildren([
  home,
  runs,
  newRun,
  run,
  step,
  compare,
  pipelines,
  pipeline,
  models,
  queues,
  cache,
  schedules,
  settings,
]);
