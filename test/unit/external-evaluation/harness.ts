/**
 * A controller whose runs are evaluated by processes that ask the API over HTTP, with ports in memory.
 *
 * @module
 */
import type { Server } from 'node:http';
import { createAdaptorServer } from '@hono/node-server';
import { onTestFinished } from 'vitest';
import { createApi } from '../../../src/api/app.ts';
import { createEvaluationClient, type EvaluationClient } from '../../../src/client/evaluations.ts';
import { createController } from '../../../src/controller/controller.ts';
import { newHead } from '../../../src/controller/run/run-head.ts';
import { readCommands } from '../../../src/evaluator/read-commands.ts';
import { createEvaluationControl } from '../../../src/external-evaluation/evaluation-control.ts';
import { createExternalEvaluator } from '../../../src/external-evaluation/external-evaluator.ts';
import {
  type ExternalEvaluationResult,
  evaluateExternally,
} from '../../../src/external-evaluation/process/evaluate-externally.ts';
import type { RunId } from '../../../src/model/ids.ts';
import type { EvaluatedBy, Run } from '../../../src/model/run.ts';
import type { Transition } from '../../../src/model/transition.ts';
import type { EvaluatorJobs } from '../../../src/ports/evaluator.ts';
import { ControllerHarness, type JobOutcome } from '../controller/harness.ts';
import { type Script, scripted } from '../controller/logic.ts';

export const PAUSE = { initialMs: 1, maxMs: 20 };

export class ExternalHarness {
  readonly bench: ControllerHarness;
  readonly endpoint: string;
  /** How the service answers instead of the API; undefined: the API does. */
  responseInstead: (request: number) => Response | undefined = () => undefined;
  /** Told to the controller by the API. */
  readonly sent: Transition[] = [];
  /** What becomes of a word on its way to the controller. */
  deliveryOf: (transition: Transition) => 'once' | 'twice' | 'lost' = () => 'once';
  readonly #script: Script;
  readonly #control: ReturnType<typeof createEvaluationControl>;
  readonly #handle: (transitions: readonly Transition[]) => Promise<void>;

  constructor(parts: {
    bench: ControllerHarness;
    script: Script;
    endpoint: string;
    control: ReturnType<typeof createEvaluationControl>;
    handle: (transitions: readonly Transition[]) => Promise<void>;
  }) {
    this.bench = parts.bench;
    this.endpoint = parts.endpoint;
    this.#script = parts.script;
    this.#control = parts.control;
    this.#handle = parts.handle;
  }

  async start(evaluatedBy: EvaluatedBy, id?: string): Promise<RunId> {
    const info = { ...this.bench.info({}, id), evaluatedBy };
    await this.bench.storage.tasks.createRun(info, newHead(info));
    await this.#handle([{ kind: 'run.created', run: info.id }]);
    return info.id;
  }

  send(...transitions: readonly Transition[]): Promise<void> {
    return this.#handle(transitions);
  }

  client(run: RunId, token = this.#control.token(run)): EvaluationClient {
    return createEvaluationClient({ endpoint: this.endpoint, token, firstRetryDelayMs: 1 }, run);
  }

  evaluate(
    run: RunId,
    name: string,
    { signal, outage }: { readonly signal?: AbortSignal; readonly outage?: number } = {},
  ): Promise<ExternalEvaluationResult> {
    return evaluateExternally({
      client: this.client(run),
      makeEvaluator: () => scripted(this.#script),
      name,
      signal,
      maxOutageMs: outage,
      pollDelay: PAUSE,
    });
  }

  run(id: RunId): Promise<Run> {
    return this.bench.run(id);
  }
}

export async function createExternalHarness(
  script: Script,
  { answer, jobs }: { readonly answer?: JobOutcome; readonly jobs?: EvaluatorJobs } = {},
): Promise<ExternalHarness> {
  const made: { bench?: ExternalHarness } = {};
  const inside = new ControllerHarness(script, answer);
  const { storage } = inside;
  const controller = createController({
    ...inside.ports,
    evaluator: createExternalEvaluator({
      engineEvaluator: scripted(script),
      objects: storage.objects,
      readCommands,
      jobs,
    }),
  });
  Object.assign(inside, { controller });
  let last: Promise<void> = Promise.resolve();
  /** One after the other, as a queue has it. */
  const handle = (transitions: readonly Transition[]): Promise<void> => {
    last = last.then(() => inside.send(...transitions));
    return last;
  };
  const control = createEvaluationControl({
    objects: storage.objects,
    transitions: {
      async send(transitions) {
        for (const transition of transitions) {
          made.bench?.sent.push(transition);
          const fate = made.bench?.deliveryOf(transition) ?? 'once';
          if (fate !== 'lost')
            await handle(fate === 'twice' ? [transition, transition] : [transition]);
        }
      },
    },
    token: (name) => `token of ${name}`,
    readCommands,
    jobs: jobs !== undefined,
  });
  const absent = async () => Promise.reject(new Error('not in this test'));
  const api = createApi(
    {
      ...storage,
      queries: storage.tasks,
      links: {
        read: async (key) => ({
          url: `${made.bench?.endpoint}/objects/${key}`,
          method: 'GET',
          headers: {},
          expiresAt: 2_000,
        }),
        write: absent,
      },
      logs: { read: absent },
      runs: {
        newId: () => inside.info().id,
        prepare: () => inside.info(),
        create: absent,
        resume: absent,
        rerun: absent,
        abort: absent,
        tag: absent,
        remove: absent,
      },
      evaluations: control,
      clock: { now: () => inside.now },
      service: { name: 'headrace', version: '1.0.0', stepExecutor: 'container' },
      queues: () => ({ items: [], acceptsAnyName: true }),
      versionProblems: () => [],
      onError: (error) => console.error(error),
    },
    { onlyRoutes: 'evaluations' },
  );
  let requests = 0;
  const server = createAdaptorServer({
    fetch: async (request) => {
      requests += 1;
      const ill = made.bench?.responseInstead(requests);
      if (ill !== undefined) return ill;
      const { pathname } = new URL(request.url);
      return pathname.startsWith('/objects/') ? new Response('the code') : await api.fetch(request);
    },
  }) as Server;
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const address = server.address();
  const endpoint = `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`;
  made.bench = new ExternalHarness({ bench: inside, script, endpoint, control, handle });
  return made.bench;
}
