/**
 * The time from one step to the next, in a deployment on the runtime host of the tests: from the
 * delivery of a step's `finished` to the controller until the SubmitJob of the child. The response
 * times of the emulated services are subtracted.
 *
 * This figure is measured, not counted: it depends on the machine. Small runs omit it.
 *
 * @module
 */
import { createHash } from 'node:crypto';
import { createClient } from '../../../src/client/client.ts';
import { registerPipeline } from '../../../src/launch/remote/register-pipeline.ts';
import { readGroupSpec, unpackSpec } from '../../../src/model/group-spec.ts';
import { readContainerEnvironment } from '../../../src/runner/container/environment.ts';
import { type ContainerServices, startHost } from '../../../test/aws/host/host.ts';
import type { ContainerPlan, Executor } from '../../../testing/batch/index.ts';
import { compiledPipeline } from '../deployment/pipelines.ts';
import { quantile } from '../samples.ts';
import type { Concern, Figure } from './figure.ts';

const STEPS = 260;
/** Edges before the functions' code is compiled. A later edge costs a third of the first ones. */
const WARM_UP_EDGES = 100;
const HASH = createHash('sha256').update('1').digest('hex');

export const edge: Concern = {
  name: 'edge',
  keys: ['edge.p50', 'edge.p99'],
  async collect({ quick }) {
    if (quick) return [];
    const edges = (await edgesOf(STEPS)).slice(WARM_UP_EDGES);
    const figure = (key: string, share: number, highest: number): Figure => ({
      key,
      value: quantile(edges, share),
      unit: 'ms',
      highest,
      what: `from a step's finished to its child's SubmitJob, ${edges.length} edges, without the time in emulators, on this machine`,
    });
    return [figure('edge.p50', 0.5, 20), figure('edge.p99', 0.99, 50)];
  },
};

/** Returns the milliseconds of each edge. */
async function edgesOf(steps: number): Promise<readonly number[]> {
  const edges: number[] = [];
  const waits = new Map<string, ServiceWait>();
  const host = await startHost({
    executor: (side) => countingExecutor(side),
    onStart: ({ id }) => void waits.set(id, new ServiceWait(performance.now())),
    watch: {
      before({ operation, caller = '' }) {
        const wait = waits.get(caller);
        if (operation.toLowerCase() === 'submitjob' && wait !== undefined)
          edges.push(wait.ownMs(performance.now()));
        wait?.enter(performance.now());
        return 'forward';
      },
      after({ caller = '' }) {
        waits.get(caller)?.leave(performance.now());
        return 'forward';
      },
    },
  });
  try {
    const client = createClient({ endpoint: host.endpoint, sign: async ({ headers }) => headers });
    // The endpoint has a path, as in every deployment: the client then omits the local folders of
    // packages.
    const { project, pipeline, version } = await registerPipeline(
      { client, endpoint: `${host.endpoint}/live` },
      await compiledPipeline('chain'),
    );
    const { id } = await client.createRun({
      project,
      pipeline,
      version,
      args: { steps },
      noCache: false,
    });
    await host.until(async () =>
      ['completed', 'failed', 'aborted'].includes((await client.run(id)).status),
    );
    const { status } = await client.run(id);
    if (status !== 'completed') throw new Error(`the run on the host is ${status}`);
    return edges;
  } finally {
    await host.stop();
  }
}

/** The time that an invocation waits for services: simultaneous requests are one wait. */
class ServiceWait {
  readonly #startedAt: number;
  #openRequests = 0;
  #waitingSince = 0;
  #waitedMs = 0;

  constructor(startedAt: number) {
    this.#startedAt = startedAt;
  }

  enter(now: number): void {
    if (this.#openRequests === 0) this.#waitingSince = now;
    this.#openRequests += 1;
  }

  leave(now: number): void {
    this.#openRequests -= 1;
    if (this.#openRequests === 0) this.#waitedMs += now - this.#waitingSince;
  }

  /** The time since the start, without the waits. */
  ownMs(now: number): number {
    return now - this.#startedAt - this.#waitedMs;
  }
}

/** Containers without a process: each sends the messages of a runner, with a number as result. */
function countingExecutor(side: ContainerServices): Executor {
  async function run({ environment }: ContainerPlan): Promise<void> {
    const { specText, index, token, job } = readContainerEnvironment({ ...environment });
    const { spec } = await readGroupSpec(unpackSpec(specText ?? ''), index, token);
    const attemptFields = () => ({
      run: spec.run,
      call: spec.call,
      attempt: spec.attempt,
      job,
      token,
      at: side.clock.now(),
    });
    await side.transitions().send([{ kind: 'started', ...attemptFields() }]);
    const value = { format: 'json' as const, text: String(spec.call + 1) };
    const [name = 'value'] = spec.returnValues;
    const artifact = {
      name,
      value,
      type: 'json',
      size: value.text.length,
      hash: HASH,
      preview: value.text,
      createdAt: side.clock.now(),
    };
    await side.transitions().send([
      {
        kind: 'finished',
        ...attemptFields(),
        outcome: { ok: true, values: [value], artifacts: [artifact] },
      },
    ]);
  }
  return {
    name: 'counts',
    open: async () => ({
      start: async (plan, write) => ({
        ended: run(plan).then(
          () => ({ exitCode: 0 }),
          (error: unknown) => {
            write(String(error));
            return { exitCode: 1 };
          },
        ),
        signal: () => undefined,
      }),
      remove: async () => undefined,
    }),
    close: async () => undefined,
  };
}
