import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { ControllerPorts } from '../../../src/controller/context.ts';
import { createController } from '../../../src/controller/controller.ts';
import { newHead } from '../../../src/controller/run/run-head.ts';
import { removeRun } from '../../../src/controller/run/run-removal.ts';
import { withChildRuns } from '../../../src/engine/child-run-jobs.ts';
import { requestedRerun } from '../../../src/engine/rerun-info.ts';
import { childComponentId } from '../../../src/model/child-pipeline.ts';
import { type RunId, runIdSchema } from '../../../src/model/ids.ts';
import { MAX_CHILD_ARGUMENTS_BYTES } from '../../../src/model/limits.ts';
import type { Run, RunInfo } from '../../../src/model/run.ts';
import { isStored, type StoredValue } from '../../../src/model/value.ts';
import type { JobGroup } from '../../../src/ports/jobs.ts';
import { ControllerHarness, type JobOutcome } from './harness.ts';
import type { Logic } from './logic.ts';

const CALLED = 'pipeline.ts#called';
const LARGE = Array.from({ length: 300_000 }, (_, index) => index);

const COMPONENTS = {
  called: { id: childComponentId(CALLED), retryOnFailure: 0 },
  make: {},
  work: {},
};

/** The top run passes what a step made to a pipeline, which calls `work`. */
const main = async (logic: Logic, { parent }: RunInfo): Promise<unknown> =>
  parent === undefined
    ? await logic.call('called', logic.call('make'), 2)
    : await logic.call('work');

const parameter = (name: string) => ({ name, optional: false, type: { kind: 'any' as const } });

const SIGNATURE = {
  style: 'positional' as const,
  parameters: [parameter('data'), parameter('folds')],
  rest: false,
};
const CHILD = {
  id: CALLED,
  name: 'called',
  project: 'examples',
  version: '1.0.0',
  codeHash: 'h',
  signature: SIGNATURE,
};

const childRunPorts = (ports: ControllerPorts): ControllerPorts => ({
  ...ports,
  jobs: withChildRuns(ports.jobs, {
    ...ports,
    registry: {
      version: async (_, version) => {
        const { code, declaration } = harness.info({ project: 'examples', name: 'called' });
        const signature = SIGNATURE;
        return {
          version,
          codeHash: 'h',
          createdAt: 0,
          content: {
            code: { ...code, signature },
            declaration,
            defaultQueue: null,
            createdAt: 0,
          },
        };
      },
    },
  }),
});

let harness: ControllerHarness;

async function startParent(outcome: JobOutcome, changePorts = childRunPorts): Promise<Run> {
  harness = new ControllerHarness(
    { components: COMPONENTS, main },
    outcome,
    undefined,
    {},
    changePorts,
  );
  const info = harness.info({ project: 'examples' });
  await harness.storage.tasks.createRun(
    {
      ...info,
      code: {
        ...info.code,
        children: [CHILD],
      },
    },
    newHead(info),
  );
  await harness.send({ kind: 'run.created', run: info.id });
  return harness.run(info.id);
}

const made =
  (data: unknown): JobOutcome =>
  ({ component }) =>
    component === 'make' ? data : 7;

/** The last child run of the parent. */
async function lastChild({ info }: Run): Promise<Run> {
  const runs = await harness.storage.tasks.runs({ limit: 100 });
  const children = runs.filter(({ info: each }) => each.parent?.run === info.id);
  const attempts = (await harness.steps(info.id)).find(({ name }) => name === 'called')?.attempts;
  const last = children.find(
    ({ info: each }) => each.parent?.job.name === attempts?.at(-1)?.job.name,
  );
  if (last === undefined) throw new Error('the run has no child run');
  return last;
}

function storedArgument({ info }: Run): StoredValue {
  const value = info.encodedArgs?.['data'];
  if (value === undefined || !isStored(value)) throw new Error('the argument is not stored');
  return value;
}

const read = async (key: string): Promise<unknown> =>
  JSON.parse(Buffer.from(await harness.storage.objects.get(key, 10_000_000)).toString());

const remove = (run: Run): Promise<void> =>
  removeRun(
    {
      removal: harness.storage.tasks,
      objects: harness.storage.objects,
      queries: {
        allSteps: async (id) => harness.steps(id),
      },
      cache: harness.storage.cache,
      models: harness.storage.models,
    },
    run.info,
  );

/** Requests a rerun as an API does. */
async function rerun({ info }: Run, id: RunId): Promise<Run> {
  const rerunInfo = requestedRerun(
    info,
    { id, from: null, keepCompleted: false, version: null },
    harness.now,
  );
  await harness.storage.tasks.createRun(rerunInfo, newHead(rerunInfo));
  return harness.run(id);
}

const RERUN = runIdSchema.parse('1'.repeat(26));

describe('the large arguments of a child run', () => {
  it('a large argument is an object of the child run, and a short text in its record', async () => {
    const parent = await startParent(made(LARGE));
    const child = await lastChild(parent);
    expect(parent.head.status).toBe('completed');
    expect(child.info.args).toEqual({
      data: '[0, 1, 2, 3, 4, 5, 6, 7, … 300000 in all]',
      folds: 2,
    });
    expect(Object.keys(child.info.encodedArgs ?? {})).toEqual(['data']);
    const { key, hash, size } = storedArgument(child);
    expect(key).toContain(`/spec/${child.info.id}/`);
    expect(await read(key)).toEqual(LARGE);
    const content = JSON.stringify(LARGE);
    expect({ hash, size }).toEqual({
      hash: createHash('sha256').update(content).digest('hex'),
      size: content.length,
    });
  });

  it('a small argument stays in the record of the child run', async () => {
    const child = await lastChild(await startParent(made([1, 2])));
    expect(child.info.args).toEqual({ data: [1, 2], folds: 2 });
    expect(child.info.encodedArgs).toBeUndefined();
  });

  it('the removal of the parent leaves the arguments of its child run', async () => {
    const parent = await startParent(made(LARGE));
    const { key } = storedArgument(await lastChild(parent));
    await remove(parent);
    expect(await read(key)).toEqual(LARGE);
  });

  it('a rerun of a child run has a copy of its arguments, which its removal leaves', async () => {
    const child = await lastChild(await startParent(made(LARGE)));
    const repeated = await rerun(child, RERUN);
    await harness.send({ kind: 'run.created', run: RERUN });
    await remove(child);
    const { key } = storedArgument(repeated);
    expect(key).toContain(`/spec/${RERUN}/`);
    expect(await read(key)).toEqual(LARGE);
    await remove(repeated);
    await expect(read(key)).rejects.toThrow('is not in the store');
  });

  it('a rerun of a child run that is removed before the rerun starts fails with its reason', async () => {
    const child = await lastChild(await startParent(made(LARGE)));
    await rerun(child, RERUN);
    await remove(child);
    await harness.send({ kind: 'run.created', run: RERUN });
    expect((await harness.run(RERUN)).head).toMatchObject({
      status: 'failed',
      error: { name: 'ArgumentsMissingError', message: expect.stringContaining(child.info.id) },
    });
  });

  it('a child run that takes the place of a failed one has arguments of its own', async () => {
    let works = false;
    const parent = await startParent(({ component }) =>
      component === 'make' ? LARGE : works ? 7 : new Error('broken'),
    );
    const failed = await lastChild(parent);
    works = true;
    const { revision } = (await harness.run(parent.info.id)).head;
    await harness.send({ kind: 'run.resume', run: parent.info.id, revision });
    const resumed = await lastChild(parent);
    expect((await harness.run(parent.info.id)).head.status).toBe('completed');
    expect(resumed.info.id).not.toBe(failed.info.id);
    await remove(failed);
    expect(await read(storedArgument(resumed).key)).toEqual(LARGE);
  });

  it('arguments that are too large fail the step with the limit, before a child run exists', async () => {
    const parent = await startParent(made('x'.repeat(MAX_CHILD_ARGUMENTS_BYTES)));
    expect(parent.head.status).toBe('failed');
    const step = (await harness.steps(parent.info.id)).find(({ name }) => name === 'called');
    expect(step?.error).toMatchObject({
      name: 'ChildRunLimitError',
      message: expect.stringContaining('more than 16 MiB'),
    });
    await expect(lastChild(parent)).rejects.toThrow('no child run');
  });

  it('a repeated launch of a child run that exists reads and stores no arguments again', async () => {
    let stored = 0;
    const parent = await startParent(made(LARGE), (ports) => {
      const objects = new Proxy(ports.objects, {
        get(target, name) {
          const method: unknown = Reflect.get(target, name);
          if (name === 'putIfAbsent') stored += 1;
          return typeof method === 'function' ? method.bind(target) : method;
        },
      });
      const changed = childRunPorts({ ...ports, objects });
      const jobs = new Proxy(changed.jobs, {
        get(target, name) {
          const method: unknown = Reflect.get(target, name);
          if (typeof method !== 'function') return method;
          if (name !== 'submit') return method.bind(target);
          return async (group: JobGroup) => {
            const refusal = await target.submit(group, true);
            if (group.childRuns !== undefined) await target.submit(group, false);
            return refusal;
          };
        },
      });
      return { ...changed, jobs };
    });
    expect(parent.head.status).toBe('completed');
    expect(stored).toBe(1);
  });

  it('a crash before or after the object is written starts the child run with its arguments', async () => {
    for (const when of ['before', 'after'] as const) {
      let crashes = 0;
      const parent = await startParent(made(LARGE), (ports) => {
        const objects = new Proxy(ports.objects, {
          get(target, name) {
            const method: unknown = Reflect.get(target, name);
            if (typeof method !== 'function') return method;
            if (name !== 'putIfAbsent') return method.bind(target);
            return async (key: string, content: Uint8Array) => {
              const crashesNow = crashes === 0;
              crashes += 1;
              if (crashesNow && when === 'before') throw new Error('crashed');
              await target.putIfAbsent(key, content);
              if (crashesNow) throw new Error('crashed');
            };
          },
        });
        const changed = childRunPorts({ ...ports, objects });
        // A batch is delivered again after a crash, to another controller.
        queueMicrotask(() => {
          const handle = harness.controller.handle.bind(harness.controller);
          harness.controller.handle = async (run, batch) => {
            await handle(run, batch).catch(() => createController(changed).handle(run, batch));
          };
        });
        return changed;
      });
      expect(parent.head.status).toBe('completed');
      expect(crashes).toBeGreaterThan(1);
      expect(await read(storedArgument(await lastChild(parent)).key)).toEqual(LARGE);
    }
  });
});
