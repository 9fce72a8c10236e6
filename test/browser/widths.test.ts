import type { Page } from 'playwright-core';
import { describe, expect } from 'vitest';
import { RUNS, seedHostileNames } from './seeds/homes.ts';
import { HOSTILE_NAMES } from './seeds/hostile.ts';
import { seedShop } from './seeds/shop.ts';
import { consoleTest } from './support/console-test.ts';
import { RUN_TABS, SCREENS, visit } from './support/every-screen.ts';

const test = consoleTest(async (home, folder) => {
  await seedShop(home, folder);
  await seedHostileNames(home);
});

/** Seeded runs have no registered version, and no code. */
const NO_VERSION = /status of 404/u;

/** Elements that leave the window at its right side, and that no part of the page scrolls or cuts. */
const overflowing = (page: Page): Promise<readonly string[]> =>
  page.evaluate(() => {
    const { scrollWidth } = document.documentElement;
    const found = scrollWidth > innerWidth ? [`the page is ${scrollWidth} pixels wide`] : [];
    const cuts = (element: Element): boolean => getComputedStyle(element).overflowX !== 'visible';
    for (const element of document.querySelectorAll('main *')) {
      const { right, width } = element.getBoundingClientRect();
      if (width === 0 || right <= innerWidth + 1) continue;
      let parent = element.parentElement;
      while (parent !== null && parent.tagName !== 'MAIN' && !cuts(parent))
        parent = parent.parentElement;
      if (parent === null || parent.tagName === 'MAIN')
        found.push(`${element.tagName} ${element.textContent.slice(0, 40)}`);
    }
    return found.slice(0, 5);
  });

const hostile = ['steps', 'graph', 'logs&step=0', 'parameters'].map((tab) => ({
  path: `runs/${RUNS.hostile}?tab=${tab}`,
  text: HOSTILE_NAMES[0],
}));

describe('at 1,024 pixels', { timeout: 180_000 }, () => {
  test('no screen is wider than the window', async ({ open }) => {
    const { page, expectProblem } = await open('runs', { width: 1024, height: 768 });
    expectProblem(NO_VERSION);
    for (const screen of SCREENS) {
      await visit(page, screen);
      expect.soft(await overflowing(page), screen.path).toEqual([]);
    }
  });

  test('no tab of a run is wider than the window, with a panel or with long names', async ({
    open,
  }) => {
    const { page, expectProblem } = await open('runs', { width: 1024, height: 768 });
    expectProblem(NO_VERSION);
    const tabs = RUN_TABS.map(([tab, text]) => ({
      path: `runs/${RUNS.failed}?tab=${tab}&step=3`,
      text,
    }));
    for (const screen of [...tabs, ...hostile]) {
      await visit(page, screen);
      expect.soft(await overflowing(page), screen.path).toEqual([]);
    }
  });
});

describe('on a telephone of 390 pixels', () => {
  test('the list of runs shows the name, the status and the time of each', async ({ open }) => {
    const { page } = await open('runs', { width: 390, height: 844 });
    const row = page.getByRole('row', { name: /churn-train/u });
    await row.waitFor();
    for (const text of ['churn-train', /failed$/u, '1 m'])
      expect.soft(await row.getByText(text).first().isVisible(), String(text)).toBe(true);
    expect(await overflowing(page)).toEqual([]);
    await row.getByRole('link').click();
    await page.waitForURL(new RegExp(RUNS.failed, 'u'));
  });

  test('the header of a run has its name, status, progress and actions', async ({ open }) => {
    for (const run of [RUNS.failed, RUNS.hostile]) {
      const { page } = await open(`runs/${run}?tab=steps`, { width: 390, height: 844 });
      const header = page.locator('main header');
      await header
        .getByText(/failed$/u)
        .first()
        .waitFor();
      expect(await overflowing(page), run).toEqual([]);
      for (const action of ['Rerun…', 'Resume…', 'Abort…', 'Remove…']) {
        const box = await header.getByRole('button', { name: action }).boundingBox();
        expect.soft((box?.x ?? -1) >= 0, `${run} ${action}`).toBe(true);
        expect.soft((box?.x ?? 0) + (box?.width ?? 999), `${run} ${action}`).toBeLessThan(391);
      }
      expect(await header.getByRole('img', { name: /completed/u }).isVisible()).toBe(true);
    }
  });
});
