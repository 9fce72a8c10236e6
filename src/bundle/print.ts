/**
 * Prints the selected parts of a module for one bundle, with its declarations rewritten for the
 * bundle's flavour.
 *
 * @module
 */
import type { Node } from './ast.ts';
import { exportAssignmentEdits, yieldsNamespace } from './commonjs-edits.ts';
import type { Declaration } from './declarations.ts';
import { applyEdits, type Edit } from './edits.ts';
import { environmentEdits } from './environment-edits.ts';
import { COMPONENT, declarationEdits, PIPELINE, type RewriteOptions } from './rewrite.ts';
import type { Analysis, Flavour, IncludedParts, Selection } from './selection.ts';
import {
  DEFAULT_EXPORT_NAME,
  type ImportStatement,
  type SourceModule,
  type Unit,
} from './source-module.ts';
import { joined, type TracedText, traced } from './traced-text.ts';

/** The name under which a module exports the subject of its bundle. */
export const ROOT = '__headrace';

export interface PrintContext {
  readonly analysis: Analysis;
  readonly selection: Selection;
  readonly flavour: Flavour;
  /** The file behind `headrace`. */
  readonly sdk: string;
  /** The files behind the builtins that the logic may use. */
  readonly builtins: ReadonlyMap<string, string>;
  readonly rewrite: RewriteOptions;
  /** Packages whose side effects are omitted. */
  readonly omittedEffects?: ReadonlySet<string>;
}

export interface PrintedModule extends TracedText {
  readonly module: SourceModule;
  readonly language: SourceModule['language'];
}

/**
 * The texts of all modules of the selection, by file.
 *
 * @param roots statements that export what the bundle is about, added to their modules.
 */
export function printModules(
  printing: PrintContext,
  roots: ReadonlyMap<SourceModule, TracedText>,
): ReadonlyMap<string, PrintedModule> {
  const texts = new Map<string, PrintedModule>();
  for (const [module, chosen] of printing.selection.modules) {
    const extra = roots.get(module);
    const printed = module.opaque
      ? printCommonjs(printing, module, extra ?? '')
      : printModule(printing, module, chosen, extra);
    texts.set(module.file, { ...printed, module, language: module.language });
  }
  return texts;
}

function printModule(
  printing: PrintContext,
  module: SourceModule,
  chosen: IncludedParts,
  extra: TracedText | undefined,
): TracedText {
  const { blanked } = printing.analysis.launches.of(module);
  const edits = moduleEdits(printing, module);
  // `@jsx h`, `@jsxImportSource preact`: comments that change the meaning of the code.
  const pragmas = module.comments
    .filter((comment) => comment.kind === 'Block' && /@jsx/.test(comment.text))
    .map((comment) => `/*${comment.text}*/`);
  const parts: (string | TracedText)[] = [...pragmas, ...importLines(printing, module, chosen)];
  const body: (string | TracedText)[] = module.units
    .filter((unit) => chosen.units.has(unit))
    .map((unit) =>
      blanked.has(unit) ? `let ${unit.declares.join(', ')};` : unitText(module, unit, edits),
    );
  if (extra !== undefined) body.push(extra);
  const { text } = joined(body, '\n');
  if (text.includes(COMPONENT) || text.includes(PIPELINE))
    parts.push(
      `import { component as ${COMPONENT}, pipeline as ${PIPELINE} } from ${JSON.stringify(printing.sdk)};`,
    );
  parts.push(...body, ...exportLines(printing, module, chosen));
  return joined([...parts, ''], '\n');
}

/** The whole module, because the text does not show what of it is used. */
function printCommonjs(
  printing: PrintContext,
  module: SourceModule,
  extra: string | TracedText,
): TracedText {
  const whole = { start: 0, end: module.text.length };
  return traced`${applyEdits(module.text, whole, moduleEdits(printing, module))}\n${extra}\n`;
}

/** A part of a module's text, rewritten like the rest of it. */
export const printNode = (printing: PrintContext, module: SourceModule, node: Node): TracedText =>
  applyEdits(module.text, node, moduleEdits(printing, module));

function moduleEdits(printing: PrintContext, module: SourceModule): readonly Edit[] {
  const { analysis, flavour, rewrite } = printing;
  const declarations: readonly Declaration[] = analysis.declarations.of(module);
  const edits = declarations.flatMap((each) => declarationEdits(analysis, each, flavour, rewrite));
  if (flavour === 'logic') edits.push(...environmentEdits(analysis, module, process.env));
  edits.push(
    ...exportAssignmentEdits(module, (specifier) => targetSpecifier(printing, module, specifier)),
  );
  for (const unit of module.units) {
    for (const { specifier, literal } of unit.references.imports) {
      const target = targetSpecifier(printing, module, specifier);
      if (target !== specifier)
        edits.push({ start: literal.start, end: literal.end, text: JSON.stringify(target) });
    }
  }
  return edits;
}

function unitText(module: SourceModule, unit: Unit, edits: readonly Edit[]): TracedText {
  const { node } = unit;
  const text = applyEdits(module.text, node, edits);
  if (node.type === 'ClassDeclaration' && unit.declares[0] !== DEFAULT_EXPORT_NAME) {
    // `@decorator export class …`: the decorator before `export` belongs to the class.
    const decorators = node.decorators
      .filter((decorator) => decorator.start < node.start)
      .map((decorator) => applyEdits(module.text, decorator, edits));
    return joined([...decorators, text], ' ');
  }
  // The source may omit the semicolon because of its next line.
  if (unit.declares[0] !== DEFAULT_EXPORT_NAME)
    return node.type === 'VariableDeclaration' || node.type === 'ExpressionStatement'
      ? traced`${text};`
      : text;
  // It gets a name, because a default export that is not imported is removed.
  return traced`const ${DEFAULT_EXPORT_NAME} = ${text};`;
}

function importLines(
  printing: PrintContext,
  module: SourceModule,
  chosen: IncludedParts,
): string[] {
  const { analysis, selection } = printing;
  const lines: string[] = [];
  for (const statement of chosen.loads) {
    const named: string[] = [];
    const from = JSON.stringify(targetSpecifier(printing, module, statement.specifier));
    for (const [local, binding] of module.imports) {
      if (binding.declaration !== statement || !chosen.imports.has(local)) continue;
      if (binding.required && !yieldsNamespace(analysis.project, module, statement.specifier))
        lines.push(`const ${local} = require(${from});`);
      else if (binding.imported === '*') lines.push(`import * as ${local} from ${from};`);
      else named.push(`${exportName(binding.imported)} as ${local}`);
    }
    const target = analysis.project.target(module, statement.specifier);
    if (named.length > 0) lines.push(`import { ${named.join(', ')} } from ${from};`);
    else if (
      target !== undefined
        ? selection.modules.has(target) && selection.hasEffects(target)
        : isPackageEffect(printing, module, statement)
    )
      lines.push(`import ${from};`);
  }
  return lines;
}

function isPackageEffect(
  printing: PrintContext,
  module: SourceModule,
  statement: ImportStatement,
): boolean {
  return (
    statement.sideEffectOnly &&
    !printing.omittedEffects?.has(statement.specifier) &&
    printing.analysis.project.resolve(module, statement.specifier).kind === 'package'
  );
}

function exportLines(
  printing: PrintContext,
  module: SourceModule,
  chosen: IncludedParts,
): string[] {
  const lines: string[] = [];
  for (const [name, binding] of chosen.exports) {
    if (binding.kind === 'local') lines.push(`export { ${binding.name} as ${exportName(name)} };`);
    else {
      const from = JSON.stringify(targetSpecifier(printing, module, binding.statement.specifier));
      lines.push(
        binding.imported === '*'
          ? `export * as ${exportName(name)} from ${from};`
          : `export { ${exportName(binding.imported)} as ${exportName(name)} } from ${from};`,
      );
    }
  }
  for (const star of chosen.stars)
    lines.push(
      `export * from ${JSON.stringify(targetSpecifier(printing, module, star.specifier))};`,
    );
  // The order of exports in the source has no meaning for the code.
  return lines.sort();
}

/** The resolved specifier of an import, so that the bundler does not have to resolve it. */
function targetSpecifier(printing: PrintContext, module: SourceModule, specifier: string): string {
  const resolution = printing.analysis.project.resolve(module, specifier);
  switch (resolution.kind) {
    case 'file':
      return resolution.file;
    case 'headrace':
      return printing.sdk;
    case 'builtin':
      return printing.builtins.get(resolution.name) ?? specifier;
    default:
      return specifier;
  }
}

const exportName = (name: string): string =>
  /^[\p{ID_Start}_$][\p{ID_Continue}_$]*$/u.test(name) ? name : JSON.stringify(name);

/**
 * The statement that makes `node` the module's root export: `export { x as __headrace }`, or a
 * constant of the given name.
 */
export function rootStatement(
  printing: PrintContext,
  module: SourceModule,
  node: Node,
  name: string,
  exported = ROOT,
): TracedText {
  const printed = printNode(printing, module, node);
  if (module.opaque) return traced`module.exports.${exported} = (${printed});`;
  return /^[\p{ID_Start}_$][\p{ID_Continue}_$]*$/u.test(printed.text)
    ? traced`export { ${printed} as ${exported} };`
    : traced`const ${name} = ${printed};\nexport { ${name} as ${exported} };`;
}
