import { describe, expect } from 'vitest';
import { RUNS, seedEveryStatus, seedHostileNames } from './seeds/homes.ts';
import { consoleTest } from './support/console-test.ts';

const test = consoleTest(async (home) => {
  await seedEveryStatus(home);
  await seedHostileNames(home);
});

/** Seeded runs have no registered version and no code. */
const NO_VERSION = /status of 404/u;

/** Characters that change the order of the text after them. */
const REORDERING = /[\u202A-\u202E\u2066-\u2069]/u;

describe('the commands of the console', () => {
  test('name the profile of the deployment that the page shows', async ({ open }) => {
    const { page } = await open('runs');
    await page.route('**/console/config.json', (route) =>
      route.fulfill({
        json: {
          signIn: 'code',
          command: 'headrace console --profile team',
          serves: 'api',
          target: 'team',
          readOnly: false,
        },
      }),
    );
    await page.goto(page.url().replace(/runs.*/u, 'models'));
    await page.getByText('headrace models publish RUN --step STEP --profile team').waitFor();
    await page.goto(page.url().replace(/models.*/u, `runs/${RUNS.running}`));
    await page.getByRole('button', { name: 'Abort…' }).click();
    await page.getByText(`headrace runs abort ${RUNS.running} --profile team`).waitFor();
  });

  test('list the runs with the filters of the page', async ({ open }) => {
    const { page } = await open('runs?status=failed&by=mina&from=9000d&q=train');
    await page.getByText('No run matches the filter').waitFor();
    await page.keyboard.press('Shift+Y');
    await page
      .getByText(
        'Copied: headrace runs list --by mina --from 9000d --status failed --search train',
        { exact: true },
      )
      .waitFor();
  });
});

test('the page of a pipeline leads to its runs', async ({ open }) => {
  const { page } = await open('pipelines/forecasts/churn-train');
  await page.getByRole('link', { name: 'Runs', exact: true }).last().click();
  await page.getByRole('row', { name: /churn-train #/u }).waitFor();
});

describe('names with characters that reorder text', () => {
  const { hostile, failed } = RUNS;
  const pages = [
    'runs',
    `runs/${hostile}?tab=steps&step=3&component=safe%E2%80%AEgpj.exe`,
    `runs/${hostile}?tab=logs&step=3`,
    `runs/${hostile}?tab=metrics&step=3`,
    `runs/${hostile}?tab=events`,
    `runs/${hostile}/steps/3?tab=raw`,
    `runs/${hostile}/steps/3?tab=code`,
    `cache?tab=run&run=${hostile}`,
    `compare?runs=${hostile},${failed}&diff=all`,
    `compare?runs=${hostile},${failed}&diff=all&tab=graph`,
    'new?project=examples&pipeline=safe%E2%80%AEgpj.exe',
    'pipelines/examples/safe%E2%80%AEgpj.exe',
  ];

  test('are shown with marks on every page', async ({ open }) => {
    const { page, expectProblem } = await open('settings');
    expectProblem(NO_VERSION);
    const base = page.url().replace('settings', '');
    for (const path of pages) {
      await page.goto(base + path);
      await page.locator('main', { hasText: 'U+202E' }).waitFor();
      await page
        .getByText(/^(Loading|Reading|Searching)/u)
        .first()
        .waitFor({ state: 'detached' });
      expect(await page.locator('body').textContent(), path).not.toMatch(REORDERING);
    }
  });

  test('are shown with marks in dialogs and messages', async ({ open }) => {
    const { page } = await open(`runs/${hostile}?tab=steps&step=3`);
    await page.getByRole('button', { name: 'Rerun from here…' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByText('The same as a command').waitFor();
    expect(await dialog.textContent()).toContain('U+202E');
    expect(await dialog.textContent()).not.toMatch(REORDERING);
    await page.keyboard.press('Escape');
    await page.getByRole('checkbox', { name: /gpj/u }).check();
    await page.getByRole('button', { name: 'Copy names' }).click();
    const message = page.getByText(/^Copied: safe/u);
    await message.waitFor();
    expect(await message.textContent()).not.toMatch(REORDERING);
  });
});
