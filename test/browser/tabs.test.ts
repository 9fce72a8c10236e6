import type { Page } from 'playwright-core';
import { describe, expect } from 'vitest';
import { consoleTest } from './support/console-test.ts';
import { startLiveRun, writeLiveProject } from './support/live-project.ts';

const test = consoleTest((_, folder) => writeLiveProject(folder));

const send = (page: Page) => page.getByRole('button', { name: 'Send approve…' });
const ended = (page: Page) => page.locator('main header').getByText(/^\W?completed$/u);

describe('five tabs of a running run', () => {
  for (const kind of ['a stream', 'polls'] as const)
    test(`one of them follows the run by ${kind}; when it closes, another does`, async ({
      open,
      server,
    }) => {
      const run = await startLiveRun(server, 'signal');
      const { page } = await open('runs');
      const context = page.context();
      // As a deployment, which answers one document.
      if (kind === 'polls')
        await context.route(/\/changes\?/u, (route) =>
          route.continue({ headers: { ...route.request().headers(), accept: 'application/json' } }),
        );
      const requests = new Map<Page, number>();
      context.on('request', (request) => {
        if (!/\/changes\?/u.test(request.url())) return;
        const tab = request.frame().page();
        requests.set(tab, (requests.get(tab) ?? 0) + 1);
      });
      const tabs = [page];
      for (let count = 1; count < 5; count++) tabs.push(await context.newPage());
      for (const tab of tabs) {
        await tab.goto(`${server.origin}/console/runs/${run}?tab=steps`);
        await send(tab).waitFor();
      }
      const followers = () => [...requests.keys()];
      const counted = () => [...requests.values()].reduce((sum, count) => sum + count, 0);
      const timeout = 30_000;
      await expect.poll(counted, { timeout }).toBeGreaterThanOrEqual(kind === 'polls' ? 3 : 1);
      expect(followers().length).toBe(1);

      const [leader] = followers();
      await leader?.close();
      await expect.poll(() => followers().length, { timeout }).toBe(2);
      const others = tabs.filter((tab) => tab !== leader);
      const [first] = others.filter((tab) => tab !== followers()[1]);
      if (first === undefined) throw new Error('there is no other tab');
      await send(first).click();
      await first.getByLabel('Value (JSON)').fill('"yes"');
      await first.getByRole('button', { name: 'Send the signal' }).click();
      for (const tab of others) await ended(tab).waitFor();
      for (const tab of others) await send(tab).waitFor({ state: 'detached' });
      expect(followers().length).toBe(2);
    });
});
