import { describe, expect } from 'vitest';
import { runId } from '../conformance/records.ts';
import { RUNS, seedEveryStatus, seedHostileNames } from './seeds/homes.ts';
import { seedHome } from './seeds/seed-run.ts';
import { consoleTest } from './support/console-test.ts';

const DETAILED = runId(301);

const test = consoleTest(async (home) => {
  await seedEveryStatus(home);
  await seedHostileNames(home);
  await seedHome(home, (seed) =>
    seed({
      id: DETAILED,
      pipeline: 'detailed',
      calls: [
        {
          component: 'train',
          step: { taskType: 'training', tags: ['nightly'], options: { stage: 'fit', vcpus: 4 } },
        },
      ],
    }),
  );
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

describe('the header of a run', () => {
  test('shows the note, and changes and removes it', async ({ open }) => {
    const { page } = await open(`runs/${DETAILED}`);
    await page.getByRole('button', { name: 'Add a note…' }).click();
    const field = page.getByRole('textbox', { name: /All users of the run see it/u });
    await field.fill('the first with\nnew features');
    await page.getByText(`headrace runs note ${DETAILED} 'the first with`).waitFor();
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    const header = page.locator('main header');
    await header.getByText('new features').waitFor();
    await page.reload();
    await header.getByText('new features').waitFor();
    await page.getByRole('button', { name: 'Edit the note…' }).click();
    await field.fill('');
    await page.getByText(`headrace runs note ${DETAILED} --remove`).waitFor();
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByRole('button', { name: 'Add a note…' }).waitFor();
  });

  test('archives a run that has ended, and no other', async ({ open }) => {
    const { page } = await open(`runs/${RUNS.aborted}`);
    await page.getByRole('button', { name: 'Archive', exact: true }).click();
    await page.locator('main header').getByText('archived', { exact: true }).waitFor();
    await page.getByRole('button', { name: 'Unarchive' }).click();
    await page.getByRole('button', { name: 'Archive', exact: true }).waitFor();
    await page.goto(page.url().replace(RUNS.aborted, RUNS.running));
    await page.getByTitle('The run is running.', { exact: true }).getByText('Archive').waitFor();
  });

  test('leads to the comparison with the run before', async ({ open }) => {
    const { page } = await open(`runs/${RUNS.aborted}`);
    await page.getByRole('button', { name: 'Compare' }).click();
    await page.getByRole('heading', { name: 'Compare 2 runs' }).waitFor();
    expect(page.url()).toContain(`runs=${RUNS.completed},${RUNS.aborted}`);
  });

  test('states the estimated cost where the service knows it', async ({ open }) => {
    const { page } = await open('settings');
    await page.route('**/v1/me', async (route) => {
      const response = await route.fetch();
      const me: object = await response.json();
      await route.fulfill({ response, json: { ...me, features: ['costs'] } });
    });
    await page.route(`**/v1/runs/${RUNS.completed}?include=cost`, async (route) => {
      const response = await route.fetch();
      const run: object = await response.json();
      const cost = { compute: 0.4, requests: 0.02, savedByCache: 0.11, basis: 'list prices' };
      await route.fulfill({ response, json: { ...run, cost } });
    });
    await page.goto(page.url().replace('settings', `runs/${RUNS.completed}`));
    const cost = page.getByTitle('estimate: list prices');
    await cost.waitFor();
    expect(await cost.textContent()).toBe('$0.42 · cache saved $0.11');
  });
});

describe('the details of a step', () => {
  test('are its type, tags and options, in the panel and on its page', async ({ open }) => {
    const { page } = await open(`runs/${DETAILED}?tab=steps&step=0`);
    for (const place of ['panel', 'page']) {
      const details = page.locator('section', { hasText: 'Details' }).last();
      await details.waitFor();
      for (const text of ['training', 'nightly', 'stage', 'fit', 'vcpus'])
        expect(await details.textContent(), place).toContain(text);
      await page.goto(page.url().replace(/\?.*/u, '/steps/0'));
    }
  });

  test('lead to the code that the cache compared', async ({ open }) => {
    const { page } = await open('settings');
    await page.route('**/steps/0/cache', (route) =>
      route.fulfill({
        json: {
          step: 'load',
          component: 'load',
          status: 'completed',
          cacheKey: 'k',
          decision: 'computed',
          reason: 'the code of the component changed',
          origin: null,
          comparedWith: { run: DETAILED, pipeline: 'iris', number: 1, step: 'load', at: null },
          differences: [{ part: 'code', name: null, before: null, now: null, details: ['load'] }],
        },
      }),
    );
    await page.goto(page.url().replace('settings', `runs/${RUNS.completed}/steps/0?tab=cache`));
    await page.getByRole('link', { name: 'Compare the code' }).click();
    await page.getByRole('heading', { name: 'Compare 2 runs' }).waitFor();
    expect(page.url()).toMatch(/tab=code/u);
  });

  test('the page of a step starts a rerun from it', async ({ open }) => {
    const { page } = await open(`runs/${RUNS.failed}/steps/3`);
    await page.getByRole('button', { name: 'Rerun from here…' }).click();
    await page.getByText(`headrace runs rerun ${RUNS.failed} --from train_1`).waitFor();
  });
});
