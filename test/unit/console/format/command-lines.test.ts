import { execFileSync } from 'node:child_process';
import { expect, it } from 'vitest';
import { commandLine, shellQuoted } from '../../../../console/src/format/command-lines.ts';
import { argsDigest, canonicalText } from '../../../../console/src/screens/run/args-digest.ts';

it('a command is quoted only where a shell requires it', () => {
  expect(commandLine('runs', 'rerun', '01m8', '--from', 'train_1')).toBe(
    'headrace runs rerun 01m8 --from train_1',
  );
});

it('a shell passes a quoted argument unchanged', () => {
  const texts = ["it's", '$(rm -rf x)', '`x`', '"a" b', '', 'a\nb', '!x', '*', '~', '{a,b}', '\\'];
  const line = texts.map((text) => shellQuoted(text)).join(' ');
  const printed = execFileSync('sh', ['-c', `printf '%s\\001' ${line}`], { encoding: 'utf8' });
  expect(printed.split('\u0001').slice(0, -1)).toEqual(texts);
});

it('the digest of arguments does not depend on the order of properties', () => {
  expect(argsDigest({ a: 1, b: { c: [1, 2], d: null } })).toBe(
    argsDigest({ b: { d: null, c: [1, 2] }, a: 1 }),
  );
  expect(argsDigest({ a: 1 })).not.toBe(argsDigest({ a: '1' }));
  expect(canonicalText({ b: 1, a: undefined })).toBe('{"b":1}');
});
