/**
 * Whether an expression is a Lazy by its type, with the services of typescript-eslint's parser. The
 * package does not import TypeScript: it uses the checker of the user's parser.
 *
 * @module
 */
import type { Node } from '../bundle/ast.ts';
import type { SourceCode } from './plugin-types.ts';

interface TypeOfChecker {
  isUnion?(): boolean;
  readonly types?: readonly TypeOfChecker[];
  getProperties(): readonly { readonly escapedName: unknown }[];
}

interface TypeServices {
  getTypeAtLocation(node: Node): TypeOfChecker;
}

/** The start of the name that TypeScript gives to a property with the symbol `lazy` as its key. */
const LAZY_KEY = '__@lazy@';

/** The services of a parser with type information; undefined for any other parser. */
export function typeServicesOf({ parserServices }: SourceCode): TypeServices | undefined {
  if (typeof parserServices !== 'object' || parserServices === null) return undefined;
  if (!('program' in parserServices) || parserServices.program == null) return undefined;
  return 'getTypeAtLocation' in parserServices &&
    typeof parserServices.getTypeAtLocation === 'function'
    ? (parserServices as TypeServices)
    : undefined;
}

/** Whether every value of the type is a Lazy. `Lazy<T> | undefined` may be tested. */
export function isLazyType(type: TypeOfChecker): boolean {
  const { types = [] } = type;
  if (type.isUnion?.() === true) return types.length > 0 && types.every(isLazyType);
  const names = type.getProperties().map(({ escapedName }) => String(escapedName));
  return names.includes('then') && names.some((name) => name.startsWith(LAZY_KEY));
}

/** Whether the type is that of several return values, which can be destructured. */
export const isLazyTupleType = (type: TypeOfChecker): boolean =>
  isLazyType(type) && type.getProperties().some(({ escapedName }) => escapedName === 'length');
