/**
 * `node:url` in a pipeline's logic, as far as it does not depend on the machine.
 *
 * @module
 */
import URL from 'core-js-pure/actual/url/index.js';
import URLSearchParams from 'core-js-pure/actual/url-search-params/index.js';
import { refusedMembers } from '../refused-members.ts';

export { URL, URLSearchParams };

/** The path of a `file:` URL, with `/`. */
export function fileURLToPath(url: string | { readonly href: string }): string {
  const { protocol, hostname, pathname } = new URL(typeof url === 'string' ? url : url.href);
  if (protocol !== 'file:') throw new TypeError('The URL must be of scheme file');
  if (hostname !== '') throw new TypeError('File URL host must be "localhost" or empty');
  return decodeURIComponent(pathname);
}

/** The `file:` URL of an absolute path with `/`. */
export function pathToFileURL(path: string): InstanceType<typeof URL> {
  if (!path.startsWith('/'))
    throw new TypeError(
      'pathToFileURL accepts absolute paths only in a pipeline’s logic: there is no working directory',
    );
  return new URL(`file://${path.split('/').map(encodeURIComponent).join('/')}`);
}

const refused = refusedMembers('url', [
  'Url',
  'domainToASCII',
  'domainToUnicode',
  'fileURLToPathBuffer',
  'format',
  'parse',
  'resolve',
  'resolveObject',
  'urlToHttpOptions',
]);
export const {
  Url,
  domainToASCII,
  domainToUnicode,
  fileURLToPathBuffer,
  format,
  parse,
  resolve,
  resolveObject,
  urlToHttpOptions,
} = refused;

export default { ...refused, URL, URLSearchParams, fileURLToPath, pathToFileURL };
