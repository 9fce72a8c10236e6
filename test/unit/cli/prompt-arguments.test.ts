import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { type PromptRequest, promptArguments } from '../../../src/cli/prompt-arguments.ts';
import { CommandLineError } from '../../../src/launch/errors.ts';

const request: PromptRequest = {
  signature: {
    style: 'positional',
    rest: false,
    parameters: [
      { name: 'url', type: { kind: 'string' }, optional: false, description: 'The data.' },
      {
        name: 'depth',
        type: { kind: 'number' },
        optional: true,
        defaultText: '4',
        defaultValue: 4,
      },
      { name: 'seed', type: { kind: 'number' }, optional: false },
    ],
  },
  argsMap: {},
  texts: [],
  base: {},
};

/** A terminal on which these lines are typed, each at a prompt. */
function aTerminal(lines: readonly string[]) {
  const input = Object.assign(new PassThrough(), { isTTY: true });
  const output = Object.assign(new PassThrough(), { isTTY: true });
  const remaining = [...lines];
  let shown = '';
  output.setEncoding('utf8').on('data', (text: string) => {
    shown += text;
    if (!text.endsWith(': ')) return;
    const line = remaining.shift();
    if (line === undefined) input.end();
    else input.write(`${line}\n`);
  });
  return { terminal: { input, output }, shown: () => shown };
}

describe('the prompts for arguments', () => {
  it('an empty line keeps the default, and a value that does not fit is reported', async () => {
    const { terminal, shown } = aTerminal(['', 'a.csv', '', 'many', '7']);
    expect(await promptArguments(request, terminal)).toEqual(['url=a.csv', 'seed=7']);
    expect(shown()).toContain('The data.\n');
    expect(shown()).toContain('url: string: ');
    expect(shown()).toContain('argument url is missing: expected string');
    expect(shown()).toContain('depth: number = 4: ');
    expect(shown()).toContain('argument seed: expected number, given "many"');
  });

  it('named arguments have no prompt, and those of an earlier run are defaults', async () => {
    const { terminal, shown } = aTerminal(['', '5']);
    const texts = ['seed=1'];
    const base = { url: 'b.csv', depth: 2 };
    expect(await promptArguments({ ...request, texts, base }, terminal)).toEqual([
      'seed=1',
      'depth=5',
    ]);
    expect(shown()).toContain('url: string [b.csv]: ');
    expect(shown()).not.toContain('seed');
  });

  it('the end of the input gives no arguments', async () => {
    const { terminal } = aTerminal(['a.csv']);
    expect(await promptArguments(request, terminal)).toBeUndefined();
  });

  it('without a terminal, the arguments are refused', async () => {
    const terminal = { input: new PassThrough(), output: new PassThrough() };
    await expect(promptArguments(request, terminal)).rejects.toBeInstanceOf(CommandLineError);
  });
});
