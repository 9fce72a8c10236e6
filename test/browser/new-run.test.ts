import { describe, expect } from 'vitest';
import { consoleTest } from './support/console-test.ts';
import { startLiveRun, writeLiveProject } from './support/live-project.ts';

const test = consoleTest((_, folder) => writeLiveProject(folder));

describe('the form of a new run', () => {
  test('a run is started with a changed value, and the address keeps the value', async ({
    open,
    server,
  }) => {
    await startLiveRun(server, 'plain');
    const { page } = await open('new?pipeline=live');
    const mode = page.getByRole('textbox', { name: 'mode' });
    await mode.waitFor();
    expect(await mode.inputValue()).toBe('gated');
    await mode.fill('plain');
    await page.getByText('1 change from the defaults').waitFor();
    await page.getByText("headrace start default/live --arg 'mode=plain'").waitFor();
    await page.waitForURL(/a\.mode=plain/u);
    await page.reload();
    await mode.waitFor();
    expect(await mode.inputValue()).toBe('plain');
    await page.getByRole('button', { name: 'Start' }).click();
    await page.waitForURL(/\/runs\/[0-9a-z]{26}/u);
    await page.locator('main header').getByText('completed').first().waitFor();
  });

  test('an empty text is a value: it is kept in the address, and the run has it', async ({
    open,
    server,
  }) => {
    await startLiveRun(server, 'plain');
    const { page } = await open('new?pipeline=live');
    const mode = page.getByRole('textbox', { name: 'mode' });
    await mode.fill('');
    await page.waitForURL(/[?&]a\.mode=(&|$)/u);
    await page.reload();
    await mode.waitFor();
    expect(await mode.inputValue()).toBe('');
    await page.getByText('1 change from the defaults').waitFor();
    await page.getByText("headrace start default/live --arg 'mode='").waitFor();
    await page.getByRole('button', { name: 'Start', exact: true }).click();
    await page.waitForURL(/\/runs\/[0-9a-z]{26}/u);
    await page.locator('main header').getByText('completed').first().waitFor();
    await page.keyboard.press('7');
    await page.getByRole('row', { name: /mode.*""/u }).waitFor();
  });

  test('a link fills the form, and a value that does not fit is reported beside its field', async ({
    open,
    server,
  }) => {
    await startLiveRun(server, 'plain');
    const { page } = await open('new?pipeline=live&a.mode=plain&tag=nightly&cache=0');
    await page.getByRole('textbox', { name: 'mode' }).waitFor();
    expect(await page.getByLabel('Tags').inputValue()).toBe('nightly');
    expect(await page.getByLabel('Use the cache').isChecked()).toBe(false);
    await page.getByText("--arg 'mode=plain' --tag nightly --no-cache").waitFor();
  });

  test('a rerun has the values of its run, and states what it adopts', async ({ open, server }) => {
    const run = await startLiveRun(server, 'plain');
    const { page } = await open(`new?from=${run}&rerun=1&step=train`);
    await page.getByText('before the step train').waitFor();
    await page.getByText(/had plain/u).waitFor();
    await page.getByText(`headrace runs rerun ${run} --from train`).waitFor();
    await page.getByRole('button', { name: 'Start', exact: true }).click();
    await page.waitForURL((url) => !url.href.includes(run) && url.pathname.includes('/runs/'));
    await page.getByText(/rerun of/u).waitFor();
    await page.locator('main header').getByText('3 completed').waitFor();
    await page.goto(`${server.origin}${new URL(page.url()).pathname}?tab=steps&step=0`);
    await page.getByText('Adopted from').waitFor();
  });

  test('a pipeline is chosen by keyboard alone, and its run is started', async ({
    open,
    server,
  }) => {
    await startLiveRun(server, 'plain');
    const { page } = await open('new');
    await page.getByRole('link', { name: /live/u }).first().focus();
    await page.keyboard.press('Enter');
    const mode = page.getByRole('textbox', { name: 'mode' });
    await mode.focus();
    await page.keyboard.press('ControlOrMeta+A');
    await page.keyboard.type('plain');
    await page.keyboard.press('Control+Enter');
    await page.waitForURL(/\/runs\/[0-9a-z]{26}/u);
  });
});
