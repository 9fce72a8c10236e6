/**
 * The error of a declaration without metadata: the bundler did not see it.
 *
 * @module
 */
import { DeclarationError } from '../errors.ts';

/**
 * @param meta the third argument of the declaration; a file of a package that the bundler does not
 *   read passes its place
 */
export function unseenDeclaration(kind: 'component' | 'pipeline', meta: unknown): DeclarationError {
  const place =
    typeof meta === 'object' && meta !== null && 'unseen' in meta ? String(meta.unseen) : undefined;
  return new DeclarationError(
    place === undefined
      ? `a ${kind} was declared at a place that the bundler does not read: declare it at the top level of a module`
      : `${place} declares a ${kind}, but its package.json does not name headrace, so the bundler does not read it: add headrace to the peerDependencies of the package`,
  );
}
