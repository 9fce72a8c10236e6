/**
 * A pipeline's own serializers: a bundle that exports `serializer` and `deserializer`, and the same
 * as a part of each step's bundle.
 *
 * @module
 */
import { keyName } from './ast.ts';
import { buildStep } from './build.ts';
import type { Declaration } from './declarations.ts';
import { externalPackages } from './external-packages.ts';
import { type PrintContext, printModules, printNode } from './print.ts';
import type { SdkFiles } from './sdk-files.ts';
import { type Analysis, Selection } from './selection.ts';
import { serializerProperties, serializerUnit } from './serializers.ts';
import { joined, type TracedText, traced } from './traced-text.ts';

const OPTIONS_NAME = '__headrace_options';

/**
 * How a bundle gets a pipeline's serializers: its own bundle, and those of the steps, where a class
 * must be the one that the step knows.
 */
export interface SerializerPart {
  includeIn(selection: Selection): void;
  /** Statements for the pipeline's module. */
  root(printing: PrintContext): TracedText;
  /** Lines of the entry. */
  readonly entry: readonly string[];
}

/** Null if the pipeline has none. */
export function serializerPart(analysis: Analysis, pipeline: Declaration): SerializerPart | null {
  const { module, unit } = pipeline;
  const serializers = serializerProperties(pipeline);
  if (serializers.length === 0 && !mayHaveSerializers(analysis, pipeline)) return null;
  return {
    includeIn(selection) {
      for (const each of serializers)
        selection.includeRange(module, serializerUnit(pipeline, each), each.property);
      if (serializers.length === 0) selection.includeRange(module, unit, pipeline.options);
    },
    root(printing) {
      const properties = serializers.map(({ property }) => printNode(printing, module, property));
      const object =
        serializers.length > 0
          ? traced`{ ${joined(properties, ', ')} }`
          : printNode(printing, module, pipeline.options);
      return traced`const ${OPTIONS_NAME} = ${object};\nexport { ${OPTIONS_NAME} };`;
    },
    entry: [
      `import { ${OPTIONS_NAME} } from ${JSON.stringify(module.file)};`,
      `export const serializer = ${OPTIONS_NAME}.artifactSerializer;`,
      `export const deserializer = ${OPTIONS_NAME}.artifactDeserializer;`,
    ],
  };
}

/** Null if the pipeline has none. */
export async function bundleSerializers(analysis: Analysis, pipeline: Declaration, sdk: SdkFiles) {
  const part = serializerPart(analysis, pipeline);
  if (part === null) return null;
  const label = `the serializers of pipeline ${JSON.stringify(pipeline.name)}`;
  const withoutDeserializer = new Map<Declaration, string>();
  const selection = new Selection(analysis, {
    flavour: 'step',
    bundle: label,
    pipeline: pipeline.name,
    builtins: new Map(),
    withoutDeserializer,
  });
  part.includeIn(selection);
  const printing: PrintContext = {
    analysis,
    selection,
    flavour: 'step',
    sdk: sdk.step,
    builtins: new Map(),
    rewrite: { withoutDeserializer },
  };
  const texts = printModules(printing, new Map([[pipeline.module, part.root(printing)]]));
  const built = await buildStep({
    label,
    root: analysis.project.root,
    entry: part.entry.join('\n'),
    texts,
    sdk: sdk.step,
    place: (file) => analysis.project.place(file),
    effects: [...selection.effects],
  });
  return { built, ...externalPackages(analysis.project, selection, built.text, label) };
}

/** Options that are not a literal may have them, if they are mentioned at all. */
function mayHaveSerializers({ project, declarations }: Analysis, pipeline: Declaration): boolean {
  const options = declarations.optionsOf(pipeline);
  if (
    options?.properties.every(
      (property) =>
        property.type === 'Property' &&
        !/^artifact(Des|S)erializer$/.test(keyName(property) ?? 'artifactSerializer'),
    )
  )
    return false;
  return [...project.modules()].some((module) => /artifact(Des|S)erializer/.test(module.text));
}
