/**
 * Jobs that end at once: they send the transitions of a runner and execute nothing.
 *
 * @module
 */
import type { StepSpec } from '../src/model/spec.ts';
import type { Transition } from '../src/model/transition.ts';
import type { JobGroup, Jobs } from '../src/ports/jobs.ts';
import type { Transitions } from '../src/ports/transitions.ts';

const RESULT = { format: 'json', text: '1' } as const;
const HASH = '6b86b273ff34fce19d6b804eff5a3f5747ada4eaa22f1d49c01e52ddb7875b4b';

/** Returns the transitions of a step's job, from its start to its end. */
function transitionsOf(spec: StepSpec, job: string): readonly Transition[] {
  const { run, call, attempt, token } = spec;
  const at = Date.now();
  const from = { run, call, attempt, job, token, at };
  const artifacts = spec.returnValues.map((name) => ({
    name,
    type: 'json',
    size: 1,
    hash: HASH,
    preview: '1',
    value: RESULT,
    createdAt: at,
  }));
  return [
    { kind: 'started', ...from },
    {
      kind: 'finished',
      ...from,
      outcome: { ok: true, values: spec.returnValues.map(() => RESULT), artifacts },
    },
    {
      kind: 'job.ended',
      run,
      call,
      attempt,
      job,
      exitCode: 0,
      signal: null,
      fault: 'step',
      reason: 'exit code 0',
      at,
    },
  ];
}

export function createInstantJobs(transitions: Transitions): Jobs {
  return {
    async submit({ name, specs }: JobGroup) {
      await transitions.send(
        specs.flatMap((spec, index) => transitionsOf(spec, `${name}:${index}`)),
      );
      return undefined;
    },
    state: async () => 'ended',
    terminate: async () => undefined,
    findsJobs: () => true,
    reportsTermination: () => true,
  };
}
