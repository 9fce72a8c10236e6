/** `headrace/no-lazy-condition` */
import type { Node } from '../../bundle/ast.ts';
import { defineRule } from '../define-rule.ts';
import { AWAIT_MESSAGE, reportLazy } from './report-lazy.ts';

export const noLazyCondition = defineRule({
  name: 'no-lazy-condition',
  description: 'a Lazy as a condition: it is an object, so it is always true',
  messages: {
    condition: '`{{text}}` is a Lazy, so this condition is always true.',
    negated: '`{{text}}` is a Lazy, so `!` is always false.',
    logical:
      '`{{text}}` is a Lazy, which is always true and never null: `{{operator}}` does not depend on its value.',
    await: AWAIT_MESSAGE,
  },
  hasSuggestions: true,
  create(context) {
    const checkTest = ({ test }: { readonly test: Node | null }): void => {
      if (test !== null) reportLazy(context, test, { messageId: 'condition' });
    };
    return {
      IfStatement: checkTest,
      WhileStatement: checkTest,
      DoWhileStatement: checkTest,
      ForStatement: checkTest,
      ConditionalExpression: checkTest,
      UnaryExpression: ({ operator, argument }) => {
        if (operator === '!') reportLazy(context, argument, { messageId: 'negated' });
      },
      LogicalExpression: ({ operator, left }) =>
        reportLazy(context, left, { messageId: 'logical', data: { operator } }),
    };
  },
});
