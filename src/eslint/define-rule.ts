/**
 * Declares a rule.
 *
 * @module
 */
import type { ESTree } from 'rolldown/utils';
import type { RuleContext, RuleModule } from './plugin-types.ts';

/** Listeners by the type of the node. */
export type Listeners = {
  readonly [K in ESTree.Node['type']]?: (node: Extract<ESTree.Node, { readonly type: K }>) => void;
} & { readonly 'Program:exit'?: () => void };

interface RuleDeclaration {
  readonly name: string;
  readonly description: string;
  readonly messages: Record<string, string>;
  readonly hasSuggestions?: boolean;
  create(context: RuleContext): Listeners;
}

export function defineRule(declaration: RuleDeclaration): RuleModule {
  const { name, description, messages, hasSuggestions = false, create } = declaration;
  return {
    meta: {
      type: 'problem',
      docs: { description, url: `headrace/docs/eslint.md#${name}` },
      messages,
      schema: [],
      hasSuggestions,
    },
    // ESLint calls each listener with the nodes of its type.
    create: create as RuleModule['create'],
  };
}
