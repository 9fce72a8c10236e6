import { expect, it } from 'vitest';
import { createController } from '../../../src/controller/controller.ts';
import type { RunId } from '../../../src/model/ids.ts';
import type { ModelVersion } from '../../../src/model/model-version.ts';
import { USE_MODEL_COMPONENT, USE_MODEL_OPTIONS } from '../../../src/model/use-model.ts';
import { createMemoryStorage, type MemoryStorage } from '../../conformance/memory.ts';
import { runId } from '../../conformance/records.ts';
import { ControllerHarness } from './harness.ts';
import type { Script } from './logic.ts';

const reads = (reference: string): Script => ({
  components: {
    useModel: { id: USE_MODEL_COMPONENT.id, returnValues: [...USE_MODEL_OPTIONS.returnValues] },
    train: {},
  },
  main: async (logic) => void (await logic.call('train', logic.call('useModel', reference))),
});

const IRIS = { project: 'examples', name: 'iris' };

/** Registers and publishes a version whose object has this content. */
async function publish(
  { models, objects }: MemoryStorage,
  n: number,
  content = `weights ${n}`,
): Promise<ModelVersion> {
  const key = `o/examples/data/${runId(90 + n)}/0/1/job/models/0-model`;
  const { size, hash } = await objects.put(key, Buffer.from(content));
  return await models.register({
    ...IRIS,
    tags: [],
    framework: 'onnx',
    metadata: { n },
    metrics: [],
    value: { format: 'file', key, size, hash, name: 'model.bin' },
    source: {
      run: runId(90 + n),
      pipeline: 'iris',
      number: n,
      pipelineVersion: '1.0.0',
      codeHash: 'code',
      model: 'model',
      step: null,
    },
    registeredAt: 10,
    publishedAt: 10,
  });
}

async function executed(
  storage: MemoryStorage,
  reference: string,
  settings: ConstructorParameters<typeof ControllerHarness>[3] = {},
): Promise<{ readonly harness: ControllerHarness; readonly run: RunId }> {
  const harness = new ControllerHarness(reads(reference), () => 1, storage, settings);
  return { harness, run: await harness.start({}, '1'.repeat(26)) };
}

const firstStep = async (storage: MemoryStorage, run: RunId) => {
  const [step] = await storage.tasks.steps(run, [0]);
  if (step === undefined) throw new Error('there is no step');
  return step;
};

it.each([
  ['iris', 2],
  ['iris@published', 2],
  ['iris@latest', 3],
  ['iris@1', 1],
  ['examples/iris@1', 1],
])(
  'a step that receives useModel(%j) gets the object of version %d, without a job',
  async (reference, version) => {
    const storage = createMemoryStorage();
    const versions = [
      await publish(storage, 1),
      await publish(storage, 2),
      await publish(storage, 3),
    ];
    await storage.models.change(IRIS, 3, { publishedAt: null });
    const { harness, run } = await executed(storage, reference);
    const value = versions[version - 1]?.value;
    expect(await firstStep(storage, run)).toMatchObject({
      status: 'completed',
      attempts: [],
      usedModel: { project: 'examples', name: 'iris', version },
      values: [value, { format: 'json', text: expect.stringContaining(`"version":${version}`) }],
    });
    expect(harness.submittedSpecs).toHaveLength(1);
    expect(harness.submittedSpecs[0]?.refs).toContainEqual({ path: [0, 0], value });
    expect((await storage.tasks.run(run))?.head.status).toBe('completed');
  },
);

it('the object of a used version is kept when the version is unpublished and its run removed', async () => {
  const storage = createMemoryStorage();
  const version = await publish(storage, 1);
  await executed(storage, 'iris');
  await storage.models.change(version, 1, { publishedAt: null });
  expect(await storage.models.keptObjects(version.source.run)).toEqual([version.value.key]);
});

it.each([
  ['iris@4', 'project examples has no model "iris@4"'],
  ['other/iris@1', 'project other has no model "iris@1"'],
  ['', 'name'],
  ['iris@new', '"published" or "latest"'],
])('useModel(%j) fails its step with the reason', async (reference, reason) => {
  const storage = createMemoryStorage();
  await publish(storage, 1);
  const { harness, run } = await executed(storage, reference);
  const { status, error } = await firstStep(storage, run);
  expect({ status, name: error?.name }).toEqual({ status: 'failed', name: 'UseModelError' });
  expect(error?.message).toContain(reason);
  expect(harness.submittedSpecs).toEqual([]);
});

it('a version whose object is missing or has another size fails the step with its key', async () => {
  const storage = createMemoryStorage();
  const { value } = await publish(storage, 1);
  await storage.objects.put(value.key, Buffer.from('other'));
  const { run } = await executed(storage, 'iris');
  expect((await firstStep(storage, run)).error?.message).toContain(
    `the object of version 1 is missing or damaged: ${value.key}`,
  );
});

it('a version whose run is being removed is not used', async () => {
  const storage = createMemoryStorage();
  const { source } = await publish(storage, 1);
  const harness = new ControllerHarness(reads('iris'), () => 1, storage);
  const removal = { isBeingRemoved: async (id: RunId) => id === source.run };
  Object.assign(harness, { controller: createController({ ...harness.ports, removal }) });
  const run = await harness.start({}, '1'.repeat(26));
  expect((await firstStep(storage, run)).error?.message).toContain('is being removed');
});

it('where steps cannot read other projects, a model of another project is refused with the remedy', async () => {
  const storage = createMemoryStorage();
  const { run } = await executed(storage, 'other/iris@1', { readsOtherProjects: false });
  expect((await firstStep(storage, run)).error?.message).toContain(
    'Publish the model in project examples',
  );
});

it('a run that is resumed keeps its version, and a new run has the version that is published then', async () => {
  const storage = createMemoryStorage();
  await publish(storage, 1);
  let fails = true;
  const answer = () => (fails ? new Error('no') : 1);
  const harness = new ControllerHarness(reads('iris'), answer, storage);
  const run = await harness.start({}, '1'.repeat(26));
  await publish(storage, 2);
  fails = false;
  const { head } = await harness.run(run);
  await harness.send({ kind: 'run.resume', run, revision: head.revision });
  expect((await harness.run(run)).head.status).toBe('completed');
  expect((await firstStep(storage, run)).usedModel?.version).toBe(1);
  const next = await harness.start({}, '2'.repeat(26));
  expect((await firstStep(storage, next)).usedModel?.version).toBe(2);
});

it('a controller that crashes before the commit chooses again, and one that crashes after it does not', async () => {
  const storage = createMemoryStorage();
  await publish(storage, 1);
  const { tasks } = storage;
  let crashes = true;
  const crashing: MemoryStorage = {
    ...storage,
    tasks: new Proxy(tasks, {
      get: (target, name) => {
        if (name !== 'commit' || !crashes) return Reflect.get(target, name).bind?.(target);
        return async (...args: Parameters<typeof tasks.commit>) => {
          if (args[1].created.length > 0) throw new Error('the process crashed');
          return await target.commit(...args);
        };
      },
    }),
  };
  const harness = new ControllerHarness(reads('iris'), () => 1, crashing);
  await expect(harness.start({}, '1'.repeat(26))).rejects.toThrow('the process crashed');
  await publish(storage, 2);
  crashes = false;
  const run = '1'.repeat(26) as RunId;
  await harness.send({ kind: 'run.created', run });
  expect((await firstStep(storage, run)).usedModel?.version).toBe(2);
  await publish(storage, 3);
  await harness.send({ kind: 'run.created', run });
  expect((await firstStep(storage, run)).usedModel?.version).toBe(2);
});
