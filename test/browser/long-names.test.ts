import type { Page } from 'playwright-core';
import { describe, expect } from 'vitest';
import { RUN_TABS } from '../../console/src/screens/run/search.ts';
import {
  LONG_PIPELINE,
  LONG_RUN,
  longName,
  OTHER_LONG_RUN,
  seedLongNames,
} from './seeds/long-names.ts';
import { consoleTest } from './support/console-test.ts';

const test = consoleTest(seedLongNames);

const { project, name } = LONG_PIPELINE;
const STEP_TABS = ['overview', 'log', 'metrics', 'artifacts', 'code', 'cache', 'raw'];

/** Each address, and a text that is there once its data are. */
const SCREENS: Readonly<Record<string, string>> = {
  runs: longName('pipeline').slice(0, 20),
  pipelines: longName('pipeline').slice(0, 20),
  [`pipelines/${project}/${name}`]: '999999999.',
  models: longName('model').slice(0, 20),
  [`models?project=${project}&name=${longName('model')}`]: longName('framework').slice(0, 20),
  queues: 'default',
  cache: longName('load').slice(0, 20),
  schedules: longName('schedule').slice(0, 20),
  [`schedules?project=${project}&name=${longName('schedule')}`]: longName('schedule').slice(0, 20),
  settings: 'Settings',
  [`new?project=${project}&pipeline=${name}`]: longName('parameter').slice(0, 20),
  [`new?from=${LONG_RUN}&rerun=true`]: longName('parameter').slice(0, 20),
  ...Object.fromEntries(
    ['parameters', 'metrics', 'charts', 'graph', 'code', 'artifacts'].map((tab) => [
      `compare?runs=${LONG_RUN},${OTHER_LONG_RUN}&tab=${tab}&diff=all`,
      longName('pipeline').slice(0, 20),
    ]),
  ),
};

/**
 * Controls and headings that a reader cannot reach: they are beyond the right side of the window, or
 * of a box that cuts them off, and no element around them can be scrolled to them.
 */
const unreachable = (page: Page): Promise<readonly string[]> =>
  page.evaluate(() => {
    const found: string[] = [];
    if (document.documentElement.scrollWidth > innerWidth)
      found.push(`the page is ${document.documentElement.scrollWidth} pixels wide`);
    const controls = 'a, button, input, select, textarea, h1, h2, h3, summary, [role=img]';
    for (const element of document.querySelectorAll<HTMLElement>(controls)) {
      const box = element.getBoundingClientRect();
      if (box.width === 0 || box.height === 0 || !element.checkVisibility()) continue;
      let right = innerWidth;
      for (let each = element.parentElement; each !== null; each = each.parentElement) {
        const { overflowX } = getComputedStyle(each);
        if (overflowX === 'visible') continue;
        if (overflowX !== 'hidden' && overflowX !== 'clip') {
          right = Number.POSITIVE_INFINITY;
          break;
        }
        right = Math.min(right, each.getBoundingClientRect().right);
      }
      // The start of a name that is cut is visible, and the whole one is its title.
      const isCut = element.closest('.truncate, [class*=truncate]') !== null;
      if (isCut ? box.left > right - 8 : box.right > right + 1)
        found.push(
          `<${element.tagName.toLowerCase()}> ${element.getAttribute('aria-label') ?? element.textContent.slice(0, 40)}: from ${Math.round(box.left)} to ${Math.round(box.right)}, visible to ${Math.round(right)}`,
        );
    }
    return found;
  });

/** Boxes with the layout of a page that their content is wider than, although they cannot be scrolled. */
const overflowing = (page: Page): Promise<readonly string[]> =>
  page.evaluate(() =>
    [...document.querySelectorAll<HTMLElement>('main, main header, main section, main form, aside')]
      .filter((element) => element.scrollWidth > element.clientWidth + 1)
      .filter((element) => !['auto', 'scroll'].includes(getComputedStyle(element).overflowX))
      .map(
        (element) =>
          `<${element.tagName.toLowerCase()}> ${element.getAttribute('aria-label') ?? ''} ${element.scrollWidth} of ${element.clientWidth}`,
      ),
  );

/** Names that are cut off without a title that has the whole text. */
const untitled = (page: Page): Promise<readonly string[]> =>
  page.evaluate(() =>
    [...document.querySelectorAll<HTMLElement>('main .truncate, main [class*=truncate]')]
      .filter(
        (element) => element.checkVisibility() && element.scrollWidth > element.clientWidth + 1,
      )
      // A summary is opened, a name inside of another place has its own title.
      .filter((element) => element.matches(':not(summary):not(:has(.truncate))'))
      .filter(
        (element) =>
          element.closest('[title]') === null && element.querySelector('[title]') === null,
      )
      .map((element) => `${element.textContent.slice(0, 40)} has no title`),
  );

async function check(page: Page): Promise<readonly string[]> {
  await page
    .locator('main')
    .getByText(/(^|, )(Loading|Reading)/iu)
    .first()
    .waitFor({ state: 'detached' });
  return [...(await unreachable(page)), ...(await overflowing(page)), ...(await untitled(page))];
}

describe('names and texts of 128 to 256 characters without a space', () => {
  test.for([1_024, 1_440])('fit on every screen, %i pixels', async (width, { open, server }) => {
    const { page, expectProblem } = await open('settings', { width });
    expectProblem(/status of 40[49]/u);
    const problems: Record<string, readonly string[]> = {};
    for (const [path, text] of Object.entries(SCREENS)) {
      await page.goto(`${server.origin}/console/${path}`);
      await page.locator('main').getByText(text).first().waitFor();
      problems[path.slice(0, 60)] = await check(page);
    }
    expect(
      Object.fromEntries(Object.entries(problems).filter(([, each]) => each.length > 0)),
    ).toEqual({});
  });

  test.for([1_024, 1_440])(
    'fit on every tab of a run, %i pixels',
    async (width, { open, server }) => {
      const { page, expectProblem } = await open('settings', { width });
      expectProblem(/status of 40[49]/u);
      const problems: Record<string, readonly string[]> = {};
      for (const tab of RUN_TABS) {
        await page.goto(`${server.origin}/console/runs/${LONG_RUN}?tab=${tab}&step=1`);
        await page.locator('main header').getByText('1 failed').waitFor();
        problems[tab] = await check(page);
      }
      for (const tab of STEP_TABS) {
        await page.goto(`${server.origin}/console/runs/${LONG_RUN}/steps/1?tab=${tab}`);
        await page.getByRole('heading', { name: /train/ }).waitFor();
        problems[`step ${tab}`] = await check(page);
      }
      expect(
        Object.fromEntries(Object.entries(problems).filter(([, each]) => each.length > 0)),
      ).toEqual({});
    },
  );

  test('fit on the list of runs and the header of a run on a telephone', async ({
    open,
    server,
  }) => {
    const { page, expectProblem } = await open('runs', { width: 390 });
    expectProblem(/status of 404/u);
    await page.getByText(longName('pipeline').slice(0, 20)).first().waitFor();
    expect(await check(page)).toEqual([]);
    await page.goto(`${server.origin}/console/runs/${LONG_RUN}?tab=steps`);
    await page.locator('main header').getByText('1 failed').waitFor();
    expect(await check(page)).toEqual([]);
  });
});
