/** Names of steps. */
import { completes, type Programs } from '../program.ts';

export const NAMES: Programs = {
  'names of steps are unique': {
    source: `
  const a = component({}, (_n: number) => currentStep().name);
  const second = component({ name: 'a_1' }, (_n: number) => currentStep().name);
  export const main = pipeline({ name: 'main', project: 'modes' }, async () =>
    Promise.all([a(0), a(1), second(0), second(1), a(2)]));`,
    outcome: completes(['a', 'a_2', 'a_1', 'a_1_1', 'a_3']),
  },
};
