/**
 * From one step to the next, in a deployment on the tests' runtime host: a step's `finished` is
 * handed to the controller, and the SubmitJob of its child leaves it. What the emulated services
 * take to answer meanwhile is taken off.
 *
 * This one is measured, not counted: it is this machine's. Small runs leave it out.
 *
 * @module
 */
import { createHash } from 'node:crypto';
import { createClient } from '../../../src/client/client.ts';
import { registerPipeline } from '../../../src/launch/remote/register-pipeline.ts';
import { readGroupSpec, unpackSpec } from '../../../src/model/group-spec.ts';
import { readContainerEnvironment } from '../../../src/runner/container/environment.ts';
import { type ContainerSide, startHost } from '../../../test/aws/host/host.ts';
import type { ContainerPlan, Executor } from '../../../testing/batch/index.ts';
import { compiledPipeline } from '../deployment/pipelines.ts';
import { quantile } from '../samples.ts';
import type { Concern, Figure } from './figure.ts';

const STEPS = 260;
/** Until the functions' code is compiled: an edge then costs a third of what the first ones do. */
const WARM_UP = 100;
const HASH = createHash('sha256').update('1').digest('hex');

export const edge: Concern = {
  name: 'edge',
  keys: ['edge.p50', 'edge.p99'],
  async take({ quick }) {
    if (quick) return [];
    const edges = (await edgesOf(STEPS)).slice(WARM_UP);
    const figure = (key: string, share: number, highest: number): Figure => ({
      key,
      value: quantile(edges, share),
      unit: 'ms',
      highest,
      what: `from a step's finished to its child's SubmitJob, ${edges.length} edges, without the emulators' share, on this machine`,
    });
    return [figure('edge.p50', 0.5, 20), figure('edge.p99', 0.99, 50)];
  },
};

/** Milliseconds of each. */
async function edgesOf(steps: number): Promise<readonly number[]> {
  const edges: number[] = [];
  const waits = new Map<string, Waits>();
  const host = await startHost({
    executor: (side) => stepsThatCount(side),
    onBegin: ({ id }) => void waits.set(id, new Waits(performance.now())),
    watch: {
      before({ operation, caller = '' }) {
        const begun = waits.get(caller);
        if (operation.toLowerCase() === 'submitjob' && begun !== undefined)
          edges.push(begun.own(performance.now()));
        begun?.enter(performance.now());
        return 'go';
      },
      after({ caller = '' }) {
        waits.get(caller)?.leave(performance.now());
        return 'go';
      },
    },
  });
  try {
    const client = createClient({ endpoint: host.endpoint, sign: async ({ headers }) => headers });
    // Behind a path, as every deployment is: the client then leaves out where packages are on this
    // machine.
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

/** How long an invocation has waited for services: requests under way together are one wait. */
class Waits {
  readonly #begun: number;
  #under = 0;
  #since = 0;
  #waited = 0;

  constructor(begun: number) {
    this.#begun = begun;
  }

  enter(now: number): void {
    if (this.#under === 0) this.#since = now;
    this.#under += 1;
  }

  leave(now: number): void {
    this.#under -= 1;
    if (this.#under === 0) this.#waited += now - this.#since;
  }

  own(now: number): number {
    return now - this.#begun - this.#waited;
  }
}

/** Containers without a process: each says what the runner would, and a number. */
function stepsThatCount(side: ContainerSide): Executor {
  async function run({ environment }: ContainerPlan): Promise<void> {
    const { specText, index, token, job } = readContainerEnvironment({ ...environment });
    const { spec } = await readGroupSpec(unpackSpec(specText ?? ''), index, token);
    const said = () => ({
      run: spec.run,
      call: spec.call,
      attempt: spec.attempt,
      job,
      token,
      at: side.clock.now(),
    });
    await side.transitions().send([{ kind: 'started', ...said() }]);
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
        ...said(),
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
