/** `headrace/no-impure-logic` */
import { builtinModules } from 'node:module';
import { chainOf, type Node } from '../../bundle/ast.ts';
import { asNode, parentOf, wrapperOf } from '../ast.ts';
import { defineRule } from '../define-rule.ts';
import { type FileModel, importOf, modelOf } from '../file-model.ts';
import type { Reference, RuleContext } from '../plugin-types.ts';
import {
  DETERMINISTIC_PROCESS_MEMBERS,
  PURE_BUILTINS,
  unavailableGlobals,
} from '../unavailable.ts';

export const noImpureLogic = defineRule({
  name: 'no-impure-logic',
  description: "what a pipeline's logic cannot use: the environment, timers, the network, files",
  messages: {
    global:
      "`{{name}}` is not available in a pipeline's logic, which is replayed and must do the same each time: {{advice}}.",
    process:
      "`{{name}}` is not available in a pipeline's logic, which is replayed and must do the same each time: pass it as an argument of the pipeline, or read it in a component.",
    builtin:
      "`{{module}}` is not available in a pipeline's logic, which is replayed and has no access to the outside: move what needs it into a component.",
    import:
      "`import()` is not available in a pipeline's logic: import at the top of the file, or in a component.",
  },
  create(context) {
    const model = modelOf(context.sourceCode);
    return {
      ImportExpression(node) {
        if (model.rolesAt(node).logic) context.report({ node, messageId: 'import' });
      },
      'Program:exit'() {
        for (const scope of context.sourceCode.scopeManager?.scopes ?? [])
          for (const reference of scope.references) checkReference(context, model, reference);
      },
    };
  },
});

function checkReference(context: RuleContext, model: FileModel, reference: Reference): void {
  if (reference.isValueReference === false) return;
  const node = asNode(reference.identifier);
  if (node.type !== 'Identifier') return;
  // A variable without a definition is a global that the configuration names.
  const variable = reference.resolved?.defs.length === 0 ? null : reference.resolved;
  if (variable !== null) {
    const imported = importOf(variable);
    if (imported === undefined || imported.isType || !isImpureBuiltin(imported.source)) return;
    if (isInLogic(model, node))
      context.report({ node, messageId: 'builtin', data: { module: imported.source } });
    return;
  }
  if (node.name === 'process') {
    const name = memberChain(node);
    const member = name.split('.')[1];
    if (member !== undefined && DETERMINISTIC_PROCESS_MEMBERS.has(member)) return;
    if (isInLogic(model, node)) context.report({ node, messageId: 'process', data: { name } });
    return;
  }
  const advice = unavailableGlobals.get(node.name);
  if (advice !== undefined && isInLogic(model, node))
    context.report({ node, messageId: 'global', data: { name: node.name, advice } });
}

/** `typeof fetch` is a test whether there is one. */
const isInLogic = (model: FileModel, node: Node): boolean => {
  const parent = parentOf(wrapperOf(node));
  if (parent?.type === 'UnaryExpression' && parent.operator === 'typeof') return false;
  return model.rolesAt(node).logic;
};

/** `process.env.HOME` of the identifier `process`. */
function memberChain(identifier: Node): string {
  let node = identifier;
  for (let depth = 0; depth < 2; depth++) {
    const parent = parentOf(wrapperOf(node));
    if (parent?.type !== 'MemberExpression' || parent.object !== wrapperOf(node)) break;
    if (chainOf(parent) === undefined) break;
    node = parent;
  }
  return chainOf(node)?.join('.') ?? 'process';
}

function isImpureBuiltin(source: string): boolean {
  const name = source.replace(/^node:/, '');
  if (!source.startsWith('node:') && !builtinModules.includes(name)) return false;
  return !PURE_BUILTINS.has(name);
}
