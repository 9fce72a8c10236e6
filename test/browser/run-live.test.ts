import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { describe, expect } from 'vitest';
import { consoleTest } from './support/console-test.ts';
import { openGate, startLiveRun, writeLiveProject } from './support/live-project.ts';

const test = consoleTest((_, folder) => writeLiveProject(folder));

const header = (page: Page) => page.locator('main header');
const status = (page: Page, text: string) =>
  header(page).getByText(new RegExp(`^\\W?${text}$`, 'u'));

describe('a run while it changes', () => {
  test('a run is watched from its start to its end without a reload', async ({ open, server }) => {
    const run = await startLiveRun(server, 'gated');
    const { page } = await open(`runs/${run}?tab=steps`);
    await status(page, 'running').waitFor();
    const row = page.getByRole('row', { name: /load.*running/ }).first();
    await row.waitFor();
    const folder = join(server.home, '..');
    await openGate(folder, 'load');
    await page
      .getByRole('row', { name: /train_1/ })
      .first()
      .waitFor();
    await openGate(folder, 'train');
    await status(page, 'completed').waitFor();
    expect(await header(page).getByText('3 completed').count()).toBe(1);
  });

  test('its graph follows it: new boxes, their counts, and the text at the pointer', async ({
    open,
    server,
  }) => {
    const run = await startLiveRun(server, 'watched');
    const folder = join(server.home, '..');
    const { page } = await open(`runs/${run}?tab=graph&dir=TB`);
    const boxes = page.getByRole('toolbar', { name: 'Boxes of the graph' });
    await boxes.getByRole('button', { name: 'load, completed' }).waitFor();
    const train = boxes.getByRole('button', { name: 'train × 2, 2 running' });
    await train.waitFor();
    const place = await train.boundingBox();
    if (place === null) throw new Error('the box has no place on the page');
    await page.mouse.move(place.x + 30, place.y + 14);
    await page.getByTestId('tooltip').getByText('2 running').waitFor();
    await openGate(folder, 'watched');
    await page.getByTestId('tooltip').getByText('2 done').waitFor();
    await boxes.getByRole('button', { name: 'train × 2, 2 done' }).waitFor();
    await status(page, 'completed').waitFor();
  });

  test('a lost connection is reported, and the page recovers', async ({ open, server }) => {
    const run = await startLiveRun(server, 'signal');
    const { page, expectProblem } = await open('runs');
    expectProblem(/net::ERR_FAILED|Failed to load resource/);
    await page.route(/\/changes\?/u, (route) => route.abort());
    await page.goto(`${server.origin}/console/runs/${run}`);
    await page.getByText('The connection is lost.').waitFor();
    await page.unroute(/\/changes\?/u);
    await page.getByRole('button', { name: 'Try now' }).click();
    await page.getByText('The connection is lost.').waitFor({ state: 'detached' });
  });
});

describe('actions of a run', () => {
  test('an abort states what is stopped, and stops the run', async ({ open, server }) => {
    const run = await startLiveRun(server, 'signal');
    const { page } = await open(`runs/${run}?tab=steps`);
    await header(page).getByText('3 completed').waitFor();
    await page.getByRole('button', { name: 'Abort…' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByText('the results of 3 completed steps').waitFor();
    await dialog.getByLabel('Reason (optional)').fill('wrong <b>data</b>');
    await dialog.getByRole('button', { name: 'Abort the run' }).click();
    await status(page, 'aborted').waitFor();
    await page.getByText('Abort requested: wrong <b>data</b>').waitFor();
  });

  test('an abort of running steps states how many, and a resume continues with the rest', async ({
    open,
    server,
  }) => {
    const run = await startLiveRun(server, 'paused');
    const { page } = await open(`runs/${run}?tab=steps`);
    await header(page).getByText('1 completed').waitFor();
    await header(page).getByText('2 running').waitFor();
    await page.getByRole('button', { name: 'Abort…' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByText('Stopped: 2 queued or running steps.').waitFor();
    await dialog.getByText('Kept: the results of 1 completed step;').waitFor();
    await dialog.getByRole('button', { name: 'Abort the run' }).click();
    await status(page, 'aborted').waitFor();
    await openGate(join(server.home, '..'), 'paused');
    await page.getByRole('button', { name: 'Resume…' }).click();
    await dialog.getByText('the results of 1 step').waitFor();
    await dialog.getByText('2 steps, and those that the run did not reach').waitFor();
    await dialog.getByRole('button', { name: 'Resume the run' }).click();
    await status(page, 'completed').waitFor();
    expect(await header(page).getByText('3 completed').count()).toBe(1);
  });

  test('a run that waits for an approval states it, and continues with the value', async ({
    open,
    server,
  }) => {
    const run = await startLiveRun(server, 'signal');
    const { page } = await open(`runs/${run}?tab=events`);
    await header(page).getByText('3 completed').waitFor();
    await page.getByRole('button', { name: 'Send approve…' }).click();
    const dialog = page.getByRole('dialog', { name: 'Send the signal approve' });
    await dialog.getByText('All waits of the run for this signal receive the value').waitFor();
    await dialog.getByText('Kept: the results of 3 completed steps.').waitFor();
    const value = dialog.getByLabel('Value (JSON)');
    await value.fill('{"by":');
    await dialog.getByText('This is not JSON.').waitFor();
    expect(await dialog.getByRole('button', { name: 'Send the signal' }).isDisabled()).toBe(true);
    await value.fill('"yes"');
    await dialog.getByText(`headrace runs signal ${run} approve`).waitFor();
    await dialog.getByRole('button', { name: 'Send the signal' }).click();
    await status(page, 'completed').waitFor();
    await page.getByRole('button', { name: 'Send approve…' }).waitFor({ state: 'detached' });
  });

  test('a failed run is resumed; completed steps are kept', async ({ open, server }) => {
    const run = await startLiveRun(server, 'failing');
    const { page } = await open(`runs/${run}?tab=steps`);
    await status(page, 'failed').waitFor();
    await openGate(join(server.home, '..'), 'mended');
    await page.getByRole('button', { name: 'Resume…' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByText('the results of 2 steps').waitFor();
    await dialog.getByText('headrace runs resume').waitFor();
    await dialog.getByRole('button', { name: 'Resume the run' }).click();
    await status(page, 'completed').waitFor();
  });

  test('a rerun from a step adopts the steps before it', async ({ open, server }) => {
    const run = await startLiveRun(server, 'plain');
    const { page } = await open(`runs/${run}?tab=steps&step=1`);
    await status(page, 'completed').waitFor();
    await page.getByRole('button', { name: 'Rerun from here…' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByText(/^the results of 1 step/u).waitFor();
    await dialog.getByRole('button', { name: 'Start the new run' }).click();
    await page.waitForURL((url) => !url.href.includes(run));
    await page.getByText(/rerun of/).waitFor();
    await status(page, 'completed').waitFor();
    await page.goto(`${server.origin}${new URL(page.url()).pathname}?tab=steps&step=0`);
    await page.getByText('Adopted from').waitFor();
  });

  test('a removed run leads to the list, and its link states that it is gone', async ({
    open,
    server,
  }) => {
    const run = await startLiveRun(server, 'plain');
    const { page, expectProblem } = await open(`runs/${run}`);
    await status(page, 'completed').waitFor();
    await page.getByRole('button', { name: 'Remove…' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Remove the run' }).click();
    await page.waitForURL(/\/console\/runs$/u);
    expectProblem(/status of (404|410)/);
    await page.goto(`${server.origin}/console/runs/${run}`);
    await page.getByRole('alert').getByText(run).waitFor();
  });

  test('a tag is added and removed', async ({ open, server }) => {
    const run = await startLiveRun(server, 'plain');
    const { page } = await open(`runs/${run}`);
    await page.getByRole('button', { name: '+ tag' }).click();
    await page.getByLabel('A new tag').fill('best');
    await page.keyboard.press('Enter');
    await page.getByRole('button', { name: 'Remove the tag best' }).click();
    await page.getByRole('button', { name: 'Remove the tag best' }).waitFor({ state: 'detached' });
  });
});
