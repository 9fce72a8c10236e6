import { describe, expect } from 'vitest';
import { RUNS } from './seeds/homes.ts';
import { seedShop } from './seeds/shop.ts';
import { consoleTest } from './support/console-test.ts';
import { PARTS, RUN_TABS, type ShownScreen, visit } from './support/every-screen.ts';
import { walkByTab } from './support/focus.ts';

const test = consoleTest(seedShop);

/** Seeded runs have no registered version, and no code. */
const NO_VERSION = /status of 404/u;

const parts: Readonly<Record<string, readonly ShownScreen[]>> = {
  ...PARTS,
  runs: RUN_TABS.map(([tab, text]) => ({ path: `runs/${RUNS.failed}?tab=${tab}&step=3`, text })),
};

describe('the Tab key', { timeout: 180_000 }, () => {
  test.for(Object.entries(parts))(
    'on %s, each focus is visible, and the last one leaves the page',
    async ([, screens], { open }) => {
      const { page, expectProblem } = await open('runs');
      expectProblem(NO_VERSION);
      for (const screen of screens) {
        await visit(page, screen);
        const stops = await walkByTab(page);
        expect.soft(stops.length, screen.path).toBeGreaterThan(0);
        expect
          .soft(
            stops.filter(({ hidden }) => hidden !== undefined),
            screen.path,
          )
          .toEqual([]);
      }
    },
  );

  test('the first focus skips the navigation, and each entry of it can have the focus', async ({
    open,
  }) => {
    const { page } = await open('settings');
    await page.getByText('You are').waitFor();
    await page.keyboard.press('Tab');
    const stops = await walkByTab(page, 'a[href="#main"]');
    expect(stops.slice(0, 12).map(({ name }) => name)).toMatchInlineSnapshot(`
      [
        "a RunsG R",
        "a PipelinesG P",
        "a CompareG C",
        "a ModelsG M",
        "a QueuesG Q",
        "a CacheG K",
        "a SchedulesG S",
        "a SettingsG ,",
        "button FindCtrl K",
        "button Keyboard?",
        "button Sign out",
        "input ",
      ]
    `);
    expect(stops.filter(({ hidden }) => hidden !== undefined)).toEqual([]);
    await page.getByText('Skip the navigation').focus();
    await page.keyboard.press('Enter');
    await expect.poll(() => page.evaluate(() => document.activeElement?.id)).toBe('main');
  });
});
