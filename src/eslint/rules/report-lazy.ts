/**
 * Reports an expression that is a Lazy where its value is meant, with the suggestion to await it.
 *
 * @module
 */
import { type Node, unwrapExpression } from '../../bundle/ast.ts';
import { enclosingFunction, parentOf } from '../ast.ts';
import type { LazyKind } from '../lazy-expressions.ts';
import { lazyKindOf } from '../lazy-expressions.ts';
import type { RuleContext } from '../plugin-types.ts';

export const AWAIT_MESSAGE = 'Await it: `await {{text}}`.';

/** Parents whose expression stands between delimiters. */
const HAVE_DELIMITERS: ReadonlySet<string> = new Set([
  'IfStatement',
  'WhileStatement',
  'DoWhileStatement',
  'SwitchStatement',
  'TemplateLiteral',
]);

const MAX_QUOTED_CHARACTERS = 40;

interface LazyFault {
  readonly messageId: string;
  readonly data?: Readonly<Record<string, string>>;
  /** The kinds of Lazies that are a fault there; all, if undefined. */
  readonly kinds?: readonly LazyKind[];
}

/** Reports the expression if it is a Lazy. */
export function reportLazy(context: RuleContext, expression: Node, fault: LazyFault): void {
  const kind = lazyKindOf(context.sourceCode, expression);
  if (kind === undefined || fault.kinds?.includes(kind) === false) return;
  const plain = unwrapExpression(expression);
  const source = context.sourceCode.getText(plain);
  const text =
    source.length > MAX_QUOTED_CHARACTERS ? `${source.slice(0, MAX_QUOTED_CHARACTERS)}…` : source;
  const awaited = HAVE_DELIMITERS.has(parentOf(plain)?.type ?? '')
    ? `await ${source}`
    : `(await ${source})`;
  context.report({
    node: plain,
    messageId: fault.messageId,
    data: { ...fault.data, text },
    // `await` is a syntax error in other functions.
    ...(enclosingFunction(plain)?.async === true
      ? {
          suggest: [
            {
              messageId: 'await',
              data: { text },
              fix: (fixer) => fixer.replaceText(plain, awaited),
            },
          ],
        }
      : {}),
  });
}
