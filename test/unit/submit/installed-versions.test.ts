/** The notes about packages whose installed versions differ from the options or the lock file. */
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { compile } from '../../../src/submit/compile.ts';

const source = (packages: string, body = 'return 1;') => `
  import { component, pipeline } from 'headrace';
  import { one } from 'imported';
  const load = component({ packages: ${packages} }, function load() { ${body} });
  export const main = pipeline({ name: 'packages' }, async function main() { load(); });
`;

interface Files {
  readonly [path: string]: string;
}

/** The notes of `app/pipeline.ts` in a folder with these files and links. */
async function notesOf(files: Files, links: Files = {}): Promise<readonly string[]> {
  const root = await mkdtemp(join(tmpdir(), 'headrace-versions-'));
  onTestFinished(() => rm(root, { recursive: true, force: true }));
  const all = { 'app/package.json': '{ "name": "app", "type": "module" }', ...files };
  for (const [path, text] of Object.entries(all)) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), text);
  }
  for (const [path, target] of Object.entries(links)) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await symlink(target, join(root, path));
  }
  return (await compile({ file: join(root, 'app/pipeline.ts') })).packageNotes;
}

/** The files of a package. */
const packageAt = (folder: string, name: string, version: string): Files => ({
  [`${folder}/package.json`]: JSON.stringify({ name, version, exports: './index.js' }),
  [`${folder}/index.js`]: 'exports.one = 1;',
});

const note = (range: string, version: string) =>
  `note: the packages of component load name listed@${range}, and the project has ${version} installed: on this machine its steps use ${version}, in a container a version of ${range}`;

test.each([
  ["['listed@^5']", [note('^5', '7.0.3')]],
  ["['listed@7.0.2']", [note('7.0.2', '7.0.3')]],
  ["['listed@^7.0.0', 'absent@^1']", []],
  ["['listed@latest', 'listed@github:team/listed']", []],
  ["'step.json'", [note('~6.1.0', '7.0.3')]],
])('packages %s is compared with the installed version', async (packages, expected) => {
  const notes = await notesOf({
    'app/pipeline.ts': source(packages),
    'app/step.json': '{ "dependencies": { "listed": "~6.1.0" } }',
    ...packageAt('app/node_modules/listed', 'listed', '7.0.3'),
    ...packageAt('app/node_modules/imported', 'imported', '1.0.0'),
  });
  expect(notes).toEqual(expected);
});

test('a package that the step imports is compared in the version that it imports', async () => {
  const notes = await notesOf({
    'app/pipeline.ts': source("['imported@^2']", 'return one;'),
    ...packageAt('app/node_modules/imported', 'imported', '1.0.0'),
  });
  expect(notes[0]).toMatch(/name imported@\^2, and the project has 1\.0\.0 installed/);
});

test('an alias is not compared with the lock file, which has the version of the package behind it', async () => {
  const notes = await notesOf({
    'app/package.json':
      '{ "name": "app", "type": "module", "dependencies": { "imported": "npm:behind@^1.0.0" } }',
    'app/pipeline.ts': source("['imported']", 'return one;'),
    'app/package-lock.json': JSON.stringify(
      { packages: { 'node_modules/imported': { name: 'behind', version: '1.0.0' } } },
      null,
      2,
    ),
    ...packageAt('app/node_modules/imported', 'behind', '1.0.0'),
  });
  expect(notes).toEqual([]);
});

test('the packages of pnpm and those that a workspace shares are found', async () => {
  const inPnpm = await notesOf(
    {
      'app/pipeline.ts': source("['listed@^5']"),
      ...packageAt('app/node_modules/imported', 'imported', '1.0.0'),
      ...packageAt('node_modules/.pnpm/listed@7.0.3/node_modules/listed', 'listed', '7.0.3'),
    },
    { 'app/node_modules/listed': '../../node_modules/.pnpm/listed@7.0.3/node_modules/listed' },
  );
  expect(inPnpm).toEqual([note('^5', '7.0.3')]);
  const hoisted = await notesOf({
    'app/pipeline.ts': source("['listed@^5']"),
    ...packageAt('app/node_modules/imported', 'imported', '1.0.0'),
    ...packageAt('node_modules/listed', 'listed', '7.0.3'),
  });
  expect(hoisted).toEqual([note('^5', '7.0.3')]);
});

const NPM_LOCK = JSON.stringify(
  {
    packages: {
      '': { name: 'app' },
      'node_modules/listed': { version: '7.0.4', resolved: 'x' },
      'node_modules/other/node_modules/listed': { version: '6.0.0' },
      'node_modules/not-listed': { version: '7.0.3' },
    },
  },
  null,
  2,
);

test.each([
  ['package-lock.json', NPM_LOCK, 'package-lock.json has 7.0.4, 6.0.0', 'npm ci'],
  [
    'pnpm-lock.yaml',
    "packages:\n\n  listed@7.0.4:\n    resolution: {}\n\n  '@a/listed@7.0.3':\n\nsnapshots:\n\n  listed@7.0.4(peer@1.0.0):\n",
    'pnpm-lock.yaml has 7.0.4',
    'pnpm install --frozen-lockfile',
  ],
  [
    'yarn.lock',
    'listed@^7.0.0, listed@^7.0.1:\n  version "7.0.4"\n\n"@a/listed@^7.0.0":\n  version "7.0.3"\n',
    'yarn.lock has 7.0.4',
    'yarn install',
  ],
  [
    'yarn.lock',
    '"listed@npm:^7.0.0":\n  version: 7.0.4\n  resolution: "listed@npm:7.0.4"\n',
    'yarn.lock has 7.0.4',
    'yarn install',
  ],
])(
  'an installed version that %s does not have is noted (case %#)',
  async (file, text, has, command) => {
    const files = {
      'app/pipeline.ts': source("['listed']"),
      ...packageAt('app/node_modules/listed', 'listed', '7.0.3'),
      ...packageAt('app/node_modules/imported', 'imported', '1.0.0'),
    };
    const expected = `note: the project has listed 7.0.3 installed, and ${has}: install its packages again with \`${command}\``;
    // The lock file of a workspace is in its root.
    expect(await notesOf({ ...files, [file]: text })).toEqual([expected]);
    expect(await notesOf({ ...files, [file]: text.replaceAll('7.0.4', '7.0.3') })).toEqual([]);
  },
);
