// biome-ignore-all lint/suspicious/noExplicitAny: users write it
// biome-ignore-all lint/suspicious/noConfusingVoidType: users write it
/**
 * Code that must compile, and the types that result.
 */
import type { Lazy, PipelineResult } from '../../src/sdk/types.ts';
import { component, currentStep, pipeline, runtime, same } from './declared.ts';

const load = component(
  { returnValues: ['rows'], cache: true },
  async function load(url: string, limit = 100, strict?: boolean) {
    return [[url.length, limit], [strict ? 1 : 0]];
  },
);

const split = component(
  { returnValues: ['train', 'test', 'seed'], executionQueue: 'cpu' },
  function split(rows: number[][], testSize = 0.2) {
    return [rows, new Float64Array(1), String(testSize)] as const;
  },
);

const splitLater = component(
  { returnValues: ['a', 'b'] },
  async (n: number): Promise<[number, string]> => [n, String(n)],
);

/** One name is the whole value, also an array. */
const pair = component({ returnValues: ['pair'] }, () => [1, 'one'] as const);

/** No names: one value. */
const nothing = component({}, () => undefined);

const learn = component(
  { returnValues: ['model'] },
  (input: {
    rows: readonly (readonly number[])[];
    options: { depth: number; names?: string[] };
  }) => ({
    depth: input.options.depth,
  }),
);

const join = component(
  {},
  (
    parts: { model: { depth: number } }[],
    byName: Record<string, number>,
    pairs: [number, string][],
  ) => parts.length + pairs.length + Object.keys(byName).length,
);

interface Tree {
  readonly value: number;
  readonly children: readonly Tree[];
}
const sum = component({}, (tree: Tree): number => tree.value);
const anything = component({}, (value: any, rest?: unknown) => [value, rest] as unknown);
const many = component({}, (...numbers: number[]) => numbers.length);
const choice = component(
  {},
  (kind: 'a' | 'b', at: Date | null, table: Map<string, number>) =>
    `${kind}${at?.getTime()}${table.size}`,
);
const fetched = component({}, async function* fetched(n: number) {
  yield n;
});

export const main = pipeline(
  { name: 'all', argsMap: { General: ['url'] }, pipelineExecutionQueue: null },
  async (url: string, mock = 'mock') => {
    const rows = load(url);
    same<typeof rows, Lazy<number[][]>>(true);
    load('x', 5);
    load('x', load('y').then((value) => value.length) instanceof Promise ? 1 : 2, true);

    const [train, test, seed] = split(rows);
    same<typeof train, Lazy<number[][]>>(true);
    same<typeof test, Lazy<Float64Array<ArrayBuffer>>>(true);
    same<typeof seed, Lazy<string>>(true);
    const [onlyFirst] = split(rows, 0.3);
    same<typeof onlyFirst, Lazy<number[][]>>(true);
    const [, , third] = split(rows);
    same<typeof third, Lazy<string>>(true);
    const whole = await split(rows);
    same<typeof whole, readonly [number[][], Float64Array<ArrayBuffer>, string]>(true);

    const [a, b] = splitLater(1);
    same<typeof a, Lazy<number>>(true);
    same<typeof b, Lazy<string>>(true);

    const one = pair();
    same<typeof one, Lazy<readonly [1, 'one']>>(true);
    same<ReturnType<typeof nothing>, Lazy<undefined>>(true);

    const model = learn({ rows: train, options: { depth: a } });
    learn({ rows: [[1], [2, a]], options: { depth: 3, names: ['x', seed] } });
    learn({ rows: (await rows).slice(1), options: { depth: await a } });
    join(
      [model, { model: { depth: 1 } }].length > 1 ? [{ model }, { model: { depth: a } }] : [],
      { x: a, y: 1 },
      [[a, b], [1, 'x'], splitLater(2)],
    );
    sum({ value: a, children: [{ value: 1, children: [] }, sumTree()] });
    anything(a, rows);
    anything({ deep: [a] });
    many();
    many(1, a, 2);
    choice('a', null, new Map());
    fetched(a);

    const numbers = await Promise.all([1, 2].map((n) => sum({ value: n, children: [] })));
    same<typeof numbers, number[]>(true);
    const settled = await Promise.allSettled([a, b]);
    same<typeof settled, [PromiseSettledResult<number>, PromiseSettledResult<string>]>(true);
    const first = await Promise.race([a, b]);
    same<typeof first, string | number>(true);
    for (const part of splitLater(3)) same<typeof part, Lazy<string | number>>(true);
    const text = await a.then(
      (value) => value.toFixed(2),
      () => 'failed',
    );
    same<typeof text, string>(true);

    return { accuracy: 100 * (await a), model, list: [b], mock, at: new Date(0) };
  },
);

declare function sumTree(): Lazy<Tree>;

const result = await main('x');
same<
  typeof result,
  { accuracy: number; model: { depth: number }; list: string[]; mock: string; at: Date }
>(true);
same<PipelineResult<Lazy<number>[]>, number[]>(true);
main('x', 'y');

component(
  {
    returnValues: ['x'],
    cache: { ttl: 60, salt: 's', mode: 'refresh' },
    retryOnFailure: (run, node, retries) => retries < 5 && node.attempt < 5 && run.name !== '',
    preExecuteCallback: (run, node, params) => {
      Object.assign(params, { n: 1 });
      run.addTags([node.name]);
      return node.parents.length > 0;
    },
    postExecuteCallback: (run) => run.abort(),
    statusChangeCallback: (_run, node, previous) => node.status !== previous,
    continueBehaviour: { skipChildrenOnFail: false },
    monitorMetrics: [
      ['title', 'series'],
      [
        ['title', 'series'],
        ['t', 's'],
      ],
    ],
    monitorArtifacts: ['a', ['b', 'c']],
    monitorModels: ['model_*'],
    helperFunctions: [(n: number) => n],
    autoConnectFrameworks: false,
    packages: undefined,
  },
  (n: number) => n,
);

async function inStep(): Promise<void> {
  const step = currentStep();
  step.logger.reportScalar('title', 'series', 0.5, step.attempt);
  await step.uploadArtifact('a', new Uint8Array(2), { metadata: { unit: 'm' } });
  await step.uploadModel('m', `${step.temporaryDirectory}/m.onnx`, { framework: 'onnx' });
  step.signal.addEventListener('abort', () => step.logger.reportText('stopping'), { once: true });
  if (step.signal.aborted) step.signal.throwIfAborted();
  await runtime.uploadArtifactToRun('a', 1);
}
void inStep;
