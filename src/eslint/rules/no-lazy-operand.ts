/** `headrace/no-lazy-operand` */
import { propertyName } from '../../bundle/ast.ts';
import { defineRule } from '../define-rule.ts';
import { type LazyKind, lazyKindOf } from '../lazy-expressions.ts';
import { AWAIT_MESSAGE, reportLazy } from './report-lazy.ts';

const COMPARISONS: ReadonlySet<string> = new Set(['==', '!=', '===', '!==']);

/** The kinds that cannot be read as a list. */
const NOT_LISTS: readonly LazyKind[] = ['single'];

export const noLazyOperand = defineRule({
  name: 'no-lazy-operand',
  description:
    'a Lazy in an operator, a template, a loop or before a property: it is not its value',
  messages: {
    operand: '`{{text}}` is a Lazy, not its value: `{{operator}}` cannot use it.',
    compared: '`{{text}}` is a Lazy, so `{{operator}}` compares an object, not its value.',
    template: '`{{text}}` is a Lazy, not its value: a text cannot contain it.',
    member: '`{{text}}` is a Lazy, not its value: it has no property `{{property}}`.',
    list: '`{{text}}` is a Lazy, not its value: it has no elements.',
    await: AWAIT_MESSAGE,
  },
  hasSuggestions: true,
  create(context) {
    return {
      BinaryExpression({ operator, left, right }) {
        if (left.type === 'PrivateIdentifier') return;
        const messageId = COMPARISONS.has(operator) ? 'compared' : 'operand';
        // Two Lazies may be compared: that is whether both are the same.
        if (
          messageId === 'compared' &&
          lazyKindOf(context.sourceCode, left) !== undefined &&
          lazyKindOf(context.sourceCode, right) !== undefined
        )
          return;
        for (const side of [left, right])
          reportLazy(context, side, { messageId, data: { operator } });
      },
      UnaryExpression({ operator, argument }) {
        if (operator !== '!' && operator !== 'void' && operator !== 'delete')
          reportLazy(context, argument, { messageId: 'operand', data: { operator } });
      },
      AssignmentExpression({ operator, right }) {
        if (operator !== '=' && !/^(?:\|\||&&|\?\?)=$/.test(operator))
          reportLazy(context, right, { messageId: 'operand', data: { operator } });
      },
      TemplateLiteral(node) {
        for (const expression of node.expressions)
          reportLazy(context, expression, { messageId: 'template' });
      },
      SwitchStatement: ({ discriminant }) =>
        reportLazy(context, discriminant, { messageId: 'compared', data: { operator: 'switch' } }),
      MemberExpression(node) {
        const property = propertyName(node);
        if (property !== 'then')
          reportLazy(context, node.object, {
            messageId: 'member',
            data: { property: property ?? '[…]' },
            kinds: NOT_LISTS,
          });
      },
      ForOfStatement({ await: isAwaited, right }) {
        if (!isAwaited) reportLazy(context, right, { messageId: 'list', kinds: NOT_LISTS });
      },
      ForInStatement: ({ right }) => reportLazy(context, right, { messageId: 'list' }),
      SpreadElement: ({ argument }) =>
        reportLazy(context, argument, { messageId: 'list', kinds: NOT_LISTS }),
    };
  },
});
