/**
 * The logic of all simulated pipelines. It is bundled once, with the replay SDK.
 *
 * @module
 */
import './smuggled-program.ts';
import {
  boot,
  cancel,
  component,
  pipeline,
  sleep,
  timeout,
  waitForSignal,
} from '../../src/sdk/replay/index.ts';
import { type DeclaredComponents, declareComponents, type Host, interpret } from './interpret.ts';
import { program } from './smuggled-program.ts';

const declared: DeclaredComponents = declareComponents(program, (plan, options, parameters) =>
  plan.child
    ? (...args) => main(...args)
    : component(options, undefined, {
        id: `simulation.ts#${plan.name}`,
        name: plan.name,
        style: 'positional',
        parameters,
      }),
);

const host: Host = {
  sleep,
  cancel,
  timeout,
  waitForSignal,
  now: () => Date.now(),
  unobserved: () => () => undefined,
};

const main: (...args: unknown[]) => unknown = pipeline(
  { name: 'simulated', project: 'simulation' },
  (_program: unknown, a: unknown, b: unknown) => interpret(program, declared, host, { a, b }),
  {
    id: 'simulation.ts#main',
    name: 'main',
  },
);

export default boot(main);
