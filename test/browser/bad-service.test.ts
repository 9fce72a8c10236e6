import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page, Route } from 'playwright-core';
import { describe, expect } from 'vitest';
import { RUNS, seedEveryStatus } from './seeds/homes.ts';
import { consoleTest } from './support/console-test.ts';
import { homeOf, signIn, startDevServer } from './support/dev-server.ts';
import { openGate, startLiveRun, writeLiveProject } from './support/live-project.ts';

const test = consoleTest(async (home, folder) => {
  await seedEveryStatus(home);
  await writeLiveProject(folder);
});

/** Seeded runs have no registered version: their types and defaults are not known. */
const NO_VERSION = /status of 404.*\/v1\/versions\//u;

const header = (page: Page) => page.locator('main header');
const status = (page: Page, text: string) =>
  header(page).getByText(new RegExp(`^\\W?${text}$`, 'u'));

const problem = (
  route: Route,
  code: number,
  detail: string,
  headers: Record<string, string> = {},
) =>
  route.fulfill({
    status: code,
    headers,
    contentType: 'application/problem+json',
    body: JSON.stringify({
      type: 'urn:headrace:problem:test',
      title: `HTTP ${code}`,
      status: code,
      detail,
    }),
  });

describe('a run that was removed', () => {
  test('while it is open says so, and its links state that it does not exist', async ({
    open,
    server,
  }) => {
    const run = await startLiveRun(server, 'plain');
    const { page, expectProblem } = await open(`runs/${run}?tab=steps`);
    expectProblem(/status of 404/u);
    await status(page, 'completed').waitFor();
    const other = await page.context().newPage();
    await other.goto(page.url());
    await other.getByRole('button', { name: 'Remove…' }).click();
    await other.getByRole('dialog').getByRole('button', { name: 'Remove the run' }).click();
    await other.waitForURL(/\/runs(\?|$)/u);
    await other.close();
    for (const path of [`runs/${run}`, `runs/${run}/steps/0`, `new?from=${run}&rerun=true`]) {
      await page.goto(`${server.origin}/console/${path}`);
      await page.getByRole('alert').getByText(run).first().waitFor();
    }
    await page.goto(`${server.origin}/console/compare?runs=${run},${RUNS.completed}`);
    await page.locator('main').getByText(run.slice(0, 8)).first().waitFor();
  });
});

/** The routes that services had before there was a console, and their parameters. */
const OLD_ROUTES: readonly (readonly [RegExp, readonly string[]])[] = [
  [/^runs$/u, ['project', 'pipeline', 'status', 'tag', 'limit', 'cursor']],
  [/^runs\/[^/]+$/u, []],
  [/^runs\/[^/]+\/(steps|events|artifacts|models|scalars)$/u, ['limit', 'cursor']],
  [/^runs\/[^/]+\/steps\/\d+$/u, []],
  [/^runs\/[^/]+\/steps\/\d+\/(logs|artifacts|models|scalars)$/u, ['limit', 'cursor', 'attempt']],
  [/^(pipelines|queues|cache|models)$/u, ['limit', 'cursor', 'project', 'name', 'component']],
  [/^pipelines\/[^/]+\/[^/]+\/versions$/u, ['limit', 'cursor']],
];

/** Answers as a service of that time: 404 for other routes, 400 for other parameters. */
const beOlder = (page: Page) =>
  page.route(/\/v1\//u, (route) => {
    const url = new URL(route.request().url());
    const found = OLD_ROUTES.find(([pattern]) => pattern.test(url.pathname.replace('/v1/', '')));
    if (found === undefined) return problem(route, 404, `no route ${url.pathname}`);
    const unknown = [...url.searchParams.keys()].find((name) => !found[1].includes(name));
    if (unknown !== undefined) return problem(route, 400, `${unknown}: not a parameter`);
    return route.continue();
  });

const SCREENS = [
  'runs',
  'pipelines',
  'pipelines/examples/iris',
  'models',
  'queues',
  'cache',
  'schedules',
  'settings',
  'new',
  `new?from=${RUNS.failed}&rerun=true`,
  `compare?runs=${RUNS.failed},${RUNS.completed}`,
  ...['graph', 'timeline', 'steps', 'logs', 'metrics', 'artifacts', 'parameters', 'events'].map(
    (tab) => `runs/${RUNS.failed}?tab=${tab}`,
  ),
  ...['overview', 'log', 'metrics', 'artifacts', 'code', 'cache', 'raw'].map(
    (tab) => `runs/${RUNS.failed}/steps/3?tab=${tab}`,
  ),
];

describe('a service that is older than the console', () => {
  test('has its data shown, and each screen says what it lacks', async ({ open, server }) => {
    const { page, expectProblem } = await open('settings');
    expectProblem(/status of 40[04]/u);
    await beOlder(page);
    for (const path of SCREENS) {
      await page.goto(`${server.origin}/console/${path}`);
      await page.getByText('The API is older than this console').waitFor();
      await page
        .locator('main')
        .getByText(/(^|, )(Loading|Reading)/iu)
        .first()
        .waitFor({ state: 'detached' });
      const text = (await page.locator('main').textContent()) ?? '';
      expect(text, path).not.toMatch(/undefined|NaN|TypeError|is not|\[object/u);
      expect(text.length, path).toBeGreaterThan(150);
    }
    await page.goto(`${server.origin}/console/runs`);
    await page.getByRole('row', { name: /churn-train/ }).waitFor();
    await page.goto(`${server.origin}/console/runs/${RUNS.failed}?tab=graph`);
    await page.getByText('shape mismatch').first().waitFor();
    await page.getByText(`headrace runs show ${RUNS.failed}`).waitFor();
  });
});

describe('a service that limits requests', () => {
  test('is waited for as long as it names, the page says so and continues', async ({
    open,
    server,
  }) => {
    const { page, expectProblem } = await open('settings');
    expectProblem(/status of 429/u);
    const sentAt: number[] = [];
    await page.route(/\/v1\/queues/u, (route) => {
      sentAt.push(Date.now());
      return sentAt.length === 1
        ? problem(route, 429, 'too many requests', { 'retry-after': '3' })
        : route.continue();
    });
    await page.goto(`${server.origin}/console/queues`);
    await page.getByText('The service limits requests').waitFor();
    await page.getByText('3 s').waitFor();
    await page.getByText('The service limits requests').waitFor({ state: 'detached' });
    await page.getByRole('row', { name: /default/ }).waitFor();
    expect(sentAt.length).toBe(2);
    expect((sentAt[1] ?? 0) - (sentAt[0] ?? 0)).toBeGreaterThanOrEqual(2_990);
  });

  test('does not end the following of a run', async ({ open, server }) => {
    const run = await startLiveRun(server, 'signal');
    const { page, expectProblem } = await open('settings');
    expectProblem(/status of 429/u);
    let count = 0;
    await page.route(/\/changes\?/u, (route) => {
      count += 1;
      return count === 1
        ? problem(route, 429, 'too many requests', { 'retry-after': '2' })
        : route.continue();
    });
    await page.goto(`${server.origin}/console/runs/${run}?tab=steps`);
    await page.getByText('The service limits requests').waitFor();
    expect(await page.getByText('The connection is lost').count()).toBe(0);
    await page.getByRole('button', { name: 'Send approve…' }).click();
    await page.getByLabel('Value (JSON)').fill('"yes"');
    await page.getByRole('button', { name: 'Send the signal' }).click();
    await status(page, 'completed').waitFor();
    expect(count).toBeGreaterThan(1);
  });
});

describe('a lost connection', () => {
  test('is reported; the page shows what happened meanwhile when it works again', async ({
    open,
    server,
  }) => {
    const run = await startLiveRun(server, 'gated');
    const { page, expectProblem } = await open('settings');
    expectProblem(/ERR_FAILED/u);
    await page.route(/\/changes\?/u, (route) => route.abort());
    await page.goto(`${server.origin}/console/runs/${run}?tab=steps`);
    await page.getByText('The connection is lost.').waitFor();
    await page
      .getByRole('row', { name: /load.*running/ })
      .first()
      .waitFor();
    const folder = join(server.home, '..');
    await openGate(folder, 'load');
    await openGate(folder, 'train');
    await page.unroute(/\/changes\?/u);
    await page.getByText('The connection is lost.').waitFor({ state: 'detached' });
    await status(page, 'completed').waitFor();
    await page.getByText('Connection lost.').waitFor({ state: 'detached' });
  });

  test('is over when the server answers again, on a page that requests nothing by itself', async ({
    open,
  }) => {
    const { page, expectProblem } = await open('settings');
    expectProblem(/ERR_INTERNET_DISCONNECTED/u);
    await page.getByRole('heading', { name: 'Settings' }).waitFor();
    await page.getByRole('link', { name: /^Runs/ }).click();
    await page.getByRole('row', { name: /churn-train/ }).waitFor();
    await page.context().setOffline(true);
    await page.getByText('Connection lost.').waitFor();
    await page.getByRole('row', { name: /churn-train/ }).waitFor();
    await page.getByRole('link', { name: /^Settings/ }).click();
    await page.getByRole('heading', { name: 'Settings' }).waitFor();
    await page.context().setOffline(false);
    await page.getByText('Connection lost.').waitFor({ state: 'detached' });
  });

  test('does not replace the page by an error of the browser when another screen is opened', async ({
    open,
  }) => {
    const { page, expectProblem } = await open('settings');
    expectProblem(/ERR_INTERNET_DISCONNECTED|could not be loaded/u);
    await page.getByRole('heading', { name: 'Settings' }).waitFor();
    await page.context().setOffline(true);
    await page.getByRole('link', { name: /^Compare/ }).click();
    await page.getByRole('alert').getByText('the server cannot be reached').waitFor();
    await page.getByRole('button', { name: 'Try again' }).click();
    await page.getByRole('alert').getByText('the server cannot be reached').waitFor();
    await page.context().setOffline(false);
    await page.getByRole('button', { name: 'Try again' }).click();
    await page.getByRole('heading', { name: 'Compare' }).waitFor();
  });
});

describe('a session', () => {
  test('that ended with its server is continued by a link that is opened in another tab', async ({
    open,
  }) => {
    const folder = await mkdtemp(join(tmpdir(), 'headrace-restart-'));
    try {
      const home = homeOf(folder);
      await mkdir(home, { recursive: true, mode: 0o700 });
      await seedEveryStatus(home);
      const first = await startDevServer(folder, home);
      const token = await signIn(first);
      const { page, expectProblem } = await open('settings', {
        context: {
          storageState: {
            cookies: [],
            origins: [
              { origin: first.origin, localStorage: [{ name: 'headrace.session', value: token }] },
            ],
          },
        },
      });
      expectProblem(/another origin|status of 40[13]|ERR_|Failed to load/u);
      await page.goto(`${first.origin}/console/runs/${RUNS.running}?tab=steps&status=running`);
      await page.getByRole('row', { name: /train_6/ }).waitFor();
      await page.locator('main > [role=status]').waitFor({ state: 'attached' });
      await first.close();
      await page.getByText('The connection is lost.').waitFor();
      await page.getByRole('row', { name: /train_6/ }).waitFor();
      const second = await startDevServer(folder, home, Number(new URL(first.origin).port));
      await page.getByText('This session has ended').waitFor();
      await page.getByText('headrace open').waitFor();
      const other = await page.context().newPage();
      await other.goto(second.signInUrl);
      await status(page, 'running').waitFor();
      await page.getByRole('row', { name: /train_6/ }).waitFor();
      expect(page.url()).toContain('status=running');
      await other.close();
      await second.close();
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });

  test('that ends while a run is watched says so, and continues to watch it', async ({
    open,
    server,
    token,
  }) => {
    const { page, expectProblem } = await open(`runs/${RUNS.running}?tab=steps`);
    expectProblem(/status of 401/u);
    await status(page, 'running').waitFor();
    await page.route(/\/v1\//u, (route) => problem(route, 401, 'the token is not valid'));
    await page.keyboard.press('8');
    await page.getByText('This session has ended').waitFor();
    await page.unroute(/\/v1\//u);
    const other = await page.context().newPage();
    await other.goto(`${server.origin}/console/settings`);
    await other.evaluate((value) => {
      localStorage.removeItem('headrace.session');
      localStorage.setItem('headrace.session', value);
    }, token);
    await status(page, 'running').waitFor();
    await page.getByText(/no longer follows/u).waitFor({ state: 'detached' });
    await other.close();
  });
});

const HOUR_MS = 3_600_000;

describe('a browser', () => {
  test.for([-3 * HOUR_MS, 3 * HOUR_MS])(
    'whose clock is wrong by %i ms shows ages and durations by the clock of the server',
    async (skew, { open, server }) => {
      const run = await startLiveRun(server, 'signal');
      const { page, expectProblem } = await open('settings');
      expectProblem(NO_VERSION);
      await page.addInitScript((by) => {
        const RealDate = Date;
        class WrongDate extends RealDate {
          constructor(...args: [] | [number]) {
            if (args.length === 0) super(RealDate.now() + by);
            else super(...args);
          }
          static override now() {
            return RealDate.now() + by;
          }
        }
        globalThis.Date = WrongDate as DateConstructor;
      }, skew);
      await page.goto(`${server.origin}/console/runs/${run}?tab=steps`);
      const duration = page.locator('main header span[title$=" – now"]');
      await duration.waitFor();
      expect(await duration.textContent()).toMatch(/^[\d.]+ (ms|s)$|^\dm/u);
      await page.goto(`${server.origin}/console/runs?from=-1h`);
      const row = page
        .getByRole('row', { name: new RegExp(run.slice(-6), 'u') })
        .or(page.getByRole('row', { name: /live/ }));
      await row.first().waitFor();
      const started = row.first().locator('time').first();
      expect(await started.getAttribute('title')).toMatch(/second|minute|now/u);
      expect(await row.first().textContent()).toMatch(/\d (ms|s)/u);
      expect(await row.first().textContent()).not.toMatch(/\d h/u);
    },
  );

  test('without JavaScript is told what is needed', async ({ open }) => {
    const { page } = await open('runs', { context: { javaScriptEnabled: false } });
    const text = await page.locator('noscript').textContent();
    expect(text).toContain('The console of Headrace needs JavaScript.');
    expect(text).toContain('headrace runs list');
  });
});
