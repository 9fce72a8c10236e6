/** Limits of the steps that run at once. */
import { completes, type Programs } from '../program.ts';

export const CONCURRENCY: Programs = {
  'steps that share a limit of one do not overlap': {
    source: `
      const limited = { concurrency: { limit: 1, key: 'licence' } };
      const span = async () => {
        const start = Date.now();
        await new Promise((resolve) => setTimeout(resolve, 150));
        return [start, Date.now()];
      };
      const fit = component(limited, async (n: number) => [n, ...(await span())]);
      const check = component(limited, async (n: number) => [n, ...(await span())]);
      export const main = pipeline({ name: 'main', project: 'modes' }, async () => {
        const calls = [fit(1), fit(2), check(3), fit(4)];
        const spans = [];
        for (const call of calls) spans.push(await call);
        spans.sort((a, b) => a[1]! - b[1]!);
        const overlaps = spans.filter(([, start], n) => n > 0 && start! < spans[n - 1]![2]!);
        return [overlaps, spans.map(([n]) => n)];
      });`,
    outcome: completes([[], [1, 2, 3, 4]]),
  },
  'a step that waits for a limit is cancelled, and so is the one that holds it': {
    source: `
      import { cancel } from 'headrace';
      const slow = component({ concurrency: 1 }, async (seconds: number) => {
        await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
        return seconds;
      });
      export const main = pipeline({ name: 'main', project: 'modes' }, async () => {
        const holder = slow(600);
        const waiting = slow(601);
        const last = slow(0);
        cancel(waiting);
        cancel(holder);
        const name = (error: Error) => error.name;
        return [await last, await holder.then(() => 'ran', name), await waiting.then(() => 'ran', name)];
      });`,
    outcome: completes([0, 'StepCancelledError', 'StepCancelledError']),
  },
};
