import type { Page } from 'playwright-core';
import { describe, expect } from 'vitest';
import { PALETTE } from '../../console/src/ui/palette.ts';
import { RUNS, seedLargeRun, seedWideMap } from './seeds/homes.ts';
import { consoleTest } from './support/console-test.ts';

const test = consoleTest(async (home) => {
  await seedWideMap(home, 10_000);
  await seedLargeRun(home, 10_000);
});

const graphOf = (page: Page) => page.getByRole('img', { name: /^Graph of/ });

/** Pixels of a canvas in exactly this colour. */
function pixelsOf(page: Page, colour: string): Promise<number> {
  return page.evaluate((hex) => {
    const canvas = document.querySelector<HTMLCanvasElement>('[data-testid=graph] canvas');
    const context = canvas?.getContext('2d');
    if (canvas === null || context == null) return -1;
    const { data } = context.getImageData(0, 0, canvas.width, canvas.height);
    const [red, green, blue] = [1, 3, 5].map((at) => Number.parseInt(hex.slice(at, at + 2), 16));
    let count = 0;
    for (let at = 0; at < data.length; at += 4) {
      if (data[at] === red && data[at + 1] === green && data[at + 2] === blue) count += 1;
    }
    return count;
  }, colour);
}

describe('the graph of a run of 30,004 steps', () => {
  test('is seven boxes, in few elements, and each has a button', async ({ open }) => {
    const { page } = await open(`runs/${RUNS.large}?tab=graph`);
    await graphOf(page).waitFor();
    const name = await graphOf(page).getAttribute('aria-label');
    expect(name).toContain('Graph of 30,004 steps in 7 boxes: load, split, prep × 10,000');
    const boxes = page.getByRole('toolbar', { name: 'Boxes of the graph' }).getByRole('button');
    await expect.poll(() => boxes.count()).toBe(7);
    expect(await page.locator('[data-testid=graph] *').count()).toBeLessThan(300);
  });

  test('arrow keys walk along the edges, and Enter selects a group', async ({ open }) => {
    const { page } = await open(`runs/${RUNS.large}?tab=graph&dir=TB`);
    await graphOf(page).waitFor();
    for (const _ of ['load', 'split', 'prep']) await page.keyboard.press('ArrowDown');
    const prep = page.getByRole('button', { name: /^prep × 10,000/ });
    await expect.poll(() => prep.evaluate((each) => each === document.activeElement)).toBe(true);
    await page.keyboard.press('Enter');
    await expect.poll(() => new URL(page.url()).searchParams.get('group')).toBe('2');
    await page.keyboard.press('e');
    await expect.poll(() => new URL(page.url()).searchParams.get('level')).toBe('calls');
    await page.getByRole('button', { name: 'Collapse E' }).waitFor();
  });
});

describe('a map of 10,000 members with one failure', () => {
  for (const theme of ['light', 'dark'] as const) {
    test(`the failure is visible (${theme})`, async ({ open }) => {
      const { page } = await open(`runs/${RUNS.wide}?tab=graph`, { theme });
      await graphOf(page).waitFor();
      const colour = PALETTE['failed-fill'][theme];
      await expect.poll(() => pixelsOf(page, colour)).toBeGreaterThanOrEqual(16);
    });
  }

  test('F selects the failed member', async ({ open }) => {
    const { page } = await open(`runs/${RUNS.wide}?tab=graph`);
    await graphOf(page).waitFor();
    await page.keyboard.press('f');
    await expect.poll(() => new URL(page.url()).searchParams.get('step')).toBe('6301');
    await page.getByRole('status').filter({ hasText: 'Failed: train_6300' }).waitFor();
  });
});
