import { type Check, Impossible, mustHold } from '../check.ts';
import { evidenceOf, run } from '../runs.ts';

const SOURCE = `
  import { component, pipeline } from 'headrace';
  const add = component({ returnValues: ['sum'], executionQueue: 'functions' }, async function add(a: number, b: number) { return a + b; });
  export const main = pipeline({ name: 'smoke-functions', project: 'smoke', version: '1' }, async function main() {
    return await add(await add(1, 2), 3);
  });`;

export const functions: Check = {
  name: 'functions',
  claim: 'a chain of steps runs in functions of a queue on Lambda',
  needs: ['functions as queues'],
  dollars: 0.001,
  async run(site, signal) {
    if (site.config.queues?.functions === undefined)
      throw new Impossible('the deployment has no queue on Lambda');
    const done = await run(site, SOURCE, signal);
    mustHold(done.status === 'completed' && done.result === 6, JSON.stringify(done));
    return evidenceOf(done);
  },
};
