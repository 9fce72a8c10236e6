/**
 * The `artifactSerializer` and `artifactDeserializer` among a pipeline's options.
 *
 * @module
 */
import type { ESTree } from 'rolldown/utils';
import { bare, keyName } from './ast.ts';
import type { Declaration } from './declarations.ts';

export interface SerializerProperty {
  readonly property: ESTree.ObjectProperty;
  readonly key: 'artifactSerializer' | 'artifactDeserializer';
}

/** Those written in the call itself. */
export function serializerProperties(declaration: Declaration): readonly SerializerProperty[] {
  const options = bare(declaration.options);
  if (declaration.kind !== 'pipeline' || options.type !== 'ObjectExpression') return [];
  return options.properties.flatMap((property) => {
    const key = property.type === 'Property' ? keyName(property) : undefined;
    return property.type === 'Property' && (key === 'artifactSerializer' || key === 'artifactDeserializer') ? [{ property, key }] : [];
  });
}
