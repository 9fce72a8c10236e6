/**
 * The fixture of tests in a browser: a real `headrace dev` on a seeded home, and signed-in pages.
 *
 *     const test = consoleTest(seedEveryStatus);
 *     test('a failed run shows its error', async ({ open }) => {
 *       const { page } = await open('runs');
 *       …
 *     });
 *
 * `servedBy` has pages of another server. The server and its home are those of a file. Each page has
 * storage of its own.
 *
 * @module
 */
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Browser, type BrowserContextOptions, chromium } from 'playwright-core';
import { test as base, expect, inject } from 'vitest';
import {
  type ConsoleServer,
  type DevServer,
  homeOf,
  signIn,
  startDevServer,
} from './dev-server.ts';
import { type GuardedPage, guardedPage } from './guarded-page.ts';

export interface OpenOptions {
  readonly theme?: 'light' | 'dark';
  readonly width?: number;
  readonly height?: number;
  /** Without a session. Default: signed in. */
  readonly isSignedOut?: boolean;
  readonly context?: BrowserContextOptions;
}

export interface ConsoleFixtures<S extends ConsoleServer = DevServer> {
  readonly server: S;
  /** Opens a page below `/console/`, as `runs?q=status:failed`. */
  readonly open: (path: string, options?: OpenOptions) => Promise<GuardedPage>;
}

const DEFAULT_SIZE = { width: 1440, height: 860 };

/**
 * A test with `headrace dev` on a home that `seed` fills. `seed` gets the folder of the project, too.
 */
export const consoleTest = (seed: (home: string, folder: string) => Promise<void>) =>
  servedBy<DevServer>(async (use) => {
    const folder = await mkdtemp(join(tmpdir(), 'headrace-browser-'));
    try {
      await mkdir(homeOf(folder), { recursive: true, mode: 0o700 });
      await seed(homeOf(folder), folder);
      const server = await startDevServer(folder, homeOf(folder));
      await use(server);
      await server.close();
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });

/** A test with the browser of the suite. */
export const browserTest = base.extend<{ readonly browser: Browser }>({
  browser: [
    // biome-ignore lint/correctness/noEmptyPattern: the fixture needs no other.
    async ({}, use) => {
      const browser = await chromium.connect(inject('browserEndpoint'));
      await use(browser);
      await browser.close();
    },
    { scope: 'file' },
  ],
});

/** A test with a server that `serve` starts before it calls `use`, and stops afterwards. */
export const servedBy = <S extends ConsoleServer>(
  serve: (use: (server: S) => Promise<void>) => Promise<void>,
) =>
  browserTest
    .extend<{ readonly server: S; readonly token: string }>({
      server: [
        // biome-ignore lint/correctness/noEmptyPattern: as above
        async ({}, use) => await serve(use),
        { scope: 'file' },
      ],
      token: [
        async ({ server }, use) => {
          await use(await signIn(server));
        },
        { scope: 'file' },
      ],
    })
    .extend<Pick<ConsoleFixtures<S>, 'open'>>({
      open: async ({ browser, server, token }, use) => {
        const opened: GuardedPage[] = [];
        await use(async (path, options = {}) => {
          const { theme = 'light', isSignedOut = false } = options;
          const context = await browser.newContext({
            viewport: {
              width: options.width ?? DEFAULT_SIZE.width,
              height: options.height ?? DEFAULT_SIZE.height,
            },
            colorScheme: theme,
            reducedMotion: 'reduce',
            locale: 'en-US',
            timezoneId: 'UTC',
            permissions: ['clipboard-read', 'clipboard-write'],
            ...(!isSignedOut && {
              storageState: {
                cookies: [],
                origins: [
                  {
                    origin: server.origin,
                    localStorage: [{ name: 'headrace.session', value: token }],
                  },
                ],
              },
            }),
            ...options.context,
          });
          context.setDefaultTimeout(30_000);
          const guarded = await guardedPage(context, server.origin);
          opened.push(guarded);
          await guarded.page.goto(`${server.origin}/console/${path}`);
          return guarded;
        });
        const problems = opened.flatMap((each) => each.problems());
        for (const { page } of opened) {
          if (page.isClosed()) continue;
          // Requests that a test answers may be under way.
          await page.unrouteAll({ behavior: 'ignoreErrors' });
          await page.context().close();
        }
        expect(problems, 'problems that pages reported').toEqual([]);
      },
    });
