import type { Page } from 'playwright-core';
import { describe, expect } from 'vitest';
import {
  BAD_CONTENT_RUN,
  CALLS,
  LONG_LINE_BYTES,
  METRICS,
  seedBadContent,
} from './seeds/bad-content.ts';
import { consoleTest } from './support/console-test.ts';

const test = consoleTest(seedBadContent);

const RUN = `runs/${BAD_CONTENT_RUN}`;
/** Seeded runs have no registered version: their types and defaults are not known. */
const NO_VERSION = /status of 404.*\/v1\/versions\//u;
const MAX_ELEMENTS = 2_000;

const elements = (page: Page): Promise<number> => page.locator('*').count();

/** The bytes of the bodies of answers of the API, by the path of the request. */
function countBytes(page: Page) {
  const bytes: { readonly path: string; readonly size: number }[] = [];
  const reading: Promise<void>[] = [];
  page.on('response', (response) => {
    const { pathname, search } = new URL(response.url());
    if (!pathname.startsWith('/v1/')) return;
    reading.push(
      response.body().then(
        (body) => void bytes.push({ path: `${pathname}${search}`, size: body.length }),
        () => undefined,
      ),
    );
  });
  return async (part: string) => {
    await Promise.all(reading);
    return bytes.filter(({ path }) => path.includes(part));
  };
}

describe('an artifact', () => {
  test('of 2 GB is previewed by its first bytes and offered for download', async ({ open }) => {
    const { page } = await open(`${RUN}?tab=artifacts`);
    const bytesOf = countBytes(page);
    await page.getByRole('button', { name: /huge\.csv/ }).click();
    await page.getByText('file · 2.1 GB').waitFor();
    await page.getByText('a part of it is shown').waitFor();
    await page.getByRole('cell', { name: '2', exact: true }).first().waitFor();
    await page.getByRole('link', { name: 'Download' }).waitFor();
    await page.getByRole('button', { name: /huge-json/ }).click();
    await page.getByText('json · 2.1 GB').waitFor();
    await page.getByText('array', { exact: true }).waitFor();
    const read = await bytesOf('/preview');
    expect(read.length).toBe(2);
    expect(Math.max(...read.map(({ size }) => size))).toBeLessThan(50_000);
    expect(await elements(page)).toBeLessThan(MAX_ELEMENTS);
  });

  test('of CBOR with a depth of 10,000 can be opened level by level', async ({ open }) => {
    const { page } = await open(`${RUN}?tab=artifacts&step=${CALLS.artifacts}&name=artifact:deep`);
    const preview = page.locator('main section').first();
    await preview.getByText('cbor · 10 kB').waitFor();
    const open12 = preview.getByRole('button', { name: 'array (1)' });
    await preview.locator('details:not([open])').evaluateAll((details) => {
      for (const each of details) each.setAttribute('open', '');
    });
    await open12.click();
    const place = preview.getByText('/0/0/0/0/0/0/0/0/0/0/0/0', { exact: true });
    await place.waitFor();
    await preview.getByRole('button', { name: 'Whole value' }).click();
    await place.waitFor({ state: 'detached' });
    expect(await elements(page)).toBeLessThan(MAX_ELEMENTS);
  });

  test('with a Map of 250 entries is read by pages, and its entries can be opened', async ({
    open,
  }) => {
    const { page } = await open(
      `${RUN}?tab=artifacts&step=${CALLS.artifacts}&name=artifact:wide-map`,
    );
    const preview = page.locator('main section').first();
    await preview.getByText('map (250)').waitFor();
    await preview.getByRole('button', { name: 'Next' }).click();
    await preview.getByText('10000', { exact: true }).waitFor();
    await preview.getByRole('button', { name: 'Next' }).click();
    await preview.getByText('62001', { exact: true }).waitFor();
    await preview.getByText('200 – 249').waitFor();
    expect(await preview.getByRole('button', { name: 'Next' }).isDisabled()).toBe(true);
  });

  test('with a long list in a cell of a table opens this list', async ({ open }) => {
    const { page } = await open(
      `${RUN}?tab=artifacts&step=${CALLS.artifacts}&name=artifact:records`,
    );
    const preview = page.locator('main section').first();
    await preview.getByRole('row').nth(3).getByRole('button', { name: '10 more' }).click();
    await preview.getByText('/2/items', { exact: true }).waitFor();
    await preview.getByText('array (60)').waitFor();
  });

  test.for([
    {
      name: 'page.png',
      shows: '<html><img src=x onerror=alert(1)>',
      kind: 'HTML named as an image',
    },
    { name: 'drawing.svg', shows: 'onload="alert(1)"', kind: 'SVG' },
    { name: 'not-json', shows: 'ff d8 ff 00 10', kind: 'bytes that are no JSON' },
    { name: 'not-cbor', shows: '7b 22 61 22', kind: 'JSON that should be CBOR' },
    { name: 'not-a-folder', shows: '6e 6f 20 61', kind: 'bytes that are no archive' },
    { name: 'empty', shows: 'file · 0 B', kind: 'no bytes' },
  ])('with $kind is text or bytes, never a document', async ({ name, shows }, { open }) => {
    const { page } = await open(
      `${RUN}?tab=artifacts&step=${CALLS.artifacts}&name=artifact:${name}`,
    );
    await page.getByText(shows).waitFor();
    expect(
      await page.locator('main :is(img, iframe, object, embed, svg[onload], script)').count(),
    ).toBe(0);
  });

  test('with a picture named as JSON is a picture', async ({ open }) => {
    const { page } = await open(
      `${RUN}?tab=artifacts&step=${CALLS.artifacts}&name=artifact:picture.json`,
    );
    const picture = page.getByRole('img', { name: 'The content of the artifact' });
    await picture.waitFor();
    expect(
      await picture.evaluate(
        (element) => element instanceof HTMLImageElement && element.naturalWidth,
      ),
    ).toBe(40);
  });

  test('with a picture of 400 million pixels is not decoded', async ({ open }) => {
    const { page } = await open(
      `${RUN}?tab=artifacts&step=${CALLS.artifacts}&name=artifact:bomb.png`,
    );
    await page.getByText('too large for a preview').waitFor();
    expect(await page.locator('main img').count()).toBe(0);
  });

  test('whose object was removed states this', async ({ open }) => {
    const { page, expectProblem } = await open(
      `${RUN}?tab=artifacts&step=${CALLS.artifacts}&name=artifact:removed`,
    );
    expectProblem(/status of 410/u);
    await page.getByRole('alert').getByText('was removed, or has expired').waitFor();
  });
});

describe('a line of a log of 5 MB', () => {
  test('is shown by its first characters, in few elements', async ({ open }) => {
    const { page } = await open(`${RUN}?tab=logs&step=${CALLS.log}`);
    const bytesOf = countBytes(page);
    await page.getByText('after', { exact: true }).waitFor();
    const more = page.getByRole('button', { name: /more characters: show all/ }).last();
    await more.waitFor();
    expect(await elements(page)).toBeLessThan(MAX_ELEMENTS);
    expect(
      await page.getByRole('log').evaluate((element) => element.textContent.length),
    ).toBeLessThan(1_000_000);
    await more.click();
    const dialog = page.getByRole('dialog');
    await dialog.getByRole('document', { name: 'The whole line' }).waitFor();
    expect(await dialog.locator('*').count()).toBeLessThan(400);
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: 'Start' }).click();
    await page.getByText('before', { exact: true }).waitFor();
    const pages = await bytesOf('/logs');
    expect(Math.max(...pages.map(({ size }) => size))).toBeLessThan(LONG_LINE_BYTES / 2);
  });
});

describe('200 metrics of one step', () => {
  const url = `${RUN}?tab=metrics&step=${CALLS.metrics}`;
  const cards = (page: Page) => page.locator('article[aria-label]');

  test('are read by pages, and only charts in view are drawn', async ({ open }) => {
    const { page } = await open(url);
    const bytesOf = countBytes(page);
    await cards(page).nth(49).waitFor();
    await page.getByText('50 metrics, more exist').waitFor();
    expect((await bytesOf('/series')).length).toBeLessThanOrEqual(1);
    expect(await page.locator('main canvas').count()).toBeLessThan(20);
    expect(await elements(page)).toBeLessThan(MAX_ELEMENTS);
    await page.getByRole('button', { name: 'More metrics' }).click();
    await cards(page).nth(99).waitFor();
    expect((await bytesOf('/series')).length).toBeLessThanOrEqual(2);
  });

  test('are all searched by the find field', async ({ open }) => {
    const { page } = await open(url);
    const bytesOf = countBytes(page);
    await cards(page).nth(49).waitFor();
    await page.getByLabel('Filter metrics').fill('metric 199');
    await page.getByRole('article', { name: 'group 9 / metric 199' }).waitFor();
    await page.getByText('1 metric', { exact: true }).waitFor();
    expect(page.url()).toContain('m=metric');
    expect((await bytesOf('/series')).length).toBeLessThanOrEqual(METRICS / 50);
    expect(await elements(page)).toBeLessThan(MAX_ELEMENTS);
  });

  test('name values that are not finite, and a metric of which none is', async ({ open }) => {
    const { page } = await open(url);
    const first = page.getByRole('article', { name: 'group 0 / metric 000' });
    await first.getByText('4 not finite: NaN at 0').waitFor();
    const second = page.getByRole('article', { name: 'group 1 / metric 001' });
    await second.getByText('last -∞').waitFor();
    await second.getByText(/^20 not finite: /u).waitFor();
  });
});

test('the header of the run has no problem with any of it', async ({ open }) => {
  const { page, expectProblem } = await open(`${RUN}/steps/${CALLS.artifacts}`);
  expectProblem(NO_VERSION);
  await page.getByRole('heading', { name: /store/ }).waitFor();
});
