import { existsSync } from 'node:fs';
import { join, posix } from 'node:path';
import { expect, it } from 'vitest';
import { anchors, links, markdownFiles, proseLines, ROOT, read } from './markdown.ts';

const isExternal = (target: string): boolean => /^[a-z][a-z+.-]*:/.test(target);

/** Why a link leads nowhere; undefined if it leads somewhere. */
function problem(file: string, target: string): string | undefined {
  const [path = '', anchor] = target.split('#');
  const found = path === '' ? file : posix.normalize(posix.join(posix.dirname(file), path));
  if (found.startsWith('..')) return 'leaves the repository';
  if (!existsSync(join(ROOT, found))) return `${found} does not exist`;
  if (anchor === undefined || !found.endsWith('.md')) return undefined;
  return anchors(read(found)).has(anchor) ? undefined : `${found} has no anchor #${anchor}`;
}

it.each(markdownFiles())('every relative link and anchor of %s resolves', (file) => {
  const broken = links(read(file))
    .filter(({ target }) => !isExternal(target))
    .flatMap(({ line, target }) => {
      const reason = problem(file, target);
      return reason === undefined ? [] : [`${file}:${line} ${target}: ${reason}`];
    });
  expect(broken).toEqual([]);
});

it('a link to a missing file, to a missing anchor or out of the repository is a problem', () => {
  expect(problem('docs/design.md', 'nowhere.md')).toBe('docs/nowhere.md does not exist');
  expect(problem('docs/design.md', '#nowhere')).toBe('docs/design.md has no anchor #nowhere');
  expect(problem('docs/design.md', '../../elsewhere.md')).toBe('leaves the repository');
  expect(problem('docs/design.md', '../README.md')).toBeUndefined();
});

const FOLDERS = 'src|lib|lambda|test|testing|bench|scripts|examples|runner|docs';
const PATH = new RegExp(`\`((?:${FOLDERS})/[\\w./-]*)\``, 'g');

it.each(markdownFiles().filter((file) => file !== 'CHANGELOG.md'))(
  'every path of the repository that %s names in code exists',
  (file) => {
    const missing = proseLines(read(file)).flatMap(({ line, text }) =>
      [...text.matchAll(PATH)]
        .filter(([, path = '']) => !existsSync(join(ROOT, path)))
        .map(([, path]) => `${file}:${line} ${path}`),
    );
    expect(missing).toEqual([]);
  },
);
