/** `headrace/no-nested-component` */
import { enclosingFunction } from '../ast.ts';
import { defineRule } from '../define-rule.ts';
import { modelOf } from '../file-model.ts';

export const noNestedComponent = defineRule({
  name: 'no-nested-component',
  description: 'a component that is called in a step, or declared in a function',
  messages: {
    called:
      'A component is called in the function of a component. Call both in the pipeline, or share a plain function.',
    declared:
      'A {{kind}} is declared in a function, where its code cannot be separated. Move it to the top level of the file.',
  },
  create(context) {
    const model = modelOf(context.sourceCode);
    return {
      CallExpression(node) {
        const kind = model.headraceFunction(node.callee);
        if ((kind === 'component' || kind === 'pipeline') && enclosingFunction(node) !== undefined)
          context.report({ node, messageId: 'declared', data: { kind } });
        else if (model.isStepCall(node) && model.rolesAt(node).step)
          context.report({ node, messageId: 'called' });
      },
    };
  },
});
