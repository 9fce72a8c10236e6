import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { compile } from '../../../src/submit/compile.ts';

const SOURCE = (packages: string) => `
  import { component, pipeline } from 'headrace';
  import { one } from 'imported';
  const load = component({ packages: ${packages} }, function load() { return one; });
  const other = component({}, function other() { return one; });
  export const main = pipeline({ name: 'packages' }, async function main() { load(); other(); });
`;

/** A project with a package that is imported, one that is only installed, and manifests. */
async function project(packages: string): Promise<string> {
  const root = await mkdtemp(join(tmpdir(), 'headrace-packages-'));
  onTestFinished(() => rm(root, { recursive: true, force: true }));
  for (const [name, version] of [
    ['imported', '1.2.3'],
    ['installed', '4.5.6'],
  ] as const) {
    const folder = join(root, 'node_modules', name);
    await mkdir(folder, { recursive: true });
    await writeFile(
      join(folder, 'package.json'),
      JSON.stringify({ name, version, type: 'module', exports: './index.js' }),
    );
    await writeFile(join(folder, 'index.js'), 'export const one = 1;');
  }
  await writeFile(
    join(root, 'package.json'),
    JSON.stringify({ type: 'module', dependencies: { imported: '*' } }),
  );
  await writeFile(
    join(root, 'step.json'),
    JSON.stringify({
      dependencies: { listed: '~7.0.0', local: 'file:../local', imported: '^1.0.0' },
    }),
  );
  const file = join(root, 'pipeline.ts');
  await writeFile(file, SOURCE(packages));
  return file;
}

test.each([
  [
    'names with or without ranges',
    "['installed', 'unknown', '@scope/ranged@^2', 'imported']",
    ['@scope/ranged@^2', 'imported@1.2.3', 'installed@4.5.6', 'unknown@*'],
  ],
  ['a range for an imported package', "['imported@1.0.0']", ['imported@1.0.0']],
  ['a manifest', "'./step.json'", ['imported@^1.0.0', 'listed@~7.0.0']],
])('the option packages accepts %s', async (_, option, expected) => {
  const { code } = await compile({ file: await project(option) });
  const listed = code.components.map(({ name, bundle }) => [
    name,
    bundle.packages.map((each) => `${each.name}@${each.version}`),
  ]);
  expect(Object.fromEntries(listed)).toEqual({ load: expected, other: ['imported@1.2.3'] });
});
