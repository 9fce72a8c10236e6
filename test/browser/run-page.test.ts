import { describe, expect } from 'vitest';
import { RUN_TABS } from '../../console/src/screens/run/search.ts';
import { RUNS, seedEveryStatus, seedHostileNames } from './seeds/homes.ts';
import { HOSTILE_NAMES } from './seeds/hostile.ts';
import { violationsOf } from './support/accessibility.ts';
import { consoleTest } from './support/console-test.ts';

const test = consoleTest(async (home) => {
  await seedEveryStatus(home);
  await seedHostileNames(home);
});

/** Seeded runs have no registered version: their types and defaults are not known. */
const NO_VERSION = /status of 404.*\/v1\/versions\//u;

describe('the page of a run', () => {
  test('the header shows the status, the counts and the origin, and survives a reload', async ({
    open,
  }) => {
    const { page } = await open(`runs/${RUNS.failed}?tab=steps&step=3`);
    const header = page.locator('main header');
    await header.getByText('1 failed').waitFor();
    await header.getByText('v3.0.2').waitFor();
    await page.getByRole('complementary', { name: 'Step train_1' }).waitFor();
    await page.reload();
    await page.getByRole('complementary', { name: 'Step train_1' }).waitFor();
    expect(page.url()).toContain('step=3');
  });

  test.for(['light', 'dark'] as const)(
    'no tab has a violation of axe, %s',
    async (theme, { open }) => {
      const { page, expectProblem } = await open(`runs/${RUNS.failed}?tab=steps&step=3`, { theme });
      expectProblem(NO_VERSION);
      await page.getByText('shape mismatch').first().waitFor();
      for (const tab of RUN_TABS) {
        await page.keyboard.press(String(RUN_TABS.indexOf(tab) + 1));
        await page.waitForURL(new RegExp(`tab=${tab}`, 'u'));
        await page
          .getByText(/^(Loading|Reading)/u)
          .first()
          .waitFor({ state: 'detached' });
        expect(await violationsOf(page), tab).toEqual([]);
      }
    },
  );

  test('metrics of a run without its own lead to those of its steps', async ({ open }) => {
    const { page } = await open(`runs/${RUNS.failed}?tab=metrics`);
    await page.getByRole('button', { name: 'All calls of train' }).click();
    await page.getByText('loss / train').waitFor();
    expect(new URL(page.url()).searchParams.get('component')).toBe('train');
  });

  test('the panel of a failed step shows its attempts and whose fault they were', async ({
    open,
  }) => {
    const { page } = await open(`runs/${RUNS.failed}?tab=steps&step=3`);
    const panel = page.getByRole('complementary', { name: 'Step train_1' });
    await panel.getByText('fault of the step').first().waitFor();
    await panel.getByRole('button', { name: /^1/ }).click();
    await panel.getByText('fault of the infrastructure').first().waitFor();
    await panel.getByText('spot').first().waitFor();
    expect(page.url()).toContain('attempt=1');
  });

  test('steps are walked through by keys', async ({ open }) => {
    const { page } = await open(`runs/${RUNS.failed}?tab=steps`);
    await page.getByRole('row', { name: /train_1/ }).waitFor();
    await page.keyboard.press('f');
    await page.getByRole('complementary', { name: 'Step train_1' }).waitFor();
    await page.keyboard.press('j');
    await page.getByRole('complementary', { name: 'Step train_2' }).waitFor();
    await page.keyboard.press('k');
    await page.getByRole('complementary', { name: 'Step train_1' }).waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('complementary').waitFor({ state: 'detached' });
  });

  test('steps are filtered by status, and the filter is in the address', async ({ open }) => {
    const { page } = await open(`runs/${RUNS.failed}?tab=steps`);
    await page.getByText('6 steps').waitFor();
    await page.getByRole('checkbox', { name: 'failed' }).check();
    await page.getByText('1 of 6 steps').waitFor();
    expect(page.url()).toContain('status=failed');
    expect(await page.getByRole('row', { name: /train_1/ }).count()).toBe(1);
  });

  test('the log of a step shows colours as classes and follows a link to a line', async ({
    open,
  }) => {
    const { page } = await open(`runs/${RUNS.failed}?tab=logs&step=3`);
    await page.getByText('epoch 2 loss 0.4').waitFor();
    expect(await page.locator('.ansi-1').textContent()).toBe('Error: shape mismatch');
    await page.getByRole('link', { name: 'Link to this line' }).nth(1).click();
    expect(new URL(page.url()).hash).toMatch(/^#L./u);
    await page.reload();
    await page.locator('.bg-selected', { hasText: 'epoch 2 loss 0.4' }).waitFor();
  });

  test('names and logs that are markup are text', async ({ open }) => {
    const { page, expectProblem } = await open(`runs/${RUNS.hostile}?tab=steps`);
    expectProblem(NO_VERSION);
    for (const name of HOSTILE_NAMES.slice(0, 3))
      await page.getByRole('button', { name, exact: true }).waitFor();
    for (const tab of ['logs&step=0', 'parameters', 'events', 'artifacts', 'metrics', 'graph']) {
      await page.goto(page.url().replace(/tab=.*/u, `tab=${tab}`));
      await page.locator('main header').getByText('failed').first().waitFor();
      expect(await page.locator('main img, main script, main svg[onload]').count()).toBe(0);
    }
  });

  test('a long line of a log is cut, and shown whole on request', async ({ open }) => {
    const { page } = await open(`runs/${RUNS.hostile}?tab=logs&step=0`);
    const more = page.getByRole('button', { name: /more characters: show all/ });
    await more.waitFor();
    await more.click();
    await page.getByRole('dialog', { name: /A line of 20,005 characters/ }).waitFor();
    expect(await page.getByRole('dialog').locator('*').count()).toBeLessThan(400);
  });

  test('a link of a terminal to a script is text, and one to a page is shown in full', async ({
    open,
  }) => {
    const { page } = await open(`runs/${RUNS.hostile}?tab=logs&step=0`);
    const link = page.getByRole('link', { name: 'https://example.com/' });
    await link.waitFor();
    expect(await link.getAttribute('rel')).toBe('noopener noreferrer');
    expect(await page.locator('a[href^="javascript:"]').count()).toBe(0);
  });

  test('values that are not finite are named beside their chart', async ({ open }) => {
    const { page } = await open(`runs/${RUNS.notANumber}?tab=metrics&step=0`);
    await page.getByText(/^2 not finite: /u).waitFor();
    await page.locator('article[aria-label] [role=img] canvas').first().waitFor();
  });

  test('a link to a run that does not exist states the problem', async ({ open }) => {
    const { page, expectProblem } = await open('runs');
    expectProblem(/status of 404/);
    const missing = RUNS.failed.replace(/.$/u, 'z');
    await page.goto(page.url().replace(/runs.*/u, `runs/${missing}`));
    await page.getByRole('alert').getByText(missing).waitFor();
  });

  test('with an older service, the header is shown and the tabs name the command', async ({
    open,
  }) => {
    const { page, expectProblem } = await open('runs');
    expectProblem(/status of 404/);
    await page.route(/\/(state|graph|changes|timings)(\?|$)/u, (route) =>
      route.fulfill({
        status: 404,
        contentType: 'application/problem+json',
        body: '{"type":"urn:headrace:problem:not-found","title":"Not found","status":404,"detail":"no such route"}',
      }),
    );
    await page.goto(page.url().replace(/runs.*/u, `runs/${RUNS.failed}`));
    await page.getByText('This service is older than the console:').waitFor();
    await page.getByText(`headrace runs show ${RUNS.failed}`).waitFor();
  });

  test('an action that is refused states why', async ({ open }) => {
    const { page } = await open(`runs/${RUNS.completed}`);
    const resume = page.getByRole('button', { name: 'Resume…' });
    await resume.waitFor();
    expect(await resume.isDisabled()).toBe(true);
    expect(await resume.getAttribute('title')).toContain('The run is completed');
  });
});

describe('the page of a step', () => {
  test('it has the steps before and after it, and its log and document', async ({ open }) => {
    const { page } = await open(`runs/${RUNS.failed}/steps/3`);
    await page.getByText('shape mismatch').first().waitFor();
    await page
      .getByRole('link', { name: 'train ' })
      .or(page.getByRole('link', { name: /‹/ }))
      .first()
      .waitFor();
    await page.keyboard.press('j');
    await page.getByRole('heading', { name: /train_2/ }).waitFor();
    await page.keyboard.press('k');
    await page.keyboard.press('l');
    await page.getByText('epoch 1 loss 0.9').waitFor();
    await page.getByRole('link', { name: 'Raw' }).click();
    await page.getByText('"component": "train"').waitFor();
    expect(await violationsOf(page)).toEqual([]);
  });
});
