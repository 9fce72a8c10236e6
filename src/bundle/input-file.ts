/**
 * The code of the component behind `inputFile`. It is the same for every project.
 *
 * @module
 */
import type { Signature } from '../model/code.ts';
import { INPUT_FILE_COMPONENT } from '../model/input-file.ts';

/** The runner does the work: a change of it changes no code of users. */
export const INPUT_FILE_BUNDLE = `const inputFile = (address) => globalThis[Symbol.for('headrace.step')].openInput(address);
export { inputFile as default };
`;

export const INPUT_FILE_SIGNATURE: Signature = {
  style: INPUT_FILE_COMPONENT.style,
  parameters: INPUT_FILE_COMPONENT.parameters.map((name) => ({
    name,
    type: { kind: 'string' },
    typeText: 'string',
    optional: false,
  })),
  rest: false,
};

/** Whether the text of a logic's bundle contains the component. */
export const usesInputFile = (logic: string): boolean => logic.includes(INPUT_FILE_COMPONENT.id);
