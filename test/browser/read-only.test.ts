import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { describe, expect } from 'vitest';
import { RUNS, seedEveryStatus } from './seeds/homes.ts';
import { servedBy } from './support/console-test.ts';
import {
  type ConsoleServer,
  homeOf,
  homeToken,
  startConsole,
  startDevServer,
} from './support/dev-server.ts';

const test = servedBy<ConsoleServer>(async (use) => {
  const folder = await mkdtemp(join(tmpdir(), 'headrace-browser-'));
  try {
    await mkdir(homeOf(folder), { recursive: true, mode: 0o700 });
    await seedEveryStatus(homeOf(folder));
    const api = await startDevServer(folder, homeOf(folder));
    const token = await homeToken(api);
    const server = await startConsole(folder, api.origin, { HEADRACE_TOKEN: token }, '--read-only');
    await use(server);
    await server.close();
    await api.close();
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});

const NO_VERSION = /status of 404.*\/v1\/versions\//u;

/** The methods of requests to the API that the page sent. */
function sentMethods(page: Page): ReadonlySet<string> {
  const methods = new Set<string>();
  page.on('request', (request) => {
    if (request.url().includes('/v1/')) methods.add(request.method());
  });
  return methods;
}

describe('headrace console --read-only', () => {
  test('the page says so, and a refused action says why and sends nothing', async ({ open }) => {
    const { page, expectProblem } = await open(`runs/${RUNS.failed}?tab=steps`);
    expectProblem(NO_VERSION);
    const methods = sentMethods(page);
    await page.getByText('Read-only: actions that change something are off.').waitFor();
    for (const name of ['Resume…', 'Remove…']) {
      // It keeps the focus, so that its reason can be read.
      await page.getByRole('button', { name }).focus();
      await page.keyboard.press('Enter');
      await page.getByText('This console is read-only.').first().waitFor();
    }
    expect([...methods].filter((method) => method !== 'GET')).toEqual([]);
  });

  test('runs are read, and the proxy refuses what the page would not send', async ({ open }) => {
    const { page, expectProblem } = await open('runs');
    expectProblem(/status of 403/u);
    await page.getByRole('row', { name: /churn-train/ }).waitFor();
    const status = await page.evaluate(async (run) => {
      const token = localStorage.getItem('headrace.session');
      const response = await fetch(`/v1/runs/${run}/abort`, {
        method: 'POST',
        headers: { authorization: `Bearer ${token}` },
      });
      return response.status;
    }, RUNS.running);
    expect(status).toBe(403);
  });
});
