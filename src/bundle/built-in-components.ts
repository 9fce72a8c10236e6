/**
 * The code of Headrace's own components: `inputFile` and `useModel`. It is the same for every
 * project.
 *
 * @module
 */
import type { Signature } from '../model/code.ts';
import { INPUT_FILE_COMPONENT } from '../model/input-file.ts';
import { USE_MODEL_COMPONENT } from '../model/use-model.ts';

interface BuiltInComponent {
  readonly id: string;
  readonly name: string;
  readonly signature: Signature;
  readonly bundle: string;
}

/** The runner does the work: a change of it changes no code of users. */
const INPUT_FILE_BUNDLE = `const inputFile = (address) => globalThis[Symbol.for('headrace.step')].openInput(address);
export { inputFile as default };
`;

/** The controller completes the step. Only one of an earlier release executes this. */
const USE_MODEL_BUNDLE = `const useModel = () => { throw new Error('the deployment is older than useModel: deploy again with this version of Headrace'); };
export { useModel as default };
`;

const signatureOf = ({
  style,
  parameters,
}: Pick<typeof INPUT_FILE_COMPONENT | typeof USE_MODEL_COMPONENT, 'style' | 'parameters'>) => ({
  style,
  parameters: parameters.map((name) => ({
    name,
    type: { kind: 'string' as const },
    typeText: 'string',
    optional: false,
  })),
  rest: false,
});

const BUILT_IN_COMPONENTS: readonly BuiltInComponent[] = [
  {
    id: INPUT_FILE_COMPONENT.id,
    name: INPUT_FILE_COMPONENT.name,
    signature: signatureOf(INPUT_FILE_COMPONENT),
    bundle: INPUT_FILE_BUNDLE,
  },
  {
    id: USE_MODEL_COMPONENT.id,
    name: USE_MODEL_COMPONENT.name,
    signature: signatureOf(USE_MODEL_COMPONENT),
    bundle: USE_MODEL_BUNDLE,
  },
];

/** Those whose id is in the text of a logic's bundle. */
export const builtInComponentsOf = (logic: string): readonly BuiltInComponent[] =>
  BUILT_IN_COMPONENTS.filter(({ id }) => logic.includes(id));
