import { expect, test } from 'vitest';
import { TamperedContextError } from '../../../src/evaluator/errors.ts';
import { readCommands } from '../../../src/evaluator/read-commands.ts';
import { OptionError } from '../../../src/sdk/errors.ts';

const call = {
  kind: 'call',
  component: 'a',
  args: { data: { format: 'json', text: '[1]' }, refs: [] },
  digest: 'a[1]',
  awaited: false,
};
const page = (...commands: readonly unknown[]): string =>
  JSON.stringify(commands.map((command) => ({ command, signature: 's' })));

test('valid commands are read unchanged', () => {
  const withRef = {
    ...call,
    args: { ...call.args, refs: [{ path: [0, 'x'], call: 3, value: null }] },
  };
  expect(readCommands(page(call, withRef, { kind: 'await', call: 0 }))).toEqual([
    { command: call, signature: 's' },
    { command: withRef, signature: 's' },
    { command: { kind: 'await', call: 0 }, signature: 's' },
  ]);
});

test.each([
  ['text that is not JSON', '{'],
  ['JSON that is not a list', '{}'],
  ['an unknown kind', page({ kind: 'exec', command: 'rm' })],
  ['a call with an additional field', page({ ...call, queue: 'root' })],
  [
    'a call with the key of an object beside its arguments',
    page({
      ...call,
      args: { ...call.args, data: { format: 'json', text: '[1]', key: '../other' } },
    }),
  ],
  [
    'an object of the store as the arguments',
    page({
      ...call,
      args: { refs: [], data: { format: 'json', key: 'p/other/data/secret', size: 1, hash: 'h' } },
    }),
  ],
  ['a call with a number as its component', page({ ...call, component: 1 })],
  [
    'a reference to a negative call',
    page({ ...call, args: { ...call.args, refs: [{ path: [0], call: -1, value: null }] } }),
  ],
  ['a command without a signature', JSON.stringify([{ command: call }])],
  [
    'an additional field beside the command',
    JSON.stringify([{ command: call, signature: 's', also: 1 }]),
  ],
])('%s is rejected', (_what, json) => {
  expect(() => readCommands(json)).toThrow(/changes objects that Headrace relies on/);
});

test('the declaration of a component whose name has no text is refused', () => {
  const component = { name: { toString: 1, valueOf: 1 } };
  expect(() => readCommands(page({ kind: 'declare', component }))).toThrow(OptionError);
});

test('a command whose texts are objects with a length that has no text is rejected', () => {
  const name = { length: { toString: 1, valueOf: 1 } };
  expect(() => readCommands(page({ kind: 'addTags', tags: name }))).toThrow(TamperedContextError);
  expect(() => readCommands(page({ kind: 'declare', component: { name } }))).toThrow(OptionError);
});

test('a declaration is validated, and its defaults filled in', () => {
  const [declared] = readCommands(
    page({ kind: 'declare', component: { id: 'f#a', name: 'a', returnValues: ['x'] } }),
  );
  expect(declared?.command).toMatchObject({
    component: { cache: false, taskType: 'data_processing', draft: false },
  });
  expect(() =>
    readCommands(page({ kind: 'declare', component: { id: 'f#a', name: 'a', returnValues: [] } })),
  ).toThrow(/returnValues of component a/);
});
