/**
 * The address of every screen on the home of `seeds/shop.ts`, and when its content is shown.
 *
 * @module
 */
import type { Page } from 'playwright-core';
import { RUNS } from '../seeds/homes.ts';

export interface ShownScreen {
  readonly path: string;
  /** A text that is shown once the screen has its data. */
  readonly text: string | RegExp;
}

/** The parts of a run, in the order of their keys. */
export const RUN_TABS = [
  ['graph', /^Graph of/u],
  ['timeline', 'Timeline'],
  ['steps', '6 steps'],
  ['logs', 'Search the log'],
  ['metrics', 'loss'],
  ['artifacts', /artifact/u],
  ['parameters', 'depth'],
  ['events', /event/u],
] as const;

const STEP_TABS = ['overview', 'log', 'metrics', 'artifacts', 'code', 'cache', 'raw'];

export const SCREENS: readonly ShownScreen[] = [
  { path: 'runs', text: 'churn-train' },
  { path: 'pipelines', text: 'shop' },
  { path: 'pipelines/default/shop', text: '1.0.0' },
  { path: 'pipelines/default/shop?version=1.0.0', text: 'Parameters' },
  { path: 'new', text: 'shop' },
  { path: 'new?pipeline=shop', text: 'as the defaults' },
  { path: 'models', text: 'weights' },
  { path: 'models?project=default&name=weights', text: 'version 1' },
  { path: 'models?tab=runs', text: 'onnx' },
  { path: 'queues', text: 'default' },
  { path: 'queues?queue=default', text: 'Waiting in' },
  { path: 'cache', text: 'load' },
  { path: `cache?tab=run&run=${RUNS.failed}`, text: 'split' },
  { path: 'schedules', text: 'nightly' },
  { path: 'schedules?name=nightly&of=default', text: 'Pause' },
  { path: 'settings', text: 'You are' },
  ...['parameters', 'metrics', 'charts', 'graph', 'code', 'models'].map((tab) => ({
    path: `compare?runs=${RUNS.completed},${RUNS.failed}&tab=${tab}`,
    text: 'Compare 2 runs',
  })),
  ...STEP_TABS.map((tab) => ({
    path: `runs/${RUNS.failed}/steps/3?tab=${tab}`,
    text: 'train_1',
  })),
];

/** The screens by parts, each of which is visited within a test. */
export const PARTS: Readonly<Record<string, readonly ShownScreen[]>> = {
  lists: SCREENS.filter(({ path }) => !/^(compare|runs\/)/u.test(path)),
  comparisons: SCREENS.filter(({ path }) => path.startsWith('compare')),
  'the page of a step': SCREENS.filter(({ path }) => path.startsWith('runs/')),
};

/** Opens another screen in the page, as its links do. */
export async function visit(page: Page, { path, text }: ShownScreen): Promise<void> {
  await page.evaluate((url) => history.pushState(null, '', url), `/console/${path}`);
  await whenShown(page, text);
}

/** Waits until the text is shown and nothing is loading. */
export async function whenShown(page: Page, text: string | RegExp): Promise<void> {
  const named = page.getByRole('img', { name: text });
  await page.locator('main').getByText(text).or(named).or(page.getByLabel(text)).first().waitFor();
  await page
    .locator('main')
    .getByText(/^(Loading|Reading)/u)
    .first()
    .waitFor({ state: 'detached' });
}
