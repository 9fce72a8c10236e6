import type { Page } from 'playwright-core';
import { describe, expect } from 'vitest';
import { RUNS } from './seeds/homes.ts';
import { seedShop } from './seeds/shop.ts';
import { consoleTest } from './support/console-test.ts';
import { focusedName } from './support/focus.ts';

const test = consoleTest(seedShop);

/** Seeded runs have no registered version, and no code. */
const NO_VERSION = /status of 404/u;

const parameter = (page: Page, name: string): string | null =>
  new URL(page.url()).searchParams.get(name);
const expectParameter = (page: Page, name: string, value: string | null) =>
  expect.poll(() => parameter(page, name), { message: `the parameter ${name}` }).toBe(value);
const expectFocus = (page: Page, name: string | RegExp) =>
  expect.poll(() => focusedName(page)).toMatch(name);

/** The words go to its field once it is loaded. */
async function openPalette(page: Page): Promise<void> {
  await page.keyboard.press('ControlOrMeta+K');
  await page.getByRole('combobox', { name: /^Words/u }).waitFor();
}

describe('the list of runs, by keys alone', () => {
  test('rows are walked through, selected, compared, and opened', async ({ open }) => {
    const { page } = await open('runs');
    await page.getByRole('row', { name: /churn-train/u }).waitFor();
    await page.keyboard.press('j');
    await page.keyboard.press('x');
    await page.getByText('1 run selected').waitFor();
    await page.keyboard.press('c');
    await page.getByText('Select another run.').waitFor();
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('x');
    await page.getByText('2 runs selected').waitFor();
    await page.keyboard.press('Escape');
    await page.getByText('2 runs selected').waitFor({ state: 'detached' });
    for (const key of ['x', 'k', 'x']) await page.keyboard.press(key);
    await page.getByText('2 runs selected').waitFor();
    await page.keyboard.press('c');
    await page.getByRole('heading', { name: 'Compare 2 runs' }).waitFor();
  });

  test('it is filtered as text', async ({ open }) => {
    const { page } = await open('runs');
    await page.getByRole('row', { name: /churn-train/u }).waitFor();
    await page.keyboard.press('/');
    await page.keyboard.type('stat');
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    await page.keyboard.type('failed');
    await page.keyboard.press('Enter');
    await expectParameter(page, 'status', 'failed');
    await expect.poll(() => page.getByRole('row').count()).toBe(2);
  });
});

describe('every screen, by keys alone', () => {
  test('G and a letter go to it', async ({ open }) => {
    const { page } = await open('settings');
    await page.getByText('You are').waitFor();
    for (const [key, title] of [
      ['r', 'Runs'],
      ['p', 'Pipelines'],
      ['m', 'Models'],
      ['q', 'Queues'],
      ['k', 'Cache'],
      ['s', 'Schedules'],
      [',', 'Settings'],
    ] as const) {
      await page.keyboard.press('g');
      await page.keyboard.press(key);
      await page.getByRole('heading', { name: title, exact: true, level: 1 }).waitFor();
      await expect.poll(() => page.title()).toBe(`${title} · Headrace`);
    }
    await page.keyboard.press('g');
    await page.keyboard.press('c');
    await page.getByText('No runs are selected').waitFor();
    await page.keyboard.press('n');
    await page.getByRole('heading', { name: 'New run' }).waitFor();
  });

  test('the palette finds a run, a page and a command', async ({ open }) => {
    const { page } = await open('runs');
    await page.getByRole('row', { name: /churn-train/u }).waitFor();
    await openPalette(page);
    await page.keyboard.type('churn');
    await page.getByRole('option', { name: /churn-train/u }).waitFor();
    await page.keyboard.press('Enter');
    await page.waitForURL(new RegExp(`/runs/${RUNS.failed}`, 'u'));
    await page.getByRole('link', { name: /Steps/u }).waitFor();
    await openPalette(page);
    await page.keyboard.type('go to sett');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Settings', exact: true }).waitFor();
    await openPalette(page);
    await page.keyboard.type('light and dark');
    await page.keyboard.press('Enter');
    await expect
      .poll(() => page.evaluate(() => document.documentElement.dataset.theme))
      .toBe('dark');
  });

  test('the help lists the keys of the screen, and single keys can be switched off', async ({
    open,
  }) => {
    const { page } = await open('settings');
    await page.getByText('You are').waitFor();
    await page.keyboard.press('?');
    const help = page.getByRole('dialog', { name: 'Keyboard' });
    await help.getByText('Go to Runs').waitFor();
    await page.keyboard.press('Escape');
    await page.getByLabel(/Single keys have functions/u).focus();
    await page.keyboard.press(' ');
    await page.keyboard.press('?');
    await page.keyboard.press('ControlOrMeta+K');
    await page.getByRole('dialog', { name: /Find runs/u }).waitFor();
    expect(await help.count()).toBe(0);
  });

  test('rows of lists open their panels, and Escape closes them', async ({ open, server }) => {
    const { page } = await open('models');
    for (const [path, row, panel] of [
      ['models', /weights/u, 'Versions of weights'],
      ['schedules', /nightly/u, 'Schedule nightly'],
      ['pipelines/default/shop', /1\.0\.0/u, 'Version 1.0.0'],
      ['queues', /default/u, 'Runs that wait in default'],
    ] as const) {
      await page.goto(`${server.origin}/console/${path}`);
      const first = page.getByRole('row', { name: row });
      await first.focus();
      await page.keyboard.press('Enter');
      await page.getByLabel(panel, { exact: true }).waitFor();
      await page.keyboard.press('Escape');
      await page.getByLabel(panel, { exact: true }).waitFor({ state: 'detached' });
      await expectFocus(page, row);
    }
  });
});

describe('a run, by keys alone', () => {
  test('digits show its tabs', async ({ open }) => {
    const { page, expectProblem } = await open(`runs/${RUNS.aborted}`);
    expectProblem(NO_VERSION);
    await page.getByText('not needed any more').waitFor();
    const tabs = page.getByRole('navigation', { name: 'Views of the run' });
    for (const [index, tab] of ['Graph', 'Timeline', 'Steps', 'Logs', 'Metrics'].entries()) {
      await page.keyboard.press(String(index + 1));
      await expect
        .poll(() => tabs.locator('[aria-current=page]').allTextContents())
        .toEqual([`${tab}${index + 1}`]);
    }
  });

  test('brackets open the other runs of its pipeline, on the same tab', async ({ open }) => {
    const { page } = await open('runs?pipeline=shop');
    await page.getByRole('row', { name: /shop #2/u }).focus();
    await page.keyboard.press('Enter');
    const heading = (name: string) => page.getByRole('heading', { name }).waitFor();
    await heading('shop #2');
    await page.keyboard.press('3');
    await expectParameter(page, 'tab', 'steps');
    await page.keyboard.press('[');
    await heading('shop #1');
    await expectParameter(page, 'tab', 'steps');
    await page.keyboard.press('[');
    await page.getByText('shop has no earlier run.').waitFor();
    await page.keyboard.press(']');
    await heading('shop #2');
  });

  test('tabs are links that Tab reaches and Enter opens', async ({ open }) => {
    const { page, expectProblem } = await open(`runs/${RUNS.failed}?tab=steps`);
    expectProblem(NO_VERSION);
    await page.getByText('6 steps').waitFor();
    const tabs = page.getByRole('navigation', { name: 'Views of the run' });
    await tabs.getByRole('link', { name: 'Steps' }).focus();
    await page.keyboard.press('Tab');
    await expectFocus(page, /^Logs/u);
    await page.keyboard.press('Enter');
    await expectParameter(page, 'tab', 'logs');
    await expectFocus(page, /^Logs/u);
  });

  test('the tree of steps is walked through, collapsed, and its rows are selected', async ({
    open,
  }) => {
    const { page } = await open(`runs/${RUNS.failed}?tab=steps`);
    const first = page.getByRole('row', { name: /load × 1/u });
    await first.focus();
    await page.keyboard.press('ArrowLeft');
    await expect.poll(() => first.getAttribute('aria-expanded')).toBe('false');
    await page.keyboard.press('ArrowRight');
    await expect.poll(() => first.getAttribute('aria-expanded')).toBe('true');
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('x');
    await page.getByText('1 step selected').waitFor();
    await page.keyboard.press('Enter');
    await page.getByRole('complementary', { name: 'Step load' }).waitFor();
    await page.keyboard.press('ArrowLeft');
    await expectFocus(page, /^▾load× 1/u);
    await page.keyboard.press('Escape');
    await page.getByRole('complementary').waitFor({ state: 'detached' });
    await page.keyboard.press('j');
    await page.getByRole('complementary', { name: 'Step load' }).waitFor();
  });

  test('A shows the next attempt, L the log, T follows it', async ({ open }) => {
    const { page } = await open(`runs/${RUNS.failed}?tab=steps&step=3`);
    await page
      .getByRole('complementary', { name: 'Step train_1' })
      .getByText('exit code')
      .first()
      .waitFor();
    await page.keyboard.press('a');
    await expectParameter(page, 'attempt', '1');
    await page.keyboard.press('a');
    await expectParameter(page, 'attempt', '2');
    await page.keyboard.press('l');
    await page.getByText('epoch 2 loss 0.4').waitFor();
    await page.keyboard.press('t');
    await expectParameter(page, 'follow', 'false');
  });

  test('the graph is walked through, expanded and found in', async ({ open }) => {
    const { page } = await open(`runs/${RUNS.failed}?tab=graph`);
    await page.getByRole('img', { name: /^Graph of/u }).waitFor();
    for (const key of ['0', '+', '-', 'ArrowDown', 'ArrowDown', 'ArrowDown'])
      await page.keyboard.press(key);
    await expectFocus(page, /^train × 3/u);
    await page.keyboard.press('Enter');
    await expectParameter(page, 'group', '2');
    await page.keyboard.press('e');
    await page.getByRole('button', { name: 'Collapse E' }).waitFor();
    await page.keyboard.press('/');
    await page.keyboard.type('report');
    await page.keyboard.press('Enter');
    await page.getByRole('complementary', { name: 'Step report' }).waitFor();
  });

  test('the timeline is walked through, and a row of it opens its step', async ({ open }) => {
    const { page } = await open(`runs/${RUNS.failed}?tab=timeline`);
    await page.getByRole('img', { name: /imeline/u }).waitFor();
    await page.locator('[data-row="0"]').waitFor();
    await page.keyboard.press('j');
    await page.locator('[data-row="0"]:focus').waitFor();
    await page.keyboard.press('Enter');
    await page.getByRole('complementary', { name: 'Step load' }).waitFor();
  });

  test('R, Y and Shift Y rerun it, and copy its link and its command', async ({ open }) => {
    const { page } = await open(`runs/${RUNS.failed}?tab=steps`);
    await page.getByText('6 steps').waitFor();
    await page.keyboard.press('r');
    await page.getByRole('dialog', { name: /Rerun/u }).waitFor();
    await page.keyboard.press('Escape');
    await page.keyboard.press('y');
    await page.getByText(/^Copied: http/u).waitFor();
    await page.keyboard.press('Shift+Y');
    await page.getByText(`Copied: headrace runs show ${RUNS.failed}`).waitFor();
  });
});
