/**
 * The edits that make TypeScript's syntax for CommonJS (`export =`, `import x = require('y')`) plain
 * JavaScript.
 *
 * @module
 */
import type { ESTree } from 'rolldown/utils';
import { importEquals } from './commonjs.ts';
import type { Edit } from './edits.ts';
import type { Project } from './project.ts';
import type { SourceModule } from './source-module.ts';

/**
 * `export = x` and the imports beside it, as CommonJS.
 *
 * @param target the specifier that the bundler resolves
 */
export function exportAssignmentEdits(
  module: SourceModule,
  target: (specifier: string) => string,
): Edit[] {
  const { body } = module.program;
  if (!body.some((node) => node.type === 'TSExportAssignment')) return [];
  return body.flatMap((node): Edit[] => {
    const { start, end } = node;
    if (node.type === 'TSExportAssignment')
      return [{ start, end: node.expression.start, text: 'module.exports = ' }];
    const required = importEquals(node);
    if (required !== undefined)
      return [
        {
          start,
          end,
          text: `const ${required.local} = ${requireOf(target(required.source.value))};`,
        },
      ];
    if (node.type !== 'ImportDeclaration') return [];
    return [{ start, end, text: node.importKind === 'type' ? ';' : asRequire(node, target) }];
  });
}

/** `import x = require('y')` in a file with other ES syntax. */
export function importEqualsEdits(project: Project, module: SourceModule): Edit[] {
  return module.program.body.flatMap((node) => {
    const required = importEquals(node);
    if (required === undefined) return [];
    const { local, source } = required;
    const text = yieldsNamespace(project, module, source.value)
      ? `import * as ${local} from ${JSON.stringify(source.value)};`
      : `const ${local} = ${requireOf(source.value)};`;
    return [{ start: node.start, end: node.end, text }];
  });
}

/** Whether `require` of a specifier returns the namespace of an ES module. */
export function yieldsNamespace(
  project: Project,
  module: SourceModule,
  specifier: string,
): boolean {
  const { kind } = project.resolve(module, specifier);
  return kind === 'headrace' || project.target(module, specifier)?.opaque === false;
}

function asRequire(node: ESTree.ImportDeclaration, target: (specifier: string) => string): string {
  const source = requireOf(target(node.source.value));
  if (node.specifiers.length === 0) return `${source};`;
  return node.specifiers
    .map((specifier) => {
      const { name } = specifier.local;
      if (specifier.type === 'ImportNamespaceSpecifier') return `const ${name} = ${source};`;
      if (specifier.type === 'ImportDefaultSpecifier')
        return `const ${name} = ((all) => all && all.__esModule ? all.default : all)(${source});`;
      if (specifier.importKind === 'type') return '';
      const imported =
        specifier.imported.type === 'Literal'
          ? JSON.stringify(specifier.imported.value)
          : specifier.imported.name;
      return `const { ${imported}: ${name} } = ${source};`;
    })
    .join(' ');
}

const requireOf = (specifier: string): string => `require(${JSON.stringify(specifier)})`;
