/** Which model `headrace models publish` registers. */
import { expect, it } from 'vitest';
import { type ModelCandidate, type ModelRecords, publish } from '../../../src/cli/models.ts';
import { processOutput } from '../../../src/view/output.ts';

const unused = (): never => {
  throw new Error('not called');
};

/** The step of the model that is published, `run` for one of the run itself, or the refusal. */
async function published(
  models: readonly (readonly [step: string | null, name: string])[],
  model?: string,
  step?: string,
): Promise<string> {
  let chosen = 'nothing';
  const candidates = models.map(
    ([from, name]): ModelCandidate => ({
      step: from,
      name,
      key: `${from} ${name}`,
      publish: async () => {
        chosen = `${from ?? 'run'} ${name}`;
        throw new Error('published');
      },
    }),
  );
  const records: ModelRecords = {
    hintTarget: [],
    objects: { stream: unused, get: unused },
    models: unused,
    versions: unused,
    version: unused,
    change: unused,
    publish: unused,
    unpublish: unused,
    uses: unused,
    candidates: async () => candidates,
  };
  const output = processOutput();
  const options = { ...(step === undefined ? {} : { step }), tag: [] };
  const error = await publish(records, 'iris#1', model, options, output).catch((e: Error) => e);
  if (chosen !== 'nothing') return chosen;
  return error instanceof Error ? error.message : 'nothing';
}

it('the model of the run itself is published, not one of the same name of a step', async () => {
  const models = [
    ['train', 'weights'],
    [null, 'weights'],
    ['train_1', 'weights'],
  ] as const;
  expect(await published(models, 'weights')).toBe('run weights');
  expect(await published(models)).toBe('run weights');
  expect(await published(models, 'weights', 'train_1')).toBe('train_1 weights');
  expect(await published(models, undefined, 'train')).toBe('train weights');
  expect(
    await published(
      models.filter(([step]) => step !== null),
      'weights',
    ),
  ).toMatch(
    /^several models of run iris#1 are named "weights": choose one with --step, as in --step train /,
  );
});

it('a run with one model needs no name, and one with several names its models', async () => {
  expect(await published([['train', 'weights']])).toBe('train weights');
  expect(await published([])).toMatch(/^which model of run iris#1\? It has none/);
  expect(
    await published([
      ['train', 'a'],
      ['train', 'b'],
    ]),
  ).toMatch(/^which model of run iris#1\? It has a, b: /);
});
