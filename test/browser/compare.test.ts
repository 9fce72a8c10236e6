import type { Page } from 'playwright-core';
import { describe, expect } from 'vitest';
import { COMPARED, seedComparedRuns } from './seeds/homes.ts';
import { violationsOf } from './support/accessibility.ts';
import { runComparedProject } from './support/compared-project.ts';
import { consoleTest } from './support/console-test.ts';

let runs: readonly [string, string, string];

const test = consoleTest(async (home, folder) => {
  runs = await runComparedProject(folder, home);
  await seedComparedRuns(home);
});

const parameter = (page: Page, name: string) => new URL(page.url()).searchParams.get(name);
const row = (page: Page, name: RegExp) => page.getByRole('row', { name });
/** The texts of the cells of a row, after its name. */
const cellsOf = async (page: Page, name: RegExp) => {
  await row(page, name).waitFor();
  return (await row(page, name).getByRole('gridcell').allTextContents()).slice(1);
};
const figure = (page: Page, name: string) => page.getByRole('img', { name, exact: true });

/** The names of lines at the pointer while it goes down through a chart. */
async function linesOf(page: Page, name: string): Promise<ReadonlySet<string>> {
  const chart = figure(page, name);
  await chart.waitFor();
  const place = await chart.boundingBox();
  if (place === null) throw new Error('the chart has no place on the page');
  const found = new Set<string>();
  for (let y = 4; y < place.height; y += 4) {
    await page.mouse.move(place.x + place.width * 0.6, place.y + y);
    for (const [line] of (await chart.textContent())?.matchAll(/#\d+/gu) ?? []) found.add(line);
  }
  return found;
}

describe('three runs', () => {
  // The first test waits for the three runs of the command, too.
  test('only parameters and facts that differ are shown, until all are', {
    timeout: 180_000,
  }, async ({ open }) => {
    const { page } = await open(`compare?runs=${runs.join(',')}`);
    await page.getByRole('heading', { name: 'Compare 3 runs' }).waitFor();
    const rates = await cellsOf(page, /Args \/ rate/u);
    expect(rates.map((text) => Number.parseFloat(text))).toEqual([0.2, 0.7, 2]);
    expect(rates[1]).toContain('higher than in the base run');
    expect(await cellsOf(page, /Run \/ version/u)).toEqual(['1.0.0', '1.0.0', '1.0.1']);
    expect(await row(page, /Run \/ pipeline/u).count()).toBe(0);
    await page.getByLabel('only differences').uncheck();
    await row(page, /Run \/ pipeline/u).waitFor();
    expect(parameter(page, 'diff')).toBe('all');
    await page.reload();
    await row(page, /Run \/ pipeline/u).waitFor();
    await page.getByRole('radio', { name: '#3 is the base' }).check();
    await page.getByRole('columnheader', { name: '#3 (base)' }).waitFor();
    expect(parameter(page, 'base')).toBe(runs[2]);
    expect((await cellsOf(page, /Args \/ rate/u))[0]).toContain('lower than in the base run');
    expect(await violationsOf(page)).toEqual([]);
  });

  test('a run is removed from the comparison and from its address', async ({ open }) => {
    const { page } = await open(`compare?runs=${runs.join(',')}`);
    await page.getByRole('heading', { name: 'Compare 3 runs' }).waitFor();
    await page
      .getByRole('button', { name: /Remove #\d+ from the comparison/u })
      .first()
      .click();
    await page.getByRole('heading', { name: 'Compare 2 runs' }).waitFor();
    expect(new URL(page.url()).searchParams.get('runs')?.split(',')).toHaveLength(2);
  });

  test('metrics are compared by their last, lowest and highest values', async ({ open }) => {
    const { page } = await open(`compare?runs=${runs.join(',')}&tab=metrics`);
    const loss = /train \/ loss\/train/u;
    const last = (await cellsOf(page, loss)).map((text) => Number.parseFloat(text));
    expect(last.map((value) => value.toFixed(2))).toEqual(['0.21', '0.07', '0.05']);
    await page.getByRole('radio', { name: 'max' }).check();
    await page.getByText('The runs do not differ here.').waitFor();
    expect(parameter(page, 'stat')).toBe('max');
    await page.getByLabel('only differences').uncheck();
    expect(await cellsOf(page, loss)).toEqual(['1', '1', '1']);
  });

  test('a chart has a line of each run', async ({ open }) => {
    const { page } = await open(`compare?runs=${runs.join(',')}&tab=charts`);
    const legend = page.getByRole('list', { name: 'Lines' }).getByRole('listitem');
    const chart = 'train loss/train of 3 runs';
    await figure(page, chart).waitFor();
    expect(await legend.allTextContents()).toEqual(['#1', '#2', '#3']);
    expect(await linesOf(page, chart)).toEqual(new Set(['#1', '#2', '#3']));
    await page.getByLabel('Filter').fill('accuracy');
    await page.getByText('No metric fits the filter.').waitFor();
    expect(parameter(page, 'm')).toBe('accuracy');
  });

  test('the graph tab has what each run executed, and where two structures differ', async ({
    open,
  }) => {
    const { page } = await open(`compare?runs=${runs.join(',')}&tab=graph`);
    const [first, second, third] = await cellsOf(page, /Components \/ score/u);
    expect([first, second]).toEqual(['– ', '– ']);
    expect(third).toMatch(/^× 1 .*\+ new$/u);
    const structure = page.getByRole('region', { name: 'Structure' });
    await structure.getByRole('combobox').selectOption('#3');
    expect(parameter(page, 'with')).toBe(runs[2]);
    const added = structure.getByRole('row', { name: /score.*\+ new/u });
    await added.waitFor();
    await page.getByLabel('only differences').uncheck();
    await structure.getByRole('row', { name: /^load/u }).waitFor();
    await page.reload();
    await added.waitFor();
  });

  test('the code tab has the lines that differ', async ({ open }) => {
    const { page } = await open(`compare?runs=${runs.join(',')}&tab=code`);
    // At first the code of the pipeline itself is compared.
    await page
      .getByRole('table', { name: 'The code of pipeline in #1 and #3' })
      .getByRole('row', { name: /added.*score/u })
      .first()
      .waitFor();
    const hashes = await cellsOf(page, /Code \/ train/u);
    const [logic, sameLogic] = await cellsOf(page, /Code \/ pipeline/u);
    expect(logic).toBe(sameLogic);
    expect(hashes[0]).toBe(hashes[1]);
    expect(hashes[2]).not.toBe(hashes[0]);
    expect(await row(page, /Code \/ load/u).count()).toBe(0);
    await page.getByRole('button', { name: 'Show the code of train in #3' }).click();
    const difference = page.getByRole('table', { name: 'The code of train in #1 and #3' });
    await difference.getByRole('row', { name: /added.*2 \/ \(2 \+ rate \* epoch\)/u }).waitFor();
    await difference.getByRole('row', { name: /removed.*1 \/ \(1 \+ rate \* epoch\)/u }).waitFor();
    expect([parameter(page, 'code'), parameter(page, 'with')]).toEqual(['train', runs[2]]);
  });
});

describe('100 runs', () => {
  const address = `compare?runs=${COMPARED.join(',')}`;

  test('their comparison opens, scrolls in both directions, and draws all lines', async ({
    open,
  }) => {
    const { page } = await open(`${address}&diff=all`);
    await page.getByRole('heading', { name: 'Compare 100 runs' }).waitFor();
    expect((await cellsOf(page, /Args \/ option7/u)).length).toBe(100);
    const grid = page.getByRole('grid', { name: 'Parameters' });
    await grid.evaluate((each) => each.scrollTo(each.scrollWidth, each.scrollHeight));
    await row(page, /Args \/ option39/u).waitFor();
    const last = page.getByRole('columnheader', { name: '#100', exact: true });
    const isVisible = () =>
      last.evaluate((each) => {
        const { left, right } = each.getBoundingClientRect();
        return left >= 0 && right <= innerWidth;
      });
    await expect.poll(isVisible).toBe(true);
    await page.getByRole('link', { name: 'Graph' }).click();
    await page.getByText('The runs do not differ here.').or(row(page, /train/u)).first().waitFor();
    await page.getByRole('link', { name: 'Charts' }).click();
    await figure(page, 'train loss/train of 100 runs').waitFor();
  });

  test('the hundred and first run is not added, and the page says so', async ({ open }) => {
    const { page } = await open(address);
    await page.getByRole('heading', { name: 'Compare 100 runs' }).waitFor();
    await page.getByLabel('Add a run').fill(runs[0]);
    await page.keyboard.press('Enter');
    await page.getByText('At most 100 runs are compared').waitFor();
    await page.goto(`${page.url()},${runs[0]}`);
    await page.getByText('The address names 101 runs; the first 100 are compared.').waitFor();
    await page.getByRole('heading', { name: 'Compare 100 runs' }).waitFor();
  });
});
