/**
 * Evaluators that crash, or are not available, and controllers that die meanwhile.
 *
 * @module
 */
import { describe, expect, it } from 'vitest';
import type { ControllerPorts } from '../../../src/controller/context.ts';
import { createController } from '../../../src/controller/controller.ts';
import { newHead } from '../../../src/controller/run/run-head.ts';
import type { RunId } from '../../../src/model/ids.ts';
import type { Transition } from '../../../src/model/transition.ts';
import { names } from './controller-harness.ts';
import { ControllerHarness, NO_OUTCOME } from './harness.ts';
import { type Script, scripted } from './logic.ts';

const SCRIPT: Script = {
  components: { a: {}, b: {} },
  main: async (logic) => {
    await logic.call('a');
    return logic.call('b');
  },
};

type Evaluate = ControllerPorts['evaluator']['evaluate'];

const answers: Evaluate = (request) => scripted(SCRIPT).evaluate(request);
const crashes: Evaluate = async () => ({ kind: 'crashed', reason: 'too much memory' });
/** The controller is stopped while it waits: it never has an answer. */
const never: Evaluate = () => new Promise(() => undefined);
const isThrottled: Evaluate = () => Promise.reject(new Error('rate exceeded'));

/** A new controller on the records of the harness; its nth evaluation is the nth of the list. */
function aController(harness: ControllerHarness, ...evaluations: readonly Evaluate[]) {
  let count = 0;
  return createController({
    ...harness.ports,
    evaluator: {
      evaluate: (request) => {
        count += 1;
        return (evaluations[count - 1] ?? never)(request);
      },
      drop: () => undefined,
    },
  });
}

async function aRun(harness: ControllerHarness): Promise<RunId> {
  const info = harness.info();
  await harness.storage.tasks.createRun(info, newHead(info));
  return info.id;
}

/** Resolves when something was committed after this revision. */
const untilCommitted = async (harness: ControllerHarness, run: RunId, revision: number) => {
  for (let turns = 0; turns < 1000; turns += 1) {
    if ((await harness.run(run)).head.revision > revision) return;
    await new Promise((resolve) => setImmediate(resolve));
  }
  throw new Error('nothing is committed');
};

describe('an evaluator that crashes', () => {
  it('a crash counts although its controller dies in the next evaluation, and the second one fails the run', async () => {
    const harness = new ControllerHarness(SCRIPT);
    const run = await aRun(harness);
    const created: Transition = { kind: 'run.created', run };
    const { revision } = (await harness.run(run)).head;
    void aController(harness, crashes, never).handle(run, [created]);
    await untilCommitted(harness, run, revision);
    expect((await harness.run(run)).head).toMatchObject({ evaluatorCrashes: 1 });
    // Another controller receives the message again.
    await aController(harness, crashes).handle(run, [created]);
    expect((await harness.run(run)).head).toMatchObject({
      status: 'failed',
      error: { name: 'EvaluatorCrashedError' },
    });
  });

  it('an answer after a crash of another controller resets the count', async () => {
    const harness = new ControllerHarness(SCRIPT, () => NO_OUTCOME);
    const run = await aRun(harness);
    const created: Transition = { kind: 'run.created', run };
    const { revision } = (await harness.run(run)).head;
    void aController(harness, crashes, never).handle(run, [created]);
    await untilCommitted(harness, run, revision);
    await aController(harness, answers).handle(run, [created]);
    expect((await harness.run(run)).head).toMatchObject({
      status: 'running',
      evaluatorCrashes: 0,
    });
    expect(names(harness)).toEqual(['a']);
  });
});

describe('an evaluator that is not available', () => {
  it('a result is recorded although no evaluation is possible, so that no sweep takes its step for lost', async () => {
    const harness = new ControllerHarness(SCRIPT, () => NO_OUTCOME);
    const run = await harness.start();
    const [spec] = harness.submittedSpecs;
    const finished: Transition = {
      kind: 'finished',
      run,
      call: 0,
      attempt: 1,
      job: `${harness.submittedGroups[0]}:0`,
      token: spec?.token ?? '',
      at: harness.now,
      outcome: { ok: true, values: [{ format: 'json', text: '1' }], artifacts: [] },
    };
    const unavailable = aController(harness, isThrottled, isThrottled);
    await expect(unavailable.handle(run, [finished])).rejects.toThrow('rate exceeded');
    const [step] = await harness.storage.tasks.steps(run, [0]);
    expect(step).toMatchObject({ status: 'completed' });
    const { revision } = (await harness.run(run)).head;
    // Received again, it changes nothing, and costs no write.
    await expect(unavailable.handle(run, [finished])).rejects.toThrow('rate exceeded');
    expect((await harness.run(run)).head.revision).toBe(revision);
    await harness.send(finished);
    expect(names(harness)).toEqual(['a', 'b']);
  });
});
