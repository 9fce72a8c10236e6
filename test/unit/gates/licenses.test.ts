import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';

interface Licenses {
  noticesOf(root: string, folders: readonly string[]): string;
  packagesOfEsbuild(metafile: {
    outputs: Record<string, { inputs: Record<string, { bytesInOutput: number }> }>;
  }): string[];
  packagesOfRolldown(
    chunks: readonly { modules: Record<string, { renderedLength: number }> }[],
  ): string[];
}

const { noticesOf, packagesOfEsbuild, packagesOfRolldown }: Licenses = await import(
  new URL('../../../scripts/licenses.mjs', import.meta.url).href
);

/** A folder with these files below `node_modules`. */
function root(files: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(tmpdir(), 'headrace-licenses-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  for (const [file, text] of Object.entries(files)) {
    const path = join(folder, 'node_modules', file);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  }
  return folder;
}

const manifest = (name: string, license: unknown, url = `https://${name}`): string =>
  JSON.stringify({ name, version: '1.2.3', license, repository: { url } });

const FILES = {
  'one/package.json': manifest('one', 'MIT'),
  'one/LICENSE': 'the text of one\r\n',
  '@scope/two/package.json': manifest('@scope/two', 'Apache-2.0'),
  '@scope/two/LICENCE.md': 'the text of two',
  '@scope/two/NOTICE.txt': 'the notice of two',
};

describe('the licenses of inlined packages', () => {
  it('have their names, versions, texts and notices in the file, in any order of the builds', () => {
    const folder = root(FILES);
    const packages = ['node_modules/one', 'node_modules/@scope/two'];
    const text = noticesOf(folder, packages);
    for (const part of ['one 1.2.3 (MIT)', '@scope/two 1.2.3 (Apache-2.0)', 'the text of one\n'])
      expect(text).toContain(part);
    expect(text).toContain('the text of two\n\nthe notice of two');
    expect(noticesOf(folder, [...packages, ...packages].reverse())).toBe(text);
  });

  it('are refused without a text', () => {
    const folder = root({ 'bare/package.json': manifest('bare', 'MIT') });
    expect(() => noticesOf(folder, ['node_modules/bare'])).toThrow(
      'bare 1.2.3 (node_modules/bare) has no file with the text of its license',
    );
  });

  it.each(['GPL-3.0', 'SEE LICENSE IN x', undefined])(
    'are refused if they are not known to be harmless: %s',
    (license) => {
      const folder = root({ 'x/package.json': manifest('x', license), 'x/LICENSE': 'text' });
      expect(() => noticesOf(folder, ['node_modules/x'])).toThrow('add the license to ALLOWED');
    },
  );

  it('are those of the same repository and license if a package is published without', () => {
    const folder = root({
      'a/package.json': manifest('a', 'MIT', 'https://common'),
      'b/package.json': manifest('b', 'MIT', 'https://common'),
      'b/LICENSE': 'the common text',
      'c/package.json': manifest('c', 'ISC', 'https://common'),
    });
    expect(noticesOf(folder, ['node_modules/a', 'node_modules/b'])).toMatch(
      /a 1\.2\.3 \(MIT\)[^=]*b 1\.2\.3 \(MIT\)[^=]*the common text/,
    );
    expect(() => noticesOf(folder, ['node_modules/b', 'node_modules/c'])).toThrow('c 1.2.3');
  });
});

describe('the packages in a bundle', () => {
  it('are those of which the bundler used something, and the bundler itself', () => {
    const inputs = {
      'src/index.ts': { bytesInOutput: 10 },
      '../main/node_modules/@scope/two/dist/a.js': { bytesInOutput: 10 },
      'node_modules/one/node_modules/three/a.js': { bytesInOutput: 10 },
      'node_modules/unused/a.js': { bytesInOutput: 0 },
    };
    const output = { inputs };
    expect(packagesOfEsbuild({ outputs: { 'a.js': output } })).toEqual([
      'node_modules/@scope/two',
      'node_modules/esbuild',
      'node_modules/one/node_modules/three',
    ]);
  });

  it('include the dependencies of a file that its authors have bundled', () => {
    const inputs = { 'node_modules/tar/dist/esm/index.min.js': { bytesInOutput: 10 } };
    const output = { inputs };
    const found = packagesOfEsbuild({ outputs: { 'a.js': output } });
    expect(found).toContain('node_modules/tar');
    expect(found).toContain('node_modules/minipass');
  });

  it('of rolldown are those with code in a chunk', () => {
    const here = fileURLToPath(import.meta.url);
    const modules = {
      [here]: { renderedLength: 5 },
      '\0rolldown/runtime.js': { renderedLength: 5 },
    };
    expect(packagesOfRolldown([{ modules }])).toEqual(['node_modules/rolldown']);
    expect(packagesOfRolldown([{ modules: { '\0x': { renderedLength: 0 } } }])).toEqual([]);
  });
});
