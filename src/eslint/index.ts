/**
 * `headrace/eslint`: a plugin for ESLint with rules for pipelines. It needs no package but ESLint.
 *
 * @example
 * ```js
 * import headrace from 'headrace/eslint';
 *
 * export default [headrace.configs.recommended];
 * ```
 *
 * @module
 */
import { headraceVersion } from '../submit/package-version.ts';
import type { RuleModule } from './plugin-types.ts';
import { noImpureLogic } from './rules/no-impure-logic.ts';
import { noLazyCondition } from './rules/no-lazy-condition.ts';
import { noLazyOperand } from './rules/no-lazy-operand.ts';
import { noNestedComponent } from './rules/no-nested-component.ts';

export type { RuleModule } from './plugin-types.ts';

/** The rules by their names, without `headrace/`. */
export interface HeadraceRules {
  readonly 'no-impure-logic': RuleModule;
  readonly 'no-lazy-condition': RuleModule;
  readonly 'no-lazy-operand': RuleModule;
  readonly 'no-nested-component': RuleModule;
}

/** The plugin, as a configuration of ESLint names it. */
export interface HeadracePlugin {
  readonly meta: { readonly name: string; readonly version: string };
  readonly rules: HeadraceRules & Record<string, RuleModule>;
  readonly configs: { readonly recommended: RecommendedConfig };
}

/** All rules as errors. */
export interface RecommendedConfig {
  readonly name: string;
  readonly plugins: Record<string, HeadracePlugin>;
  readonly rules: Record<`headrace/${string}`, 'error'>;
}

const rules: HeadracePlugin['rules'] = {
  'no-impure-logic': noImpureLogic,
  'no-lazy-condition': noLazyCondition,
  'no-lazy-operand': noLazyOperand,
  'no-nested-component': noNestedComponent,
};

const plugins: Record<string, HeadracePlugin> = {};

const plugin: HeadracePlugin = {
  meta: { name: 'headrace', version: headraceVersion() },
  rules,
  configs: {
    recommended: {
      name: 'headrace/recommended',
      plugins,
      rules: Object.fromEntries(
        Object.keys(rules).map((name) => [`headrace/${name}` as const, 'error' as const]),
      ),
    },
  },
};
plugins.headrace = plugin;

export default plugin;
