/**
 * A jobs port without processes: a function of the spec says at once how each job ends. For tests and benchmarks of all that is around jobs.
 *
 * @module
 */
import type { RunnerMessage, StepSpec } from '../../model/spec.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Jobs } from '../../ports/jobs.ts';
import type { Transitions } from '../../ports/transitions.ts';

type Outcome = Extract<RunnerMessage, { kind: 'finished' }>['outcome'];

/** @param outcome How the step ends. Default: `null` for each of its return values. */
export function createInstantJobs(transitions: Transitions, clock: Clock, outcome: (spec: StepSpec) => Outcome = nulls): Jobs {
  const groups = new Map<string, number>();
  let count = 0;
  return {
    async submit({ name, specs }) {
      if (groups.has(name)) return;
      groups.set(name, specs.length);
      const messages = specs.flatMap((spec): RunnerMessage[] => {
        const { run, call, attempt, token } = spec;
        const from = { run, call, attempt, token, job: `instant-${count++}`, at: clock.now() };
        return [
          { kind: 'started', ...from },
          { kind: 'finished', ...from, outcome: outcome(spec) },
        ];
      });
      await transitions.send(messages);
    },
    state: async ({ name, index }) => (index < (groups.get(name) ?? 0) ? 'ended' : 'unknown'),
    terminate: async () => undefined,
  };
}

const nulls = ({ returnValues }: StepSpec): Outcome => ({ ok: true, values: returnValues.map(() => ({ format: 'json', text: 'null' })), artifacts: [] });
