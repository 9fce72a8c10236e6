/**
 * The router of the page.
 *
 * @module
 */
import { createRouter } from '@tanstack/react-router';
import { parseSearch, stringifySearch } from '../address/search.ts';
import { BASE_PATH } from './base-path.ts';
import { routeTree } from './routes.ts';
import { ScreenError } from './screen-error.tsx';

export const router = createRouter({
  routeTree,
  basepath: BASE_PATH,
  parseSearch,
  stringifySearch,
  defaultPreload: 'intent',
  defaultErrorComponent: ScreenError,
  scrollRestoration: false,
});

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router;
  }
}
