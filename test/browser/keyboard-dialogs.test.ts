import type { Page } from 'playwright-core';
import { describe, expect } from 'vitest';
import { RUNS } from './seeds/homes.ts';
import { seedShop } from './seeds/shop.ts';
import { consoleTest } from './support/console-test.ts';
import { focusedName } from './support/focus.ts';

const test = consoleTest(seedShop);

const NO_VERSION = /status of 404/u;

const expectFocus = (page: Page, name: string | RegExp) =>
  expect.poll(() => focusedName(page)).toMatch(name);

/** Presses Tab until the element of this name has the focus. */
async function tabTo(page: Page, name: RegExp, key = 'Tab'): Promise<void> {
  const passed: string[] = [];
  while (!name.test(await focusedName(page))) {
    await page.keyboard.press(key);
    passed.push(await focusedName(page));
    if (passed.length > 120) throw new Error(`Tab does not reach ${name}: ${passed.join(', ')}`);
  }
}

describe('a dialog', () => {
  test('keeps the focus while it is open, and returns it to the button that opened it', async ({
    open,
  }) => {
    const { page } = await open(`runs/${RUNS.running}?tab=steps`);
    await page.getByText('14 steps').waitFor();
    for (const button of ['Abort…', 'Rerun…']) {
      await page.locator('#main').focus();
      await tabTo(page, new RegExp(`^${button}$`, 'u'));
      await page.keyboard.press('Enter');
      const dialog = page.getByRole('dialog');
      await dialog.waitFor();
      for (let count = 0; count < 8; count++) {
        await page.keyboard.press('Tab');
        const isOutside = await page.evaluate(
          () =>
            document.activeElement !== document.body &&
            document.activeElement?.closest('dialog') === null,
        );
        expect(isOutside, `${button}: ${await focusedName(page)}`).toBe(false);
      }
      await page.keyboard.press('Escape');
      await dialog.waitFor({ state: 'detached' });
      await expectFocus(page, button);
    }
  });

  test('opened by a key, it returns the focus to where it was', async ({ open }) => {
    const { page } = await open('runs');
    await page.getByRole('row', { name: /churn-train/u }).waitFor();
    await page.keyboard.press('j');
    await expectFocus(page, /iris|forecast|shop|churn/u);
    const row = await focusedName(page);
    for (const keys of ['?', 'ControlOrMeta+K']) {
      await page.keyboard.press(keys);
      await page.getByRole('dialog').waitFor();
      await page.keyboard.press('Escape');
      await page.getByRole('dialog').waitFor({ state: 'detached' });
      await expect.poll(() => focusedName(page)).toBe(row);
    }
  });

  test('a menu is opened, walked through and closed by keys', async ({ open }) => {
    const { page } = await open('runs');
    await page.getByRole('row', { name: /churn-train/u }).waitFor();
    await page.locator('#main').focus();
    await tabTo(page, /^View$/u);
    await page.keyboard.press('Enter');
    await expectFocus(page, 'Saved views…');
    await page.keyboard.press('ArrowDown');
    await expectFocus(page, 'Columns…');
    await page.keyboard.press('Escape');
    await expectFocus(page, /^View$/u);
    await page.keyboard.press('Enter');
    await expectFocus(page, 'Saved views…');
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    await page.getByRole('dialog', { name: 'Columns' }).waitFor();
    await tabTo(page, /^Done$/u);
    await page.keyboard.press('Enter');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    await expectFocus(page, /^View$/u);
  });
});

describe('the focus', () => {
  test('is at the start of a screen that a key opened', async ({ open }) => {
    const { page } = await open('runs');
    await page.getByRole('row', { name: /churn-train/u }).waitFor();
    await page.keyboard.press('j');
    await page.keyboard.press('Enter');
    await page.waitForURL(/\/runs\/[0-9a-z]{26}/u);
    await expect.poll(() => page.evaluate(() => document.activeElement?.id)).toBe('main');
    await page.keyboard.press('Tab');
    await expectFocus(page, 'Runs');
  });

  test('returns from a panel that is closed to the row that opened it', async ({ open }) => {
    const { page } = await open(`runs/${RUNS.failed}?tab=steps`);
    await page.getByText('6 steps').waitFor();
    await page.getByRole('row', { name: /train_1/u }).focus();
    await page.keyboard.press('Enter');
    const panel = page.getByRole('complementary', { name: 'Step train_1' });
    await panel.waitFor();
    await tabTo(page, /Close the panel/u);
    await page.keyboard.press('Enter');
    await panel.waitFor({ state: 'detached' });
    await expectFocus(page, /train_1/u);
  });

  test('leaves a filter by Escape to where it was, and is in it by a slash on every list', async ({
    open,
    server,
  }) => {
    const { page, expectProblem } = await open('pipelines');
    expectProblem(NO_VERSION);
    for (const [path, field] of [
      ['pipelines', 'Project'],
      ['models', 'Project'],
      ['cache', 'Project'],
      ['schedules', 'Project'],
      [`runs/${RUNS.failed}?tab=steps`, 'Find in names'],
      [`runs/${RUNS.failed}?tab=logs&step=3`, 'Search the log'],
      ['runs', 'Filter as text'],
    ] as const) {
      await page.goto(`${server.origin}/console/${path}`);
      const input = page.locator('input').and(page.getByLabel(field, { exact: true }));
      await input.waitFor();
      await page.keyboard.press('/');
      const hasFocus = () => input.evaluate((each) => each === document.activeElement);
      await expect.poll(hasFocus, { message: path }).toBe(true);
      if (path === 'runs') continue;
      await page.keyboard.press('Escape');
      await expect.poll(hasFocus, { message: path }).toBe(false);
    }
  });

  test('moves on when the button that has it removes itself', async ({ open }) => {
    const { page } = await open('runs?status=failed&pipeline=churn-train');
    await page.getByRole('button', { name: 'Remove the filter pipeline churn-train' }).focus();
    await page.getByRole('button', { name: 'Remove the filter status failed' }).focus();
    await page.keyboard.press('Enter');
    await expectFocus(page, 'Remove the filter pipeline churn-train');
    await page.keyboard.press('Enter');
    await expect.poll(() => page.evaluate(() => document.activeElement?.id)).toBe('main');
  });
});
