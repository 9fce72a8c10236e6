/**
 * Pictures of the console, which are compared with those of the documentation.
 *
 *     HEADRACE_WRITE_PICTURES=1 npx vitest run --project browser test/browser/pictures.test.ts
 *
 * writes them anew.
 *
 * @module
 */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import pixelmatch from 'pixelmatch';
import type { Page } from 'playwright-core';
import { PNG } from 'pngjs';

const FOLDER = resolve('docs/images');
const FAILED = resolve('test-results');
const IS_WRITING = process.env.HEADRACE_WRITE_PICTURES === '1';

/** A difference of colour, from 0 to 1, that no reader sees. */
const THRESHOLD = 0.15;
/** The share of pixels that may differ: another version of the browser rounds curves otherwise. */
const MAX_DIFFERENT = 0.004;

/**
 * Compares the page with `docs/images/console-<name>.png`.
 *
 * @throws Error with the paths of both pictures and of their difference
 */
export async function expectPicture(page: Page, name: string): Promise<void> {
  await page.evaluate(() => document.fonts.ready);
  const file = join(FOLDER, `console-${name}.png`);
  const actual = await page.screenshot({ animations: 'disabled', caret: 'hide' });
  if (IS_WRITING) {
    await mkdir(FOLDER, { recursive: true });
    await writeFile(file, actual);
    return;
  }
  const [expected, found] = [PNG.sync.read(await readFile(file)), PNG.sync.read(actual)];
  const { width, height } = expected;
  const difference = new PNG({ width, height });
  const isSameSize = width === found.width && height === found.height;
  const count = isSameSize
    ? pixelmatch(expected.data, found.data, difference.data, width, height, {
        threshold: THRESHOLD,
      })
    : width * height;
  const share = count / (width * height);
  if (share <= MAX_DIFFERENT) return;
  await mkdir(FAILED, { recursive: true });
  const paths = [join(FAILED, `${name}.png`), join(FAILED, `${name}-difference.png`)] as const;
  await writeFile(paths[0], actual);
  await writeFile(paths[1], PNG.sync.write(difference));
  throw new Error(
    `${(share * 100).toFixed(2)} % of the pixels differ from ${file}: see ${paths.join(' and ')}. ` +
      'If the change is intended, write the pictures anew with HEADRACE_WRITE_PICTURES=1',
  );
}

/** Pages show this time, whatever the clocks of the server and of this machine are. */
export async function fixTime(page: Page, time: number): Promise<void> {
  await page.clock.setFixedTime(time);
  const date = new Date(time).toUTCString();
  await page.route('**/v1/**', async (route) => {
    const { pathname, searchParams } = new URL(route.request().url());
    if (pathname.endsWith('/changes')) {
      const revision = Number(searchParams.get('since'));
      const nothing = {
        epoch: 0,
        revision,
        reset: false,
        more: false,
        run: null,
        calls: 0,
        steps: [],
      };
      await route.fulfill({ json: nothing, headers: { date } });
      return;
    }
    const response = await route.fetch();
    await route.fulfill({ response, headers: { ...response.headers(), date } });
  });
}
