import type { Page } from 'playwright-core';
import { describe, expect } from 'vitest';
import { seedShop } from './seeds/shop.ts';
import { consoleTest } from './support/console-test.ts';

const test = consoleTest(seedShop);

/** Selects runs by their names, and leaves the list as it is. */
async function select(page: Page, ...names: readonly string[]): Promise<void> {
  for (const name of names) await page.getByLabel(`Select ${name}`, { exact: true }).check();
}

const row = (page: Page, name: string) => page.getByRole('row', { name: new RegExp(name, 'u') });

describe('actions on several runs', () => {
  test('tags are added and removed', async ({ open }) => {
    const { page } = await open('runs');
    await select(page, 'shop#1', 'shop#2');
    await page.getByRole('button', { name: 'Tag…' }).click();
    const dialog = page.getByRole('dialog', { name: 'Tags of 2 runs' });
    expect(await dialog.getByRole('button', { name: 'Apply' }).isDisabled()).toBe(true);
    await dialog.getByLabel('Add, separated by commas').fill('best, weekly');
    await dialog.getByRole('button', { name: 'Apply' }).click();
    await page.getByText('Tagged 2 runs.').waitFor();
    for (const name of ['shop #1', 'shop #2']) await row(page, name).getByText('weekly').waitFor();
    await page.getByRole('button', { name: 'Tag…' }).click();
    await dialog.getByLabel('weekly').check();
    await dialog.getByRole('button', { name: 'Apply' }).click();
    await row(page, 'shop #1').getByText('weekly').waitFor({ state: 'detached' });
    await row(page, 'shop #1').getByText('best').waitFor();
  });

  test('an abort names the runs that are stopped, and what is kept', async ({ open }) => {
    const { page } = await open('runs');
    await select(page, 'shop#1');
    const abort = page.getByRole('button', { name: 'Abort…' });
    expect(await abort.isDisabled()).toBe(true);
    await abort.press('Enter');
    await page.getByRole('status').getByText('None of these runs is queued or running.').waitFor();
    await select(page, 'forecast-daily#1');
    await abort.click();
    const dialog = page.getByRole('dialog', { name: 'Abort forecast-daily#1?' });
    await dialog.getByText('Results of completed steps are kept').waitFor();
    expect(await dialog.getByRole('listitem').allInnerTexts()).toEqual([
      expect.stringContaining('forecast-daily#1'),
    ]);
    await dialog.getByRole('button', { name: 'Abort' }).click();
    await page.getByText('Aborting 1 run.').waitFor();
  });

  test('archived runs leave the list, and a filter shows them', async ({ open }) => {
    const { page } = await open('runs');
    await select(page, 'churn-train#1');
    await page.getByRole('button', { name: 'More actions' }).click();
    await page.getByRole('menuitem', { name: 'Archive' }).click();
    await page.getByText('Archived 1 run.').waitFor();
    await page.reload();
    await row(page, 'shop #1').waitFor();
    expect(await row(page, 'churn-train').count()).toBe(0);
    await page.getByRole('button', { name: '+ filter' }).click();
    await page.getByRole('menuitem', { name: 'archived runs, too' }).click();
    await row(page, 'churn-train').getByText('archived', { exact: true }).waitFor();
    await select(page, 'churn-train#1');
    await page.getByRole('button', { name: 'More actions' }).click();
    await page.getByRole('menuitem', { name: 'Unarchive' }).click();
    await row(page, 'churn-train')
      .getByText('archived', { exact: true })
      .waitFor({ state: 'detached' });
  });

  test('a removal states what is deleted, and wants its name typed', async ({ open }) => {
    const { page } = await open('runs?pipeline=iris');
    const list = page.getByRole('grid', { name: 'Runs' });
    await list.getByRole('checkbox').nth(2).waitFor();
    const names = await list
      .getByRole('checkbox')
      .evaluateAll((boxes) =>
        boxes.map((box) => (box.getAttribute('aria-label') ?? '').replace('Select ', '')),
      );
    expect(names.length).toBeGreaterThan(2);
    const ended = await list
      .getByRole('row', { name: /completed/u })
      .getByRole('checkbox')
      .first()
      .getAttribute('aria-label');
    const name = ended?.replace('Select ', '') ?? '';
    await select(page, name);
    await page.getByRole('button', { name: 'More actions' }).click();
    await page.getByRole('menuitem', { name: 'Remove…' }).click();
    const dialog = page.getByRole('dialog', { name: `Remove ${name}?` });
    await dialog.getByText('This cannot be undone.').waitFor();
    const remove = dialog.getByRole('button', { name: 'Remove', exact: true });
    expect(await remove.isDisabled()).toBe(true);
    await dialog.getByLabel(/^Type/u).fill(name);
    await remove.click();
    await page.getByText('Removed 1 run.').waitFor();
    expect(await page.getByLabel(`Select ${name}`, { exact: true }).count()).toBe(0);
  });
});

describe('what the list shows', () => {
  test('a metric and a parameter are columns, and the address keeps them', async ({ open }) => {
    const { page } = await open('runs?pipeline=shop');
    await row(page, 'shop #1').waitFor();
    const add = async (kind: string, label: RegExp, name: string) => {
      await page.getByRole('dialog').getByRole('combobox').first().selectOption(kind);
      await page.getByRole('dialog').getByLabel(label).fill(name);
      await page.keyboard.press('Enter');
    };
    await page.getByRole('button', { name: 'View', exact: true }).click();
    await page.getByRole('menuitem', { name: 'Columns…' }).click();
    await add('parameter', /^Name/u, 'rate');
    await page.getByRole('dialog').getByLabel('Steps', { exact: true }).uncheck();
    await page.getByRole('button', { name: 'Done' }).click();
    const headers = page.getByRole('columnheader');
    await expect.poll(() => headers.allInnerTexts()).toContain('RATE');
    expect(await headers.allInnerTexts()).not.toContain('STEPS');
    await row(page, 'shop #2').getByText('0.25').waitFor();
    await page.reload();
    await row(page, 'shop #2').getByText('0.25').waitFor();
  });

  test('a filter that is not valid states why, and conditions on values are checked', async ({
    open,
  }) => {
    const { page } = await open('runs');
    await row(page, 'shop #1').waitFor();
    const field = page.getByRole('combobox', { name: 'Filter as text' });
    await field.fill('status:unknown');
    await field.press('Enter');
    await page
      .getByRole('alert')
      .getByText(/status/u)
      .waitFor();
    await field.fill('pipeline:shop rate<0.4');
    await field.press('Enter');
    await page.getByText('1 run of the 2 loaded ones fulfil the conditions').waitFor();
    await row(page, 'shop #2').waitFor();
  });
});
