import { lstatSync, readdirSync } from 'node:fs';
import { join, relative } from 'node:path';
import { expect, test } from 'vitest';
import { aProject, COMMAND } from './cli.ts';
import { execute } from './headrace.ts';

const FILES = {
  'p.ts': `
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { component, currentStep, pipeline } from 'headrace';
const make = component({}, (n: number) => {
  const { temporaryDirectory, uploadModel, logger } = currentStep();
  console.log('a line of the log');
  logger.reportText('text');
  const file = join(temporaryDirectory, 'model.bin');
  writeFileSync(file, 'weights');
  void uploadModel('model', file);
  return new Uint8Array(10_000).fill(n);
});
const sum = component({}, (bytes: Uint8Array) => bytes.reduce((a, b) => a + b, 0));
export const p = pipeline({ name: 'p', project: 'tests' }, async () => await sum(make(2)));
`,
};

/** All files and folders of a folder, itself included. */
const entriesOf = (folder: string): readonly string[] => [
  folder,
  ...readdirSync(folder, { recursive: true, withFileTypes: true }).map((entry) =>
    join(entry.parentPath, entry.name),
  ),
];

test.each(['run', 'debug'])(
  'no other user can open anything in the home after `run` in mode %s, whatever the umask',
  async (mode) => {
    const project = await aProject(FILES);
    const command = `umask 0; exec "$0" "$@"`;
    const { code, stderr } = await execute(
      'sh',
      [
        '-c',
        command,
        process.execPath,
        COMMAND,
        'run',
        'p.ts',
        '--mode',
        mode === 'run' ? 'local' : mode,
      ],
      { cwd: project.folder },
    );
    expect({ code, stderr: code === 0 ? '' : stderr }).toEqual({ code: 0, stderr: '' });
    const open = entriesOf(project.home).filter((path) => (lstatSync(path).mode & 0o077) !== 0);
    expect(open.map((path) => relative(project.home, path))).toEqual([]);
    if (mode === 'run')
      expect(readdirSync(project.home)).toEqual(
        expect.arrayContaining(['headrace.db', 'jobs', 'logs', 'objects']),
      );
  },
);
