/**
 * Three ways to handle a failure: retry the step, continue without it, or catch the error.
 *
 *     npx headrace run examples/failures/pipeline.ts
 *     npx headrace run examples/failures/pipeline.ts --arg outages=9
 *
 * The second command exceeds the retries, so that the run fails.
 *
 * @module
 */
import { component, currentStep, pipeline, StepFailedError } from 'headrace';

/** Downloads from a source that is down for the first `outages` attempts. */
export const download = component(
  { returnValues: ['prices'], retryOnFailure: 3, retryBackoff: { initialSeconds: 0.05 } },
  function download(outages: number): number[] {
    const { attempt } = currentStep();
    if (attempt <= outages) throw new Error(`the source is down (attempt ${attempt})`);
    return [101, 99, 104, 108];
  },
);

/** An optional step: if it fails, the steps that depend on it are skipped and the run continues. */
export const chart = component(
  { returnValues: ['picture'], continueOnFail: true },
  function chart(prices: number[]): string {
    throw new Error(`no printer to chart ${prices.length} prices on`);
  },
);

/** Never runs, because it depends on the step that failed. */
export const publish = component(
  { returnValues: ['address'], continueOnFail: true },
  function publish(picture: string): string {
    return `pictures/${picture}`;
  },
);

/** A forecast that needs more data than the run has. */
export const forecast = component(
  { returnValues: ['next'] },
  function forecast(prices: number[]): number {
    if (prices.length < 30)
      throw new RangeError(`30 prices are needed, there are ${prices.length}`);
    return prices.reduce((sum, price) => sum + price, 0) / prices.length;
  },
);

/** A simple forecast that always works. */
export const lastPrice = component(
  { returnValues: ['next'] },
  function lastPrice(prices: number[]): number {
    return prices.at(-1) ?? 0;
  },
);

/** @param outages the number of attempts of the download that fail */
export const prices = pipeline(
  { name: 'prices', project: 'examples', version: '1.0.0' },
  async function prices(outages = 2) {
    const downloaded = download(outages);
    publish(chart(downloaded));
    try {
      return { method: 'forecast', next: await forecast(downloaded) };
    } catch (error) {
      if (!(error instanceof StepFailedError) || error.step !== 'forecast') throw error;
      return { method: 'last price', next: await lastPrice(downloaded) };
    }
  },
);
