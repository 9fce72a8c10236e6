import { describe, expect } from 'vitest';
import { RUNS, seedLargeRun, seedManyRuns, seedWideMap } from './seeds/homes.ts';
import { consoleTest } from './support/console-test.ts';

const test = consoleTest(async (home) => {
  await seedManyRuns(home, 250);
  await seedWideMap(home, 2_000);
  await seedLargeRun(home, 1_000);
});

describe('a long list of runs', () => {
  test('few rows are in the page, and the end is loaded on the way', async ({ open }) => {
    const { page } = await open('runs');
    await page.getByRole('row').nth(20).waitFor();
    expect(await page.getByRole('row').count()).toBeLessThan(60);
    await page.getByRole('row').nth(1).focus();
    // Seeded runs are ordered by their ids: this one is the oldest.
    const oldest = page.getByRole('row', { name: /sweep #1/ });
    await expect
      .poll(
        async () => {
          await page.keyboard.press('End');
          return await oldest.count();
        },
        { timeout: 30_000 },
      )
      .toBe(1);
    expect(await page.getByRole('row').count()).toBeLessThan(60);
  });

  test('a link with a filter opens the filtered list', async ({ open }) => {
    const { page } = await open('runs?pipeline=sweep');
    await page.getByRole('row', { name: /sweep #1/ }).waitFor();
    expect(await page.getByRole('row').count()).toBe(2);
    await page.getByRole('button', { name: 'Remove the filter pipeline sweep' }).click();
    await page.getByRole('row', { name: /iris/ }).first().waitFor();
    expect(new URL(page.url()).search).toBe('');
    await page.goBack();
    await page.getByRole('button', { name: 'Remove the filter pipeline sweep' }).waitFor();
    expect(await page.locator(`a[href$="${RUNS.large}"]`).count()).toBe(1);
  });
});
