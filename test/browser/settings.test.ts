import { describe, expect } from 'vitest';
import { RUNS, seedEveryStatus } from './seeds/homes.ts';
import { consoleTest } from './support/console-test.ts';

const test = consoleTest(seedEveryStatus);

describe('the settings', () => {
  test('a time zone is that of all times, after a reload too', async ({ open }) => {
    const { page } = await open('settings');
    const zone = page.getByRole('combobox', { name: 'Name of the zone' });
    await zone.fill('Asia/Tokio');
    await page.getByText('This browser knows no zone of this name.').waitFor();
    await zone.fill('Asia/Tokyo');
    await page.keyboard.press('g');
    await page.goto(`${new URL(page.url()).origin}/console/runs?pipeline=churn-train`);
    // The run was created at 10:00 UTC.
    await page
      .getByRole('row', { name: /churn-train/ })
      .getByText('11-28 19:00')
      .waitFor();
    await page.reload();
    await page
      .getByRole('row', { name: /churn-train/ })
      .getByText('11-28 19:00')
      .waitFor();
  });

  test('a theme replaces that of the system, and rows have less height', async ({ open }) => {
    const { page } = await open('settings');
    await page.getByRole('radio', { name: 'dark' }).check();
    await page.getByRole('radio', { name: 'compact' }).check();
    await page.reload();
    const root = page.locator('html');
    await root.and(page.locator('[data-theme=dark][data-density=compact]')).waitFor();
    const background = await page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    expect(background).not.toBe('rgb(255, 255, 255)');
  });

  test('without single keys, letters do nothing and Control K still finds', async ({ open }) => {
    const { page } = await open('settings');
    await page.getByRole('checkbox', { name: /single/i }).uncheck();
    await page.goto(`${new URL(page.url()).origin}/console/runs/${RUNS.aborted}?tab=steps`);
    await page.getByRole('treegrid').waitFor();
    await page.keyboard.press('1');
    await page.keyboard.press('Control+k');
    await page.getByRole('dialog').waitFor();
    expect(new URL(page.url()).searchParams.get('tab')).toBe('steps');
  });

  test('a view of the list of runs is saved by name and opened again', async ({ open }) => {
    const { page } = await open('runs?status=failed');
    await page.getByRole('button', { name: 'View' }).click();
    await page.getByRole('menuitem', { name: 'Saved views…' }).click();
    await page.getByRole('textbox', { name: 'Save the current view as' }).fill('failures');
    await page.keyboard.press('Enter');
    await page.getByRole('button', { name: 'failures', exact: true }).waitFor();
    await page.goto(`${new URL(page.url()).origin}/console/runs`);
    await page.getByRole('row', { name: /iris/ }).first().waitFor();
    await page.getByRole('button', { name: 'View' }).click();
    await page.getByRole('menuitem', { name: 'failures' }).click();
    await page.waitForURL(/status=failed/u);
    await page.getByRole('row', { name: /churn-train/ }).waitFor();
    expect(await page.getByRole('row', { name: /iris/ }).count()).toBe(0);
  });
});
