/**
 * The frames of a page.
 *
 * @module
 */
import type { Page } from 'playwright-core';

/** Benchmarks are compiled without the types of a browser: the page gets texts. */
const START = `{
  const counter = { frames: 0, from: performance.now(), isDone: false };
  globalThis.frameCounter = counter;
  const count = () => {
    counter.frames += 1;
    if (!counter.isDone) requestAnimationFrame(count);
  };
  requestAnimationFrame(count);
}`;
const END = `
  frameCounter.isDone = true;
  (frameCounter.frames * 1000) / (performance.now() - frameCounter.from);
`;

/** Frames a second that the page has during `work`. */
export async function framesDuring(page: Page, work: () => Promise<void>): Promise<number> {
  await page.evaluate(START);
  await work();
  return Number(await page.evaluate(END));
}
