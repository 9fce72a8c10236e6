import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { COMMANDS } from '../../../src/cli/commands/table.ts';
import { candidatesFor, type NameRequest } from '../../../src/cli/completion/candidates.ts';
import { homeNames } from '../../../src/cli/completion/home-names.ts';
import { COMPLETION_SCRIPTS } from '../../../src/cli/completion/scripts.ts';
import { createProgram } from '../../../src/cli/program.ts';
import { processOutput } from '../../../src/view/output.ts';

/** The words that complete the line, and the names that were requested for it. */
async function completed(line: string) {
  const requests: NameRequest[] = [];
  const found = await candidatesFor(
    createProgram(processOutput()),
    line.split(' '),
    async (request) => {
      requests.push(request);
      return [
        { word: 'iris#7', description: '' },
        { word: 'train_1', description: '' },
      ];
    },
  );
  return { words: found.map(({ word }) => word), requests };
}

it('every command can be completed word by word', async () => {
  for (const { name } of COMMANDS) {
    const [first = '', second] = name.split(' ');
    expect((await completed(first.slice(0, -1))).words, name).toContain(first);
    if (second !== undefined)
      expect((await completed(`${first} ${second.slice(0, 2)}`)).words, name).toContain(second);
  }
});

it.each([
  ['runs sh', ['show']],
  ['runs list --st', ['--status']],
  ['runs list --status fa', ['failed']],
  ['graph --format ', ['text', 'mermaid', 'dot']],
  ['completion ', ['bash', 'zsh', 'fish']],
  ['run ', []],
  ['runs list --limit ', []],
])('the line %j is completed with %j', async (line, words) => {
  expect(await completed(line)).toEqual({ words, requests: [] });
});

it.each([
  ['runs show i', { kind: 'run' }],
  ['runs diff iris#6 i', { kind: 'run' }],
  ['runs remove iris#5 iris#6 i', { kind: 'run' }],
  ['runs show iris#7 t', { kind: 'step', run: 'iris#7' }],
  ['runs logs --home other iris#7 --step t', { kind: 'step', run: 'iris#7' }],
  ['runs rerun iris#7 --from t', { kind: 'step', run: 'iris#7' }],
  ['start --from-run i', { kind: 'run' }],
  ['runs list --pipeline i', { kind: 'pipeline' }],
  ['runs list --profile t', { kind: 'profile' }],
])('the line %j requests names: %j', async (line, request) => {
  const { words, requests } = await completed(line);
  expect(requests).toMatchObject([request]);
  expect(words).toEqual([line.endsWith('t') ? 'train_1' : 'iris#7']);
});

it('the home of the line is passed on, and names behind an API are not read', async () => {
  const { requests } = await completed('runs show --home other i');
  expect(requests[0]?.options.get('--home')).toBe('other');
  const options = new Map([['--endpoint', 'http://127.0.0.1:1']]);
  expect(await homeNames({ kind: 'run', options })).toEqual([]);
});

it('a damaged home completes nothing and prints nothing', async () => {
  const home = mkdtempSync(join(tmpdir(), 'headrace-completion-'));
  onTestFinished(() => rmSync(home, { recursive: true, force: true }));
  writeFileSync(join(home, 'headrace.db'), 'no database');
  const options = new Map([['--home', home]]);
  expect(await homeNames({ kind: 'run', options })).toEqual([]);
});

it('the script for bash passes the words of the line to the command that was typed, and reads its answer', () => {
  const folder = mkdtempSync(join(tmpdir(), 'headrace-completion-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const command = join(folder, 'headrace');
  writeFileSync(
    command,
    '#!/bin/sh\nprintf "%s|" "$@" >&2\nprintf "iris#7\\tdone\\ntwo words\\t\\n"\n',
  );
  chmodSync(command, 0o755);
  // The descriptor of the answer's errors is visible here; the script hides it.
  const script = COMPLETION_SCRIPTS.bash.replace('2>/dev/null', '2>"$ERRORS"');
  const program = `${script}
COMP_WORDS=("${command}" runs show "")
COMP_CWORD=3
_headrace
printf '%s\\n' "\${COMPREPLY[@]}"
cat "$ERRORS"`;
  const env = { ...process.env, ERRORS: join(folder, 'errors') };
  expect(execFileSync('bash', ['-c', program], { encoding: 'utf8', env })).toBe(
    'iris#7\ntwo\\ words\ncompletion|bash|--|runs|show||',
  );
});

/** A shell with the script, and a command `headrace` that completes two words, or none after `none`. */
const PROGRAMS = {
  zsh: (script: string) => `compdef() { : }
${script}
_describe() { print -l -- $candidates }
_files() { print files }
for word in show none; do words=(headrace runs $word); CURRENT=3; _headrace; done`,
  fish: (script: string) => `${script}
complete -C 'headrace runs '
complete -C 'headrace runs none'`,
} as const;

it.for([
  ['zsh', 'iris#7:a run\ntwo words:\nfiles\n'],
  ['fish', 'iris#7\ta run\ntwo words\nnone.txt\n'],
] as const)(
  'the script of %s offers the candidates in that shell, and files only without candidates',
  ([shell, expected], { skip }) => {
    const folder = mkdtempSync(join(tmpdir(), 'headrace-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const command = join(folder, 'headrace');
    writeFileSync(
      command,
      `#!/bin/sh\ncase "$*" in *none) ;; *) printf 'iris#7\\ta run\\ntwo words\\t\\n';; esac\n`,
    );
    chmodSync(command, 0o755);
    writeFileSync(join(folder, 'none.txt'), '');
    const env = { ...process.env, HOME: folder, PATH: `${folder}:${process.env.PATH}` };
    const found = spawnSync(shell, ['-c', PROGRAMS[shell](COMPLETION_SCRIPTS[shell])], {
      encoding: 'utf8',
      cwd: folder,
      env,
    });
    if (found.error !== undefined) skip(`${shell} is not installed`);
    expect(found.stderr).toBe('');
    expect(found.stdout).toBe(expected);
  },
);
