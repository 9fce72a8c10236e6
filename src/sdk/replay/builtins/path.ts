/**
 * `node:path` in a pipeline's logic: paths with `/`, on every machine.
 *
 * @module
 */
import path from 'path-browserify';
import { refusedMembers } from '../refused-members.ts';

export const {
  basename,
  delimiter,
  dirname,
  extname,
  format,
  isAbsolute,
  join,
  normalize,
  parse,
  relative,
  resolve,
  sep,
} = path;
export const toNamespacedPath = (name: string): string => name;
export const posix = path;

const refused = refusedMembers('path', ['matchesGlob']);
export const { matchesGlob } = refused;
/** Its members are those of Windows, which the logic does not have. */
export const win32 = refusedMembers('path.win32', [
  'basename',
  'dirname',
  'extname',
  'format',
  'isAbsolute',
  'join',
  'normalize',
  'parse',
  'relative',
  'resolve',
  'toNamespacedPath',
]);
export default { ...path, ...refused, posix, toNamespacedPath, win32 };
