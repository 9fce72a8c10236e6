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
import { type DeclaredComponents, declareComponents, interpret } from './interpret.ts';
import { program } from './smuggled-program.ts';

const declared: DeclaredComponents = declareComponents(program, (plan, options, parameters) =>
  component(options, undefined, {
    id: `simulation.ts#${plan.name}`,
    name: plan.name,
    style: 'positional',
    parameters,
  }),
);

const main = pipeline(
  { name: 'simulated', project: 'simulation' },
  () =>
    interpret(program, declared, {
      sleep,
      cancel,
      timeout,
      waitForSignal,
      now: () => Date.now(),
      unobserved: () => () => undefined,
    }),
  {
    id: 'simulation.ts#main',
    name: 'main',
  },
);

export default boot(main);
