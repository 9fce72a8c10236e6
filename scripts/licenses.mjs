/**
 * The packages whose code a bundle contains, and the text of their licenses, which ask to be passed
 * on. The bundles themselves contain no comments.
 *
 * The bundlers report what they inlined, so that no list is kept by hand. The text depends on these
 * packages alone. There is none if a package has no license text, or a license that is not in
 * `ALLOWED`: that needs a decision.
 *
 * @module
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

export const NOTICES = 'THIRD-PARTY-NOTICES';

/** Licenses that ask for nothing but their text and notices. */
const ALLOWED = new Set([
  '0BSD',
  'Apache-2.0',
  'BlueOak-1.0.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'ISC',
  'MIT',
]);

/**
 * Packages without a file of their license, and the package of the same authors, under the same
 * license, that has it.
 */
const PUBLISHED_WITHOUT_TEXT = new Map([
  ['@hono/zod-openapi', 'node_modules/hono'],
  ['@hono/zod-validator', 'node_modules/hono'],
]);

const RULE = '='.repeat(80);

/**
 * The folder of the package that contains the module, from its `node_modules` on; undefined for a
 * module of Headrace.
 *
 * @param {string} path
 */
function packageFolder(path) {
  const parts = path.split(/[\\/]/);
  const last = parts.lastIndexOf('node_modules');
  if (last < 0) return undefined;
  const end = last + (parts[last + 1]?.startsWith('@') ? 3 : 2);
  return parts.slice(parts.indexOf('node_modules'), end).join('/');
}

/**
 * The packages of modules. A minified module has been bundled by its authors, and contains their
 * dependencies.
 *
 * @param {readonly string[]} paths
 * @returns {string[]}
 */
function packageFolders(paths) {
  /** @type {Set<string>} */
  const folders = new Set();
  const add = (/** @type {string} */ folder, /** @type {boolean} */ isBundled) => {
    if (isBundled && !folders.has(folder))
      for (const each of dependenciesOf(folder)) add(each, true);
    folders.add(folder);
  };
  for (const path of paths) {
    const folder = packageFolder(path);
    if (folder !== undefined && /\.min\.[cm]?js$/.test(path)) add(folder, true);
  }
  for (const path of paths) {
    const folder = packageFolder(path);
    if (folder !== undefined) add(folder, false);
  }
  return [...folders].sort();
}

/** @param {string} folder of a package */
function dependenciesOf(folder) {
  const { dependencies = {} } = JSON.parse(
    readFileSync(join(ROOT, folder, 'package.json'), 'utf8'),
  );
  return Object.keys(dependencies).map((name) => {
    const own = `${folder}/node_modules/${name}`;
    return existsSync(join(ROOT, own)) ? own : `node_modules/${name}`;
  });
}

/**
 * The packages in a bundle of esbuild, whose own helpers are in each bundle.
 *
 * @param {Pick<import('esbuild').Metafile, 'outputs'>} metafile
 */
export const packagesOfEsbuild = ({ outputs }) =>
  packageFolders([
    'node_modules/esbuild/helpers',
    ...Object.values(outputs).flatMap(({ inputs }) =>
      Object.entries(inputs)
        .filter(([, { bytesInOutput }]) => bytesInOutput > 0)
        .map(([path]) => path),
    ),
  ]);

/**
 * The packages in chunks of rolldown. Modules without a file are its own helpers.
 *
 * @param {readonly { modules: Record<string, { renderedLength: number }> }[]} chunks
 */
export const packagesOfRolldown = (chunks) =>
  packageFolders(
    chunks.flatMap(({ modules }) =>
      Object.entries(modules)
        .filter(([, { renderedLength }]) => renderedLength > 0)
        .map(([id]) => (existsSync(id) ? id : 'node_modules/rolldown/helpers')),
    ),
  );

/**
 * @param {string} root
 * @param {string} folder
 */
function readPackage(root, folder) {
  const { name, version, license, repository, homepage } = JSON.parse(
    readFileSync(join(root, folder, 'package.json'), 'utf8'),
  );
  const what = `${name} ${version} (${folder})`;
  if (!ALLOWED.has(license))
    throw new Error(
      `${what} has the license ${license}: if its code may be in the package, add the license to ALLOWED in scripts/licenses.mjs`,
    );
  const files = readdirSync(join(root, folder)).sort();
  const textOf = (/** @type {RegExp} */ pattern) =>
    files
      .filter((file) => pattern.test(file))
      .map((file) =>
        readFileSync(join(root, folder, file), 'utf8')
          .replaceAll('\r\n', '\n')
          .trim(),
      );
  const licenseFiles = textOf(/^(license|licence|copying)([.-]|$)/i);
  return {
    name,
    what,
    title: `${name} ${version}`,
    license,
    source: repository?.url ?? (typeof repository === 'string' ? repository : (homepage ?? '')),
    licenseText: licenseFiles.join('\n\n'),
    notices: textOf(/^notice([.-]|$)/i),
  };
}

/**
 * The text of a package's license. A package without one has that of another package from the same
 * repository (some of the AWS SDK are published without the file) or of the table above.
 *
 * @param {string} root
 * @param {ReturnType<typeof readPackage>} each
 * @param {readonly ReturnType<typeof readPackage>[]} packages
 */
function licenseTextOf(root, each, packages) {
  const model = PUBLISHED_WITHOUT_TEXT.get(each.name);
  const others = [
    ...packages.filter(({ source }) => source !== '' && source === each.source),
    ...(model === undefined ? [] : [readPackage(root, model)]),
  ].filter(({ license }) => license === each.license);
  const { licenseText } = [each, ...others].find((other) => other.licenseText !== '') ?? each;
  if (licenseText === '') throw new Error(`${each.what} has no file with the text of its license`);
  return licenseText;
}

/**
 * The text of the file. Packages with the same license text share it.
 *
 * @param {string} root the folder that contains `node_modules`
 * @param {Iterable<string>} folders of packages, as the builds recorded them
 */
export function noticesOf(root, folders) {
  /** @type {Map<string, Map<string, string>>} packages by text */
  const groups = new Map();
  const packages = [...new Set(folders)].sort().map((folder) => readPackage(root, folder));
  for (const each of packages) {
    const { title, license, source, notices } = each;
    const text = [licenseTextOf(root, each, packages), ...notices].join('\n\n');
    const titles = groups.get(text) ?? new Map();
    titles.set(title, `${title} (${license})${source === '' ? '' : `\n    ${source}`}`);
    groups.set(text, titles);
  }
  const compare = (/** @type {string} */ a, /** @type {string} */ b) => (a < b ? -1 : 1);
  const sections = [...groups].map(([text, titles]) => ({
    lines: [...titles.values()].sort(compare).join('\n'),
    text,
  }));
  return [
    'Headrace contains code of the packages below, under their licenses.',
    ...sections
      .sort((a, b) => compare(a.lines, b.lines))
      .map(({ lines, text }) => `${RULE}\n\n${lines}\n\n${text}`),
  ]
    .join('\n\n')
    .concat('\n');
}
