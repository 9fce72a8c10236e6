/**
 * A pipeline that uses most features: a chain, a fan-out, values in the store, the cache, retries,
 * callbacks, a sleep, a rejection that is handled only after later steps, and a step that can be
 * held.
 */
import { component, currentStep, pipeline, sleep } from 'headrace';

const retry = { retryOnFailure: 2 } as const;

const next = component({ returnValues: ['count'], ...retry }, function next(count: number) {
  currentStep().logger.reportScalar('loss', 'train', 0.5, count);
  return count + 1;
});
const square = component({ returnValues: ['square'], ...retry }, function square(value: number) {
  return value * value;
});
const large = component({ returnValues: ['text'], cache: true, ...retry }, function large() {
  return 'x'.repeat(6000);
});
const size = component({ returnValues: ['size'], ...retry }, async function size(text: string) {
  await currentStep().uploadArtifact('half', text.slice(3000));
  return text.length;
});
const flaky = component(
  { returnValues: ['sum'], retryOnFailure: 3 },
  function flaky(values: number[]) {
    if (currentStep().attempt === 1) throw new Error('not yet');
    return values.reduce((sum, value) => sum + value, 0);
  },
);
const watched = component(
  {
    returnValues: ['watched'],
    ...retry,
    preExecuteCallback: (run) => run.addTags(['before']),
    postExecuteCallback: (run) => run.addTags(['after']),
  },
  function watched(value: number) {
    return value + 1;
  },
);
const hold = component({ returnValues: ['held'], ...retry }, function hold(value: number) {
  return value;
});

const measure = component(
  { returnValues: ['length'], executionQueue: 'quick', ...retry },
  function measure(text: string) {
    currentStep().logger.reportScalar('length', 'text', text.length, 0);
    return text.length;
  },
);

async function refuse(value: number): Promise<number> {
  throw new RangeError(`${value} is refused`);
}

export const everything = pipeline(
  { name: 'everything', project: 'proof', version: '1.0.0' },
  async function everything(mode = 'whole') {
    if (mode === 'hold') {
      const measured = measure('waits for a function');
      return (await next(1)) + (await hold(5)) + (await size(large())) + (await measured);
    }
    const refused = refuse(3);
    let count = 0;
    for (let index = 0; index < 2; index += 1) count = await next(count);
    const squares = [1, 2, 3].map((value) => square(value));
    const text = large();
    const [one, two] = [measure('one'), measure('two')];
    const measured = measure(text);
    const sizes = await Promise.all([size(text), size(large())]);
    const length = await text.then((loaded) => loaded.length);
    const afterwards = await refused.catch((error: Error) => error.message.length);
    const sum = await flaky(squares);
    await sleep('16m');
    const inFunctions = (await one) + (await two) + (await measured);
    return (
      count + sum + sizes[0] + sizes[1] + length + afterwards + inFunctions + (await watched(count))
    );
  },
);
