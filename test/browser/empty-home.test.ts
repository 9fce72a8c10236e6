import { describe, expect } from 'vitest';
import { RUNS } from './seeds/homes.ts';
import { seedHome } from './seeds/seed-run.ts';
import { violationsInBothThemes } from './support/accessibility.ts';
import { consoleTest } from './support/console-test.ts';

const none = consoleTest(async () => undefined);
const started = consoleTest((home) =>
  seedHome(home, (seed) => seed({ id: RUNS.queued, status: 'queued' })),
);

const EMPTY = [
  ['runs', 'headrace run pipeline.ts'],
  ['pipelines', 'headrace run FILE'],
  ['new', 'headrace run FILE'],
  ['compare', 'headrace runs diff RUN RUN'],
  ['models', 'headrace models publish RUN --step STEP'],
  ['models?tab=runs', 'headrace run FILE'],
  ['cache', 'headrace run FILE'],
  ['cache?tab=run', 'headrace runs why RUN'],
  ['schedules', "headrace schedules add NAME PIPELINE --cron '0 3 * * *'"],
] as const;

describe('a home without runs', () => {
  none.for(EMPTY)('%s names the command that fills it: %s', async ([path, command], { open }) => {
    const { page } = await open(path);
    await page.locator('main code').getByText(command, { exact: true }).waitFor();
    expect(await violationsInBothThemes(page)).toEqual([]);
    await page.getByRole('button', { name: 'Copy', exact: true }).click();
    await page.getByText(`Copied: ${command}`).waitFor();
  });
});

describe('a run without steps', () => {
  started.for([
    ['steps', `headrace runs watch ${RUNS.queued}`],
    ['logs', /^headrace runs (logs|watch)/u],
    ['metrics', `headrace runs metrics ${RUNS.queued}`],
    ['artifacts', `headrace runs show ${RUNS.queued}`],
  ] as const)('%s names a command', async ([tab, command], { open }) => {
    const { page, expectProblem } = await open(`runs/${RUNS.queued}?tab=${tab}`);
    expectProblem(/status of 404/u);
    await page.locator('main code').getByText(command, { exact: true }).waitFor();
    expect(await violationsInBothThemes(page)).toEqual([]);
  });
});
