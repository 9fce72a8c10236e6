import type { Page } from 'playwright-core';
import { describe, expect } from 'vitest';
import { RUNS } from './seeds/homes.ts';
import { seedShop } from './seeds/shop.ts';
import { violationsInBothThemes } from './support/accessibility.ts';
import { consoleTest } from './support/console-test.ts';
import { PARTS, RUN_TABS, visit } from './support/every-screen.ts';

const test = consoleTest(seedShop);

/** Seeded runs have no registered version, and no code. */
const NO_VERSION = /status of 404/u;

/** Without the panel of a step, which the tests of the page of a run have. */
const tabs = RUN_TABS.map(([tab]) => ({
  path: `runs/${RUNS.running}?tab=${tab}`,
  text: 'forecast-daily',
}));

/** What opens over a screen, by the keys or the button that open it. */
const OVERLAYS: readonly (readonly [
  name: string,
  path: string,
  open: (page: Page) => Promise<void>,
])[] = [
  ['the palette', 'runs', (page) => page.keyboard.press('ControlOrMeta+K')],
  ['the help', 'runs', (page) => page.keyboard.press('?')],
  ['the abort', `runs/${RUNS.running}?tab=steps`, press('Abort…')],
  ['the rerun', `runs/${RUNS.failed}?tab=steps`, press('Rerun…')],
  ['the resume', `runs/${RUNS.failed}?tab=steps`, press('Resume…')],
  ['the removal', `runs/${RUNS.failed}?tab=steps`, press('Remove…')],
  ['the removal of a schedule', 'schedules?name=nightly&of=default', press('Remove …')],
  ['the clearing of the cache', 'cache', press('Clear all entries …')],
  ['a publication', 'models?project=default&name=weights', press('Unpublish')],
];

function press(name: string | RegExp): (page: Page) => Promise<void> {
  return (page) => page.getByRole('button', { name }).first().click();
}

describe('axe finds nothing in both themes', { timeout: 180_000 }, () => {
  test.for(Object.entries(PARTS))('on %s', async ([, screens], { open }) => {
    const { page, expectProblem } = await open('runs');
    expectProblem(NO_VERSION);
    for (const screen of screens) {
      await visit(page, screen);
      expect.soft(await violationsInBothThemes(page), screen.path).toEqual([]);
    }
  });

  test('on any tab of a run', async ({ open }) => {
    const { page, expectProblem } = await open('runs');
    expectProblem(NO_VERSION);
    for (const screen of tabs) {
      await visit(page, screen);
      expect.soft(await violationsInBothThemes(page), screen.path).toEqual([]);
    }
  });

  test('in any dialog', async ({ open }) => {
    const { page } = await open('runs');
    for (const [name, path, opens] of OVERLAYS) {
      await visit(page, { path, text: /./u });
      await opens(page);
      await page.getByRole('dialog').waitFor();
      expect.soft(await violationsInBothThemes(page), name).toEqual([]);
      await page.keyboard.press('Escape');
      await page.getByRole('dialog').waitFor({ state: 'detached' });
    }
  });

  test('in the menus, dialogs and bar of the list of runs', async ({ open }) => {
    const { page } = await open('runs');
    await page.getByRole('row', { name: /churn-train/u }).waitFor();
    await page.getByRole('button', { name: '+ filter' }).click();
    expect.soft(await violationsInBothThemes(page), 'the menu of filters').toEqual([]);
    await page.keyboard.press('Escape');
    for (const item of ['Saved views…', 'Columns…']) {
      await page.getByRole('button', { name: 'View', exact: true }).click();
      await page.getByRole('menuitem', { name: item }).click();
      await page.getByRole('dialog').waitFor();
      expect.soft(await violationsInBothThemes(page), item).toEqual([]);
      await page.keyboard.press('Escape');
      await page.getByRole('dialog').waitFor({ state: 'detached' });
    }
    for (const name of ['Select forecast-daily#1', 'Select churn-train#1'])
      await page.getByLabel(name).check();
    for (const item of ['Abort…', 'Tag…']) {
      await page.getByRole('button', { name: item }).click();
      await page.getByRole('dialog').waitFor();
      expect.soft(await violationsInBothThemes(page), item).toEqual([]);
      await page.keyboard.press('Escape');
      await page.getByRole('dialog').waitFor({ state: 'detached' });
    }
    await page.getByRole('button', { name: 'More actions' }).click();
    expect.soft(await violationsInBothThemes(page), 'more actions').toEqual([]);
    await page.getByRole('menuitem', { name: 'Remove…' }).click();
    await page.getByRole('dialog').waitFor();
    expect.soft(await violationsInBothThemes(page), 'the removal').toEqual([]);
  });
});
