import type { Page } from 'playwright-core';
import { describe, expect } from 'vitest';
import { BAR, HEADER, PADDING } from '../../console/src/graph/model/box-sizes.ts';
import { STATUSES } from '../../console/src/live/statuses.ts';
import { RUNS, seedLargeRun, seedLayeredRun, seedWideMap } from './seeds/homes.ts';
import { consoleTest } from './support/console-test.ts';

const test = consoleTest(async (home) => {
  await seedLargeRun(home, 1_000);
  await seedWideMap(home, 400);
  await seedLayeredRun(home, 5_000);
});

const parameter = (page: Page, name: string) => new URL(page.url()).searchParams.get(name);
const button = (page: Page, name: RegExp) =>
  page.getByRole('toolbar', { name: 'Boxes of the graph' }).getByRole('button', { name });
const tooltip = (page: Page) => page.getByTestId('tooltip');

interface Place {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** Where a box of the graph is on the page. */
async function placeOf(page: Page, name: RegExp): Promise<Place> {
  await button(page, name).waitFor();
  const place = await button(page, name).boundingBox();
  if (place === null) throw new Error(`${name} has no place on the page`);
  return place;
}

const xOf = async (page: Page, name: RegExp) => (await placeOf(page, name)).x;
const widthOf = async (page: Page, name: RegExp) => (await placeOf(page, name)).width;

/** A point of the title of a box. */
async function titleOf(page: Page, name: RegExp): Promise<readonly [x: number, y: number]> {
  const { x, y } = await placeOf(page, name);
  return [x + 30, y + 14];
}

/** A point of the first cell of a box. */
async function firstCellOf(page: Page, name: RegExp): Promise<readonly [x: number, y: number]> {
  const { x, y, width } = await placeOf(page, name);
  const scale =
    width / (await button(page, name).evaluate((each: HTMLElement) => each.offsetWidth));
  return [x + (PADDING + BAR) * scale + 2, y + HEADER * scale + 2];
}

async function drag(page: Page, from: readonly [number, number], to: readonly [number, number]) {
  await page.mouse.move(...from);
  await page.mouse.down();
  await page.mouse.move(...to, { steps: 4 });
  await page.mouse.up();
}

describe('the pointer on the graph', () => {
  const address = `runs/${RUNS.large}?tab=graph&dir=TB`;
  const prep = /^prep × 1,000/;

  test('the wheel zooms at the pointer, and a drag pans', async ({ open }) => {
    const { page } = await open(address);
    // What the header of the run still reads may move the graph.
    await page.waitForLoadState('networkidle');
    const before = await placeOf(page, prep);
    const [x, y] = [before.x + before.width / 4, before.y + before.height / 2];
    await page.mouse.move(x, y);
    await page.mouse.wheel(0, -300);
    await expect.poll(() => widthOf(page, prep)).toBeGreaterThan(before.width * 1.3);
    const shareAbove = async () => {
      const place = await placeOf(page, prep);
      return (y - place.y) / place.height;
    };
    await expect.poll(shareAbove).toBeCloseTo(0.5, 1);
    const after = await placeOf(page, prep);
    expect((x - after.x) / after.width).toBeCloseTo(0.25, 1);

    const { x: left, y: top, width } = after;
    await drag(page, [left + width + 40, y], [left + width + 140, y + 30]);
    await expect.poll(async () => Math.round((await xOf(page, prep)) - left)).toBe(100);
    expect(Math.round((await placeOf(page, prep)).y - top)).toBe(30);
    await page.keyboard.press('0');
    await expect.poll(() => widthOf(page, prep)).toBeCloseTo(before.width, 0);
  });

  test('the small map is shown while a part is visible, and a click there moves to it', async ({
    open,
  }) => {
    const { page } = await open(address);
    await button(page, prep).waitFor();
    const map = page.getByTestId('minimap');
    expect(await map.isHidden()).toBe(true);
    const canvas = await page.getByRole('img', { name: /^Graph of/ }).boundingBox();
    if (canvas === null) throw new Error('there is no canvas');
    const bottom = canvas.y + canvas.height;
    await page.mouse.move(canvas.x + canvas.width / 2, bottom - 20);
    await page.mouse.wheel(0, -900);
    await map.waitFor();
    await button(page, /^load/).waitFor({ state: 'hidden' });
    await map.click({ position: { x: 84, y: 8 } });
    const middle = async () => {
      const { y, height } = await placeOf(page, /^load/);
      return Math.abs(y + height / 2 - (canvas.y + canvas.height / 2));
    };
    await expect.poll(middle).toBeLessThan(canvas.height / 3);
  });

  test('a drag over cells opens their steps', async ({ open }) => {
    const { page } = await open(address);
    const [x, y] = await firstCellOf(page, prep);
    await drag(page, [x, y], [x + 60, y]);
    await page.waitForURL(/tab=steps/u);
    expect(parameter(page, 'component')).toBe('prep');
    const [, first = '', last = ''] = /^(\d+)-(\d+)$/u.exec(parameter(page, 'calls') ?? '') ?? [];
    const count = Number(last) - Number(first) + 1;
    // A cell has three members; all those of the first and of the last cell are in the range.
    expect(first).toBe('2');
    expect(count).toBeGreaterThan(3);
    expect(count % 3).toBe(0);
    await page.getByText(`${count} of 3,004 steps`).waitFor();
    await page.goBack();
    await button(page, prep).waitFor();
  });

  test('the text at the pointer names the box, and in a cell the step and its duration', async ({
    open,
  }) => {
    const { page } = await open(address);
    await page.mouse.move(...(await titleOf(page, prep)));
    await expect.poll(() => tooltip(page).textContent()).toBe('prep × 1,000\n1,000 done');
    await page.mouse.move(...(await firstCellOf(page, prep)));
    await expect
      .poll(() => tooltip(page).textContent())
      .toBe('prep\n✓ completed · 1 s\n1 of 3 steps in this cell');
    // The picture moves away from below the pointer, which rests.
    await page.mouse.wheel(600, 0);
    await tooltip(page).waitFor({ state: 'hidden' });
  });

  test('a click selects a member, a double click expands the group', async ({ open }) => {
    const { page } = await open(address);
    const before = await placeOf(page, prep);
    await page.mouse.click(...(await firstCellOf(page, prep)));
    await page.getByRole('complementary', { name: 'Step prep' }).waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('complementary').waitFor({ state: 'detached' });
    await page.mouse.dblclick(...(await titleOf(page, prep)));
    await page.getByRole('button', { name: 'Collapse E' }).waitFor();
    expect([parameter(page, 'level'), parameter(page, 'group')]).toEqual(['calls', '2']);
    await expect.poll(() => widthOf(page, prep)).toBeGreaterThan(before.width);
    const expanded = await placeOf(page, prep);
    await page.keyboard.press('0');
    await expect.poll(() => widthOf(page, prep)).toBeLessThan(expanded.width);
    // A member stays selected when it is clicked twice, and the group expanded.
    const { x, y, width, height } = await placeOf(page, prep);
    await page.mouse.dblclick(x + width / 2, y + height / 2);
    await expect.poll(() => parameter(page, 'step')).not.toBeNull();
    await page.keyboard.press('Escape');
    await expect.poll(() => parameter(page, 'step')).toBeNull();
    expect(parameter(page, 'level')).toBe('calls');
    await page.keyboard.press('e');
    await page.getByRole('button', { name: 'Expand E' }).waitFor();
    expect(parameter(page, 'level')).toBeNull();
  });

  test('the direction is switched, and kept in the address', async ({ open }) => {
    const { page } = await open(address);
    const isBelow = async () => {
      const [load, split] = [await placeOf(page, /^load/), await placeOf(page, /^split/)];
      return split.y > load.y + load.height;
    };
    await expect.poll(isBelow).toBe(true);
    await page.getByRole('button', { name: 'Draw to the right' }).click();
    await expect.poll(isBelow).toBe(false);
    expect(parameter(page, 'dir')).toBe('LR');
    await page.reload();
    await expect.poll(isBelow).toBe(false);
    await page.getByRole('button', { name: 'Draw downwards' }).waitFor();
  });

  test('a step is found by its name', async ({ open }) => {
    const { page } = await open(address);
    await button(page, prep).waitFor();
    await page.keyboard.press('/');
    await page.keyboard.type('score_99');
    await expect.poll(() => parameter(page, 'find')).toBe('score_99');
    const found: (string | null)[] = [];
    for (const key of ['Enter', 'Enter', 'Shift+Enter']) {
      const last = parameter(page, 'step');
      await page.keyboard.press(key);
      await expect.poll(() => parameter(page, 'step')).not.toBe(last);
      found.push(parameter(page, 'step'));
    }
    expect(found).toEqual(['2101', '2992', '2101']);
    await page.keyboard.press('Escape');
    await expect.poll(() => parameter(page, 'find')).toBeNull();
    const field = page.getByRole('searchbox', { name: 'Find a step' });
    expect(await field.evaluate((each) => each === document.activeElement)).toBe(false);
  });

  test('the legend has the mark of each status', async ({ open }) => {
    const { page } = await open(address);
    const marks = page.getByRole('list', { name: 'Legend' }).getByRole('listitem');
    await marks.first().waitFor();
    expect(await marks.allTextContents()).toEqual(STATUSES);
    const pictures = await marks
      .locator('canvas')
      .evaluateAll((all) => all.map((each) => (each as HTMLCanvasElement).toDataURL()));
    expect(new Set(pictures).size).toBe(STATUSES.length);
  });
});

describe('the order of cells', () => {
  const box = /^train × 400/;
  const first = async (page: Page) => {
    await page.mouse.move(...(await firstCellOf(page, box)));
    return await tooltip(page).textContent();
  };

  test('it is chosen by keyboard, and the worst step is first', async ({ open }) => {
    const { page } = await open(`runs/${RUNS.wide}?tab=graph&dir=TB`);
    await expect.poll(() => first(page)).toMatch(/^train\n/u);
    await page.getByRole('combobox', { name: 'Order of cells' }).focus();
    await page.keyboard.press('ArrowDown');
    await expect.poll(() => parameter(page, 'cells')).toBe('status');
    await expect.poll(() => first(page)).toMatch(/^train_252\n✕ failed/u);
    await page.mouse.click(...(await firstCellOf(page, box)));
    await expect.poll(() => parameter(page, 'step')).toBe('253');
  });

  test('a link has the longest steps first, and a drag there pans', async ({ open }) => {
    const { page } = await open(`runs/${RUNS.wide}?tab=graph&dir=TB&cells=duration`);
    await expect.poll(() => first(page)).toMatch(/· 4\.8 s$/u);
    const left = await xOf(page, box);
    const [x, y] = await firstCellOf(page, box);
    await drag(page, [x, y], [x + 80, y]);
    await expect.poll(async () => Math.round((await xOf(page, box)) - left)).toBe(80);
    expect(parameter(page, 'tab')).toBe('graph');
  });
});

describe('5,000 boxes', () => {
  const address = `runs/${RUNS.layered}?tab=graph&level=calls`;

  test('they are fewer than 300 elements, far and near', async ({ open }) => {
    const { page } = await open(address);
    await page.getByRole('img', { name: /^Graph of 5,000 steps in 5,000 boxes/ }).waitFor();
    const elements = () => page.locator('[data-testid=graph] *').count();
    expect(await elements()).toBeLessThan(300);
    for (let count = 0; count < 12; count++) await page.keyboard.press('+');
    await button(page, /^layer/)
      .first()
      .waitFor();
    expect(await elements()).toBeLessThan(300);
  });

  test('F and Shift+F walk through the failures in both directions, around the ends', async ({
    open,
  }) => {
    const { page } = await open(address);
    await page.getByRole('img', { name: /^Graph of 5,000 steps/ }).waitFor();
    const walked: (string | null)[] = [];
    for (const key of ['f', 'f', 'Shift+F', 'Shift+F', 'f']) {
      const last = parameter(page, 'step');
      await page.keyboard.press(key);
      await expect.poll(() => parameter(page, 'step')).not.toBe(last);
      walked.push(parameter(page, 'step'));
    }
    expect(walked).toEqual(['612', '1225', '612', '4903', '612']);
    await page.getByRole('status').filter({ hasText: 'Failed: ' }).waitFor();
    await expect.poll(() => button(page, /, failed$/).count()).toBeGreaterThan(0);
  });
});
