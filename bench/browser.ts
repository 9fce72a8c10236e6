/**
 * The console in Chromium against `headrace dev`: how long a large run takes to open, and how many
 * frames a second a large graph has while it is moved.
 *
 * @module
 */
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Browser, chromium, type Page } from 'playwright-core';
import { RUNS, seedLargeRun, seedLayeredRun } from '../test/browser/seeds/homes.ts';
import { chromiumOptions } from '../test/browser/support/chromium.ts';
import { homeOf, signIn, startDevServer } from '../test/browser/support/dev-server.ts';
import { framesDuring } from '../test/browser/support/frame-rate.ts';
import { rounds, type Samples, time } from './harness.ts';

const SIZE = { width: 1440, height: 860 };
const MOVES = 180;

export async function measureBrowser(quick: boolean): Promise<Samples> {
  const folder = await mkdtemp(join(tmpdir(), 'headrace-bench-browser-'));
  const home = homeOf(folder);
  await mkdir(home, { recursive: true, mode: 0o700 });
  await seedLargeRun(home, quick ? 100 : 10_000);
  await seedLayeredRun(home, quick ? 200 : 5_000);
  const server = await startDevServer(folder, home);
  const browser = await chromium.launch(chromiumOptions());
  try {
    const { origin } = server;
    const token = await signIn(server);
    const address = (path: string) => `${origin}/console/${path}`;
    const pages = () => newPages(browser, origin, token);
    return await rounds(quick ? 0 : 1, quick ? 1 : 5, async () => {
      const context = await pages();
      const opening = await context.newPage();
      const open = await time(async () => {
        await opening.goto(address(`runs/${RUNS.large}?tab=graph`));
        await pictureOf(opening);
      });
      const moving = await context.newPage();
      await moving.goto(address(`runs/${RUNS.layered}?tab=graph&level=calls`));
      await pictureOf(moving);
      await moving.waitForTimeout(500);
      const frames = await framesWhileMoving(moving);
      await context.close();
      return { 'browser.open': open / 1000, ...frames };
    });
  } finally {
    await browser.close();
    await server.close();
    await rm(folder, { recursive: true, force: true });
  }
}

const newPages = (browser: Browser, origin: string, token: string) =>
  browser.newContext({
    viewport: SIZE,
    storageState: {
      cookies: [],
      origins: [{ origin, localStorage: [{ name: 'headrace.session', value: token }] }],
    },
  });

/** Waits until the graph has its picture. */
const pictureOf = (page: Page): Promise<void> =>
  page.getByRole('img', { name: /^Graph of/ }).waitFor();

/** Frames a second while the graph is dragged, and while it is zoomed. */
async function framesWhileMoving(page: Page): Promise<Readonly<Record<string, number>>> {
  const box = await page.getByTestId('graph').boundingBox();
  if (box === null) throw new Error('the graph is not visible');
  const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
  await page.mouse.move(x, y);
  await page.mouse.wheel(0, -300);
  await page.waitForTimeout(500);
  const zoom = await framesDuring(page, async () => {
    for (let move = 0; move < MOVES; move++) await page.mouse.wheel(0, move < 90 ? -10 : 10);
  });
  await page.waitForTimeout(500);
  await page.mouse.down();
  const pan = await framesDuring(page, async () => {
    for (let move = 0; move < MOVES; move++) {
      const angle = (move / MOVES) * 4 * Math.PI;
      await page.mouse.move(x + Math.sin(angle) * 200, y + Math.cos(angle) * 150 - 150);
    }
  });
  await page.mouse.up();
  return { 'browser.pan': pan, 'browser.zoom': zoom };
}
