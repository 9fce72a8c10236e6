/**
 * Lowers standard decorators and `accessor`, which no engine executes and rolldown leaves as they
 * are. esbuild does it, and sees only modules that have them.
 *
 * Legacy decorators (`experimentalDecorators` in the tsconfig) are lowered by rolldown, unless their
 * module has an `accessor`, too.
 *
 * @module
 */
import { dirname, join } from 'node:path';
import { parseSync, transformSync } from 'rolldown/utils';
import { children, type Node } from './ast.ts';
import { DecoratorMetadataError } from './errors.ts';
import { locationOf } from './source-location.ts';
import type { SourceModule } from './source-module.ts';

export interface Lowered {
  readonly code: string;
  readonly map: string;
  readonly moduleType: 'js' | 'jsx';
}

/** The settings of the tsconfig that apply to a file, as far as they concern classes. */
interface ClassSettings {
  readonly legacy: boolean;
  readonly metadata: boolean;
  readonly defineFields: boolean;
}

/**
 * The text of a module without decorators; undefined if rolldown can do the rest.
 *
 * @param source where the text comes from: `id` is its name in messages
 * @throws DecoratorMetadataError
 */
export async function lowerDecorators(
  text: string,
  source: Pick<SourceModule, 'file' | 'id' | 'language'>,
): Promise<Lowered | undefined> {
  if (!/@|\baccessor\b/.test(text.replaceAll('/*@__PURE__*/', ''))) return undefined;
  const { program, errors } = parseSync(source.file, text, { lang: source.language });
  if (errors.length > 0) return undefined;
  const found = decoratedNodes(program);
  const [first] = found;
  if (first === undefined) return undefined;
  const settings = classSettings(source.file);
  const decorator = found.find((node) => node.type === 'Decorator');
  if (settings.metadata && decorator !== undefined)
    throw new DecoratorMetadataError(locationOf(source.id, text, decorator.start));
  if (settings.legacy && found.every((node) => node.type === 'Decorator')) return undefined;
  const { transform } = await import('esbuild');
  const isJsx = source.language.endsWith('x');
  const { code, map } = await transform(text, {
    loader: source.language,
    sourcefile: source.file,
    sourcemap: 'external',
    target: 'esnext',
    supported: { decorators: false },
    charset: 'utf8',
    jsx: 'preserve',
    tsconfigRaw: {
      compilerOptions: {
        experimentalDecorators: settings.legacy,
        useDefineForClassFields: settings.defineFields,
        verbatimModuleSyntax: true,
      },
    },
  });
  return { code: withReplacedClasses(code), map, moduleType: isJsx ? 'jsx' : 'js' };
}

/**
 * In its own body, the name of a class means what its decorator returned. esbuild writes `let _A =
 * class _A { … }`, where the inner name remains the original class. Positions stay the same.
 */
const withReplacedClasses = (code: string): string =>
  code.replaceAll(
    /^(\s*let ([\p{ID_Start}_$][\p{ID_Continue}$]*) = class )(\2)(?=[ {])/gmu,
    (_, start: string, __, name: string) => start + ' '.repeat(name.length),
  );

function decoratedNodes(node: Node, found: Node[] = []): readonly Node[] {
  if (node.type === 'Decorator' || node.type === 'AccessorProperty') found.push(node);
  for (const child of children(node)) decoratedNodes(child, found);
  return found;
}

const PROBE = '@decorator class Probe { field: number = 1; constructor(argument: Date) {} }';

/** The transformer finds the tsconfig and what it extends, so its output for a class shows them. */
function classSettings(file: string): ClassSettings {
  const probe = join(dirname(file), 'probe.ts');
  const { code } = transformSync(probe, PROBE, { lang: 'ts', tsconfig: true });
  return {
    legacy: !code.includes('@decorator'),
    metadata: code.includes('decorateMetadata'),
    defineFields: !code.includes('this.field'),
  };
}
