/**
 * The bundle of a pipeline's own serializers, for the steps: it exports `serializer` and `deserializer`.
 *
 * @module
 */
import { keyName } from './ast.ts';
import { buildStep } from './build.ts';
import type { Declaration } from './declarations.ts';
import { outsideOf } from './outside.ts';
import { type Printing, printModules, printNode } from './print.ts';
import type { SdkFiles } from './sdk-files.ts';
import { type Analysis, Selection } from './selection.ts';
import { serializerProperties, unitOf } from './serializers.ts';

const OPTIONS = '__headrace_options';

/** Null if the pipeline has none. */
export async function bundleSerializers(analysis: Analysis, pipeline: Declaration, sdk: SdkFiles) {
  const { module, unit } = pipeline;
  const written = serializerProperties(pipeline);
  if (written.length === 0 && !mayHaveSerializers(analysis, pipeline)) return null;
  const label = `the serializers of pipeline ${JSON.stringify(pipeline.name)}`;
  const withoutDeserializer = new Map<Declaration, string>();
  const selection = new Selection(analysis, { flavour: 'step', bundle: label, pipeline: pipeline.name, builtins: new Map(), withoutDeserializer });
  for (const each of written) selection.takeRange(module, unitOf(pipeline, each), each.property);
  if (written.length === 0) selection.takeRange(module, unit, pipeline.options);
  const printing: Printing = { analysis, selection, flavour: 'step', sdk: sdk.step, builtins: new Map(), rewrite: { withoutDeserializer } };
  const object =
    written.length > 0
      ? `{ ${written.map(({ property }) => printNode(printing, module, property)).join(', ')} }`
      : printNode(printing, module, pipeline.options);
  const root = `const ${OPTIONS} = ${object};\nexport { ${OPTIONS} };`;
  const texts = printModules(printing, module, root);
  const entry = [
    `import { ${OPTIONS} } from ${JSON.stringify(module.file)};`,
    `export const serializer = ${OPTIONS}.artifactSerializer;`,
    `export const deserializer = ${OPTIONS}.artifactDeserializer;`,
  ];
  const built = await buildStep({ label, root: analysis.project.root, entry: entry.join('\n'), texts, sdk: sdk.step, effects: [...selection.effects] });
  return { built, ...outsideOf(analysis.project, selection, built.text, label) };
}

/** Options that are not a literal may have them, if they are mentioned at all. */
function mayHaveSerializers({ project, declarations }: Analysis, pipeline: Declaration): boolean {
  const options = declarations.optionsOf(pipeline);
  if (options?.properties.every((property) => property.type === 'Property' && !/^artifact(Des|S)erializer$/.test(keyName(property) ?? 'artifactSerializer')))
    return false;
  return [...project.modules()].some((module) => /artifact(Des|S)erializer/.test(module.text));
}
