import type { Page } from 'playwright-core';
import { describe, expect } from 'vitest';
import { servedBy } from './support/console-test.ts';
import { serveDeployment } from './support/deployed-project.ts';

const test = servedBy(serveDeployment);

/** The first test starts the emulators and deploys the stack. */
const START_TIMEOUT_MS = 300_000;

const status = (page: Page, text: string) =>
  page
    .locator('main header')
    .getByText(new RegExp(`^\\W?${text}$`, 'u'))
    .waitFor();

describe('the API of a deployed stack behind headrace console', () => {
  test('a run is found in the list and watched to its end, with its log, metrics and artifact', {
    timeout: START_TIMEOUT_MS,
  }, async ({ open, server }) => {
    const run = await server.startRun('watched');
    const { page } = await open('runs');
    await page
      .getByRole('link', { name: /^deployed #\d/u })
      .first()
      .click();
    await page.waitForURL((url) => url.pathname.endsWith(`/runs/${run}`));
    await page.keyboard.press('1');
    await page.getByRole('img', { name: /^Graph of 2 steps/u }).waitFor();
    await page.getByRole('button', { name: /^load, running/u }).waitFor();
    await server.openGate('watched');
    await page.getByRole('button', { name: /^train, completed/u }).waitFor();
    await status(page, 'completed');

    const show = (search: string) => page.goto(`${server.origin}/console/runs/${run}?${search}`);
    await show('tab=logs&step=0');
    await page.getByText('reading <b>watched</b>').waitFor();
    await show('tab=metrics&step=1');
    await page.locator('article[aria-label] [role=img] canvas').first().waitFor();
    await show('tab=artifacts');
    await page.getByRole('button', { name: /^rows/u }).click();
    await page.getByText('Float64Array(20,000) [0.25').waitFor();
    const downloading = page.waitForEvent('download');
    await page.getByRole('link', { name: 'Download' }).click();
    const download = await downloading;
    expect(new URL(download.url()).origin).toBe(server.origin);
    expect(await download.failure()).toBeNull();
  });

  test('a run is started from the form with a changed value, and aborted', {
    timeout: START_TIMEOUT_MS,
  }, async ({ open }) => {
    const { page } = await open('new?project=cloud&pipeline=deployed');
    await page.getByRole('button', { name: 'from *' }).click();
    await page.getByRole('textbox', { name: 'from' }).fill('never');
    await page.getByRole('textbox', { name: 'depth' }).fill('8');
    await page.getByRole('button', { name: 'Start' }).click();
    await page.waitForURL(/\/runs\/[0-9a-z]{26}/u);
    await status(page, 'running');
    await page.keyboard.press('7');
    await page.getByRole('row', { name: /depth.*8/u }).waitFor();
    await page.getByRole('button', { name: 'Abort…' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Reason (optional)').fill('enough');
    await dialog.getByRole('button', { name: 'Abort the run' }).click();
    // The message leaves the page by itself; the abort takes as long as the deployment.
    await page.getByText('Abort requested: enough').waitFor();
    await status(page, 'aborted');
  });

  test('the queues are listed with the running steps of the account', {
    timeout: START_TIMEOUT_MS,
  }, async ({ open, server }) => {
    await server.startRun('queued');
    const { page } = await open('runs?status=running');
    await page
      .getByRole('link', { name: /^deployed #\d/u })
      .first()
      .waitFor();
    await page.goto(`${server.origin}/console/queues`);
    await page.getByRole('row', { name: /^default\D* 1\b/u }).waitFor();
    await server.openGate('queued');
  });
});
