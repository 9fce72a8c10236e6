/**
 * The environment in the code of a pipeline's logic.
 *
 * 1. A variable that is read where a file is loaded, in the options of a declaration or for a
 *    constant, has the value of the process that bundles. The logic may be evaluated on another
 *    machine, and each time with the same options.
 * 2. Every other use of `process` in the code of the project becomes one that refuses (`process.ts`
 *    of the replay SDK). Packages keep a `process` without content: they read it to detect Node.js.
 *
 * @module
 */
import type { ESTree } from 'rolldown/utils';
import { keyName, type Node, type Range, unwrapExpression } from './ast.ts';
import type { Edit } from './edits.ts';
import type { Analysis } from './selection.ts';
import type { SourceModule, Unit } from './source-module.ts';

/** The global of the logic that replaces `process` in the code of the project. */
const LOGIC_PROCESS = '__headrace_process';

type Environment = Readonly<Record<string, string | undefined>>;

export function environmentEdits(
  analysis: Analysis,
  module: SourceModule,
  environment: Environment,
): Edit[] {
  if (!module.text.includes('process')) return [];
  return module.units.flatMap((unit) => unitEdits(analysis, module, unit, environment));
}

function unitEdits(
  analysis: Analysis,
  module: SourceModule,
  unit: Unit,
  environment: Environment,
): Edit[] {
  const options = optionRanges(analysis, module, unit);
  const isCaptured = ({ start }: Range): boolean =>
    unit.kind === 'declaration' ||
    options.some((range) => start >= range.start && start < range.end);
  const edits = destructuredVariables(unit, environment);
  for (const { node, variable, deferred } of unit.references.processes) {
    const { start, end } = node;
    if (variable !== undefined && !deferred && isCaptured(node))
      edits.push({ start, end, text: literal(environment[variable]) });
    else if (node.type === 'Identifier' && !module.opaque)
      edits.push({ start, end, text: LOGIC_PROCESS });
  }
  return edits;
}

/** The options of declarations, and the argument of `setDefaultExecutionQueue`. */
function optionRanges(
  { declarations, bindings }: Analysis,
  module: SourceModule,
  unit: Unit,
): readonly Range[] {
  return [
    ...declarations.of(module).map(({ options }) => options),
    ...unit.references.calls
      .filter((site) => bindings.headraceFunction(module, site) === 'setDefaultExecutionQueue')
      .map((site) => site.node),
  ];
}

/** `const { NAME = 'default' } = process.env`: the object gets the variables that are named. */
function destructuredVariables(unit: Unit, environment: Environment): Edit[] {
  if (unit.node.type !== 'VariableDeclaration') return [];
  return unit.node.declarations.flatMap(({ id, init }) => {
    if (id.type !== 'ObjectPattern' || init === null || !isEnvironment(init, unit)) return [];
    const names = id.properties.map((property) =>
      property.type === 'Property' ? keyName(property) : undefined,
    );
    if (names.some((name) => name === undefined)) return [];
    const entries = names.flatMap((name) =>
      name === undefined ? [] : [`${JSON.stringify(name)}: ${literal(environment[name])}`],
    );
    return [{ start: init.start, end: init.end, text: `{ ${entries.join(', ')} }` }];
  });
}

/** Whether an expression is `process.env`. */
function isEnvironment(expression: Node, unit: Unit): boolean {
  const plain: Node = unwrapExpression(expression);
  return (
    plain.type === 'MemberExpression' &&
    isNamed(plain.property, 'env') &&
    unit.references.processes.some(({ node }) => node.start === plain.object.start)
  );
}

const isNamed = (node: ESTree.Expression | ESTree.PrivateIdentifier, name: string): boolean =>
  node.type === 'Identifier' && node.name === name;

const literal = (value: string | undefined): string =>
  value === undefined ? '(void 0)' : JSON.stringify(value);
