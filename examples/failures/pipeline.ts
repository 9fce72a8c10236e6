/**
 * Three ways to live with failure: try again, go on without, and catch.
 *
 *     npx headrace run examples/failures/pipeline.ts
 *     npx headrace run examples/failures/pipeline.ts --arg outages=9     more than the retries: the run fails
 *
 * @module
 */
import { component, currentStep, pipeline, StepFailedError } from 'headrace';

/** A source that is down for the first `outages` attempts. */
export const download = component(
  { returnValues: ['prices'], retryOnFailure: 3, retryBackoff: { initialSeconds: 0.05 } },
  function download(outages: number): number[] {
    const { attempt } = currentStep();
    if (attempt <= outages) throw new Error(`the source is down (attempt ${attempt})`);
    return [101, 99, 104, 108];
  },
);

/** Nice to have: its failure neither fails the run nor stops what does not need it. */
export const chart = component(
  { returnValues: ['picture'], continueOnFail: true },
  function chart(prices: number[]): string {
    throw new Error(`no printer to chart ${prices.length} prices on`);
  },
);

/** Never runs: what it needs is not there. */
export const publish = component(
  { returnValues: ['address'], continueOnFail: true },
  function publish(picture: string): string {
    return `pictures/${picture}`;
  },
);

/** A clever forecast that needs more data than there is. */
export const forecast = component(
  { returnValues: ['next'] },
  function forecast(prices: number[]): number {
    if (prices.length < 30)
      throw new RangeError(`30 prices are needed, there are ${prices.length}`);
    return prices.reduce((sum, price) => sum + price, 0) / prices.length;
  },
);

/** A simple one that always works. */
export const lastPrice = component(
  { returnValues: ['next'] },
  function lastPrice(prices: number[]): number {
    return prices.at(-1) ?? 0;
  },
);

/** @param outages how many attempts of the download fail */
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
